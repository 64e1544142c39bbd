//! TCP connections of a sandbox.
//!
//! The kernel speaks TCP at both ends: the packets of a connection to
//! `remote:443` are translated to the listener in the sandbox's own namespace, as
//! if they came from [`address::TRANSLATED`], and its packets are translated back.
//! What the listener accepts is an ordinary socket; its data is copied to a socket
//! of the host and back. The first packet (SYN) is held until the host has
//! connected, so a connection that is refused there is refused in the sandbox.

pub(crate) mod connections;
mod key;
mod relay;
mod table;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::net::sockopt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::limits::{self, Permit};
use crate::packet::{self, HEADER, Ip, Tcp, Unreachable, flag, translate};
use crate::policy::Target;
use crate::shared::Shared;
use crate::{address, resolver};
use connections::Outside;
use key::Key;
use table::Entry;

/// Pause after a connection could not be accepted, for lack of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often closed connections are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(10);

/// Handles a TCP packet.
pub(crate) fn handle(shared: &Arc<Shared>, tasks: &mut JoinSet<()>, frame: &mut [u8], ip: &Ip, header: &Tcp) {
    let is_back = header.source.port() == address::LISTENER_PORT
        && ip.destination == address::translated(ip.destination);
    let ends = if is_back {
        let program = shared.connections.table().program_of(header.destination.port());
        program.map(|key| (key.remote, key.program))
    } else {
        let key = Key { program: header.source, remote: header.destination };
        match shared.connections.table().route(key, header.flags) {
            Entry::Open(port) => Some((
                SocketAddr::new(address::translated(ip.source), port),
                SocketAddr::new(address::sandbox(ip.source), address::LISTENER_PORT),
            )),
            Entry::Connecting => return,
            Entry::Unknown => None,
        }
    };
    if let Some((source, destination)) = ends {
        if translate(frame, ip, source, destination).is_some() {
            shared.device.send(frame);
        }
    } else if !is_back && header.flags & (flag::SYN | flag::ACK | flag::RST) == flag::SYN {
        open(shared, tasks, frame, ip, header);
    } else if header.flags & flag::RST == 0 {
        reset(shared, header);
    }
}

fn reset(shared: &Shared, header: &Tcp) {
    if let Some(frame) = packet::reset(header) {
        shared.device.send(&frame);
    }
}

/// Starts to connect for a first packet (SYN).
fn open(shared: &Arc<Shared>, tasks: &mut JoinSet<()>, frame: &[u8], ip: &Ip, header: &Tcp) {
    let packet = frame.get(HEADER..).unwrap_or_default();
    let target = match shared.target(header.destination) {
        Ok(target) => target,
        Err(refusal) => {
            tracing::debug!(destination = %header.destination, %refusal, "a connection was refused");
            shared.send_unreachable(ip, packet, Unreachable::Prohibited);
            return;
        }
    };
    // Without a permit the packet is dropped. The sandbox's kernel repeats it.
    let Some(permit) = shared.limits.connection() else { return };
    let key = Key { program: header.source, remote: header.destination };
    let Some(port) = shared.connections.table().insert(key, Instant::now()) else { return };
    shared.connections.filled.notify_one();
    let opening = Opening { key, port, ip: *ip, header: *header, frame: frame.to_vec() };
    tasks.spawn(opening.run(Arc::clone(shared), target, permit));
}

/// A connection that the host is making.
struct Opening {
    key: Key,
    /// The port that stands for it at the listener.
    port: u16,
    ip: Ip,
    header: Tcp,
    /// The first packet.
    frame: Vec<u8>,
}

impl Opening {
    async fn run(mut self, shared: Arc<Shared>, target: Target, permit: Permit) {
        let connected = tokio::select! {
            connected = tokio::time::timeout(limits::CONNECT, connect(target)) => connected,
            () = shared.until_refused(self.key.remote) => Ok(Err(io::ErrorKind::PermissionDenied.into())),
        };
        match connected.unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                let outside = Outside { stream, _permit: permit };
                if shared.connections.table().connected(self.port, self.key, outside) {
                    self.forward(&shared);
                }
            }
            Err(error) => {
                tracing::debug!(destination = %self.key.remote, %error, "the host cannot connect");
                self.fail(&shared, &error);
            }
        }
    }

    fn forward(&mut self, shared: &Shared) {
        let source = SocketAddr::new(address::translated(self.ip.source), self.port);
        let listener = SocketAddr::new(address::sandbox(self.ip.source), address::LISTENER_PORT);
        if translate(&mut self.frame, &self.ip, source, listener).is_some() {
            shared.device.send(&self.frame);
        }
    }

    fn fail(&self, shared: &Shared, error: &io::Error) {
        shared.connections.table().remove(self.port, self.key);
        let packet = self.frame.get(HEADER..).unwrap_or_default();
        match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => reset(shared, &self.header),
            io::ErrorKind::PermissionDenied => {
                shared.send_unreachable(&self.ip, packet, Unreachable::Prohibited);
            }
            _ => shared.send_unreachable(&self.ip, packet, Unreachable::Host),
        }
    }
}

async fn connect(target: Target) -> io::Result<TcpStream> {
    let stream = match target {
        Target::Remote(address) | Target::HostLoopback(address) => TcpStream::connect(address).await?,
        Target::Resolver => TcpStream::connect(resolver::name_servers().await.as_slice()).await?,
    };
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(&stream, true)?;
    // A connection that is dropped before its end, however that comes, must not
    // look complete to either side. The relay undoes this at the end.
    sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
    relay::limit_window(&stream);
    Ok(stream)
}

/// Accepts translated connections and relays their data, until it is dropped.
pub(crate) async fn accept(shared: &Arc<Shared>, listener: &TcpListener, relays: &mut JoinSet<()>) {
    loop {
        match listener.accept().await {
            Ok((inside, peer)) => {
                let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
                let is_translated = peer.ip() == address::translated(peer.ip());
                let outside =
                    is_translated.then(|| shared.connections.table().accepted(peer.port())).flatten();
                if let Some((key, outside)) = outside {
                    relays.spawn(relay::run(Arc::clone(shared), inside, outside, key, peer.port()));
                }
            }
            Err(error) => {
                tracing::debug!(%error, "cannot accept a connection of a sandbox");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while relays.try_join_next().is_some() {}
    }
}

/// Forgets closed connections, until it is dropped. Without connections, it waits
/// without a timer.
pub(crate) async fn forget(shared: &Shared) {
    loop {
        shared.connections.filled.notified().await;
        while !shared.connections.table().is_empty() {
            tokio::time::sleep(FORGET_EVERY).await;
            shared.connections.table().forget(Instant::now());
        }
    }
}
