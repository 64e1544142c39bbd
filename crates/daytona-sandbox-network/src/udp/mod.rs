//! UDP flows of a sandbox: each is a connected socket of the host.

pub(crate) mod flows;
mod query;
mod socket;

use std::io;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::{SendFlags, send};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::buffer;
use crate::limits::{Limits, Permit};
use crate::packet::{HEADER, Ip, UDP_HEADERS, Udp, Unreachable, udp_headers, unreachable};
use crate::policy::Target;
use crate::shared::Shared;
use flows::{Flow, Key, insert};
use socket::{connect, ready, try_receive};

/// Datagrams of a flow that are handled before other tasks may run.
const BATCH: usize = 32;

/// Handles a UDP packet.
pub(crate) fn handle(
    shared: &Arc<Shared>,
    tasks: &mut JoinSet<()>,
    packet: &[u8],
    ip: &Ip,
    datagram: &Udp<'_>,
) {
    let key = (datagram.source, datagram.destination);
    let socket = match shared.flows.used(&key) {
        Some(socket) => socket,
        None => match open(shared, tasks, key, datagram) {
            Ok(Some(socket)) => socket,
            Ok(None) => return,
            Err(why) => return shared.send_unreachable(ip, packet, why),
        },
    };
    // Not by way of the runtime, which does not yet know that a new socket is ready.
    // Otherwise it was sent, or is lost as on any network.
    if let Err(Errno::CONNREFUSED) = send(&socket, datagram.payload, SendFlags::DONTWAIT) {
        // The answer to an earlier datagram.
        shared.send_unreachable(ip, packet, Unreachable::Port);
    }
}

/// Opens a flow; `None` when the datagram was a query that is answered otherwise, or
/// is dropped.
fn open(
    shared: &Arc<Shared>,
    tasks: &mut JoinSet<()>,
    key: Key,
    datagram: &Udp<'_>,
) -> Result<Option<Arc<UdpSocket>>, Unreachable> {
    let target = match shared.target(key.1) {
        Ok(Target::Remote(address) | Target::HostLoopback(address)) => address,
        Ok(Target::Resolver) => {
            query::start(shared, tasks, key, datagram.payload);
            return Ok(None);
        }
        Err(refusal) => {
            tracing::debug!(destination = %key.1, %refusal, "a datagram was refused");
            return Err(Unreachable::Prohibited);
        }
    };
    let Some(permit) = Limits::flow() else { return Ok(None) };
    let socket = connect(target).map_err(|error| {
        tracing::debug!(destination = %key.1, %error, "the host cannot send");
        Unreachable::Host
    })?;
    let socket = Arc::new(socket);
    // Locked first: the task must find its flow.
    let mut flows = shared.flows.lock();
    let task = tasks.spawn(receive(Arc::clone(shared), key, Arc::clone(&socket), permit));
    insert(&mut flows, key, Flow { socket: Arc::clone(&socket), seen: Instant::now(), task });
    Ok(Some(socket))
}

/// Passes answers to the sandbox until the flow is no longer used or allowed.
async fn receive(shared: Arc<Shared>, key: Key, socket: Arc<UdpSocket>, _permit: Permit) {
    tokio::select! {
        () = pass_answers(&shared, key, &socket) => {}
        () = shared.until_refused(key.1) => {
            shared.flows.lock().remove(&key);
        }
    }
}

async fn pass_answers(shared: &Shared, key: Key, socket: &UdpSocket) {
    while let Some(expires) = shared.flows.expire(&key) {
        match timeout_at(expires, ready(socket)).await {
            Ok(Ok(())) => {}
            // The runtime is being shut down.
            Ok(Err(_)) => return,
            Err(_elapsed) => continue,
        }
        for _ in 0..BATCH {
            let received = buffer::with(|buffer| {
                let length = try_receive(socket, buffer.get_mut(UDP_HEADERS..).unwrap_or_default())?;
                if let Some(frame) = udp_headers(buffer, length, key.1, key.0) {
                    shared.device.send(frame);
                }
                Ok::<_, io::Error>(())
            });
            match received {
                Ok(()) => drop(shared.flows.used(&key)),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => send_refused(shared, key),
                Err(_would_block) => break,
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Tells the sandbox that nothing listens at the remote end. The datagram is not at
/// hand; its headers are what the kernel needs to find the socket.
fn send_refused(shared: &Shared, (program, remote): Key) {
    let mut buffer = [0; UDP_HEADERS];
    let Some(frame) = udp_headers(&mut buffer, 0, program, remote) else { return };
    let packet = frame.get(HEADER..).unwrap_or_default();
    let answer = Ip::read(packet).and_then(|ip| unreachable(&ip, packet, Unreachable::Port));
    if let Some(answer) = answer {
        shared.device.send(&answer);
    }
}
