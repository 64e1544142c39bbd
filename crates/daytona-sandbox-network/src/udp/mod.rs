//! UDP flows of a sandbox: each is a connected socket of the host.

mod query;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout_at};

use crate::buffer;
use crate::forwarder::Shared;
use crate::limits::{self, Limits, Permit};
use crate::packet::{HEADER, Ip, UDP_HEADERS, Udp, Unreachable, udp_headers, unreachable};
use crate::policy::Target;

/// Datagrams of a flow that are handled before other tasks may run.
const BATCH: usize = 32;

/// The program's end and the remote one.
type Key = (SocketAddr, SocketAddr);

struct Flow {
    socket: Arc<UdpSocket>,
    seen: Instant,
    task: AbortHandle,
}

/// The flows of a sandbox.
#[derive(Default)]
pub(crate) struct Flows {
    flows: Mutex<HashMap<Key, Flow>>,
}

impl Flows {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Flow>> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the socket of a flow, which is in use now.
    fn used(&self, key: &Key) -> Option<Arc<UdpSocket>> {
        self.lock().get_mut(key).map(|flow| {
            flow.seen = Instant::now();
            Arc::clone(&flow.socket)
        })
    }

    /// Removes a flow that has not been used for a while. Returns the time to look
    /// again for one that has.
    fn expire(&self, key: &Key) -> Option<Instant> {
        let mut flows = self.lock();
        let expires = flows.get(key)?.seen + limits::IDLE_FLOW;
        if expires > Instant::now() {
            return Some(expires);
        }
        flows.remove(key);
        None
    }
}

fn insert(flows: &mut HashMap<Key, Flow>, key: Key, flow: Flow) {
    if flows.len() >= limits::FLOWS
        && let Some(oldest) = flows.iter().min_by_key(|(_, flow)| flow.seen).map(|(key, _)| *key)
        && let Some(flow) = flows.remove(&oldest)
    {
        flow.task.abort();
    }
    flows.insert(key, flow);
}

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

/// Returns a socket that receives from one address alone. Does not block: no packet
/// is sent.
fn connect(target: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr =
        if target.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = std::net::UdpSocket::bind((any, 0))?;
    socket.connect(target)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// Waits until a datagram or an error has arrived. Errors do not make a socket
/// readable.
async fn ready(socket: &UdpSocket) -> io::Result<()> {
    socket.ready(Interest::READABLE | Interest::ERROR).await.map(drop)
}

fn try_receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<usize> {
    let mut receive = || Ok(recv(socket, &mut *buffer, RecvFlags::DONTWAIT).map(|(length, _)| length)?);
    // One after the other: each forgets that the socket was ready in its own way.
    match socket.try_io(Interest::READABLE, &mut receive) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => socket.try_io(Interest::ERROR, receive),
        result => result,
    }
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
