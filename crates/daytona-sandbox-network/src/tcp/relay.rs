//! Copies data between the two sockets of a connection.

use std::io;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{Shutdown, shutdown, sockopt};
use tokio::net::TcpStream;

use super::connections::Outside;
use super::key::Key;
use crate::policy::Target;
use crate::shared::Shared;
use crate::{buffer, limits, names};

/// Relays until both directions are closed, one end fails, or the policy changes.
pub(super) async fn run(
    shared: Arc<Shared>,
    mut inside: TcpStream,
    mut outside: Outside,
    key: Key,
    port: u16,
) {
    // The host's end was set up like this when it was connected.
    set_reset_when_closed(&inside, true);
    let result = tokio::select! {
        result = pass(&shared, &mut inside, &mut outside.stream, key) => result,
        () = shared.until_refused(key.remote) => Err(io::ErrorKind::PermissionDenied.into()),
    };
    match result {
        Ok(()) => [&inside, &outside.stream].iter().for_each(|socket| set_reset_when_closed(socket, false)),
        Err(error) => tracing::trace!(remote = %key.remote, %error, "a connection was reset"),
    }
    drop(inside);
    shared.connections.table().close(port, key);
}

/// Sets whether closing a socket resets its connection.
fn set_reset_when_closed(socket: &TcpStream, reset: bool) {
    // Does not fail for an open socket.
    let _ = sockopt::set_socket_linger(socket, reset.then_some(Duration::ZERO));
}

async fn pass(shared: &Shared, inside: &mut TcpStream, outside: &mut TcpStream, key: Key) -> io::Result<()> {
    match shared.target(key.remote) {
        Ok(Target::Resolver) => names::relay(shared, inside, outside).await,
        Ok(Target::Remote(_) | Target::HostLoopback(_)) => both(inside, outside).await,
        Err(_refusal) => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

async fn both(inside: &TcpStream, outside: &TcpStream) -> io::Result<()> {
    tokio::try_join!(copy(inside, outside), copy(outside, inside)).map(|_| ())
}

/// Copies one direction, then closes it. Nothing is read while the receiver does
/// not take what was read before, so at most one buffer of data waits here.
async fn copy(from: &TcpStream, to: &TcpStream) -> io::Result<()> {
    loop {
        from.readable().await?;
        let rest = match buffer::with(|buffer| step(from, to, buffer))? {
            Step::NotReady => continue,
            Step::End => break,
            Step::Rest(rest) => rest,
        };
        let mut rest = rest.as_slice();
        while !rest.is_empty() {
            to.writable().await?;
            let written = written(to, rest)?;
            rest = rest.get(written..).unwrap_or_default();
        }
        tokio::task::consume_budget().await;
    }
    match shutdown(to, Shutdown::Write) {
        // Reset by its peer, which the other direction notices too.
        Err(rustix::io::Errno::NOTCONN) | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

enum Step {
    NotReady,
    End,
    /// What the receiver did not take; empty for the most part.
    Rest(Vec<u8>),
}

fn step(from: &TcpStream, to: &TcpStream, buffer: &mut [u8]) -> io::Result<Step> {
    let length = match from.try_read(buffer) {
        Ok(0) => return Ok(Step::End),
        Ok(length) => length,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Step::NotReady),
        Err(error) => return Err(error),
    };
    let data = buffer.get(..length).unwrap_or_default();
    let written = written(to, data)?;
    Ok(Step::Rest(data.get(written..).unwrap_or_default().to_vec()))
}

/// Writes what the socket takes now.
fn written(to: &TcpStream, data: &[u8]) -> io::Result<usize> {
    match to.try_write(data) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}

/// Limits what the remote can send ahead. Unlike a fixed receive buffer, this keeps
/// the kernel's adjustment of smaller ones. Best effort.
pub(super) fn limit_window(stream: &TcpStream) {
    let limit = limits::WINDOW;
    let Ok(length) = libc::socklen_t::try_from(std::mem::size_of_val(&limit)) else { return };
    // SAFETY: the pointer and the length describe an integer, which the kernel reads.
    unsafe {
        libc::setsockopt(
            stream.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_WINDOW_CLAMP,
            (&raw const limit).cast(),
            length,
        );
    }
}
