//! Handles the packets of one sandbox.

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::device::Device;
use crate::limits::Limits;
use crate::names::resolved::Resolved;
use crate::packet::{self, HEADER, Ip, Unreachable, protocol};
use crate::policy::Policy;
use crate::shared::Shared;
use crate::tcp::connections::Connections;
use crate::tun::Link;
use crate::udp::flows::Flows;
use crate::{address, tcp, udp};

pub(crate) struct Forwarder {
    shared: Arc<Shared>,
    listener: TcpListener,
}

impl Forwarder {
    pub(crate) fn new(link: Link, policy: watch::Receiver<Arc<Policy>>) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&link.listener, true)?;
        let listener = TcpListener::from_std(link.listener.into())?;
        let shared = Shared {
            device: Device::new(link.device)?,
            policy,
            limits: Limits::new(),
            connections: Connections::default(),
            flows: Flows::default(),
            resolved: Resolved::default(),
        };
        Ok(Self { shared: Arc::new(shared), listener })
    }

    /// Forwards until the device is gone or `stopped` is dropped.
    pub(crate) async fn run(self, stopped: oneshot::Receiver<()>) {
        // The connections that are being made and the UDP flows; the open connections.
        let (mut tasks, mut relays) = (JoinSet::new(), JoinSet::new());
        tokio::select! {
            _ = stopped => {}
            () = forward(&self.shared, &mut tasks) => {}
            () = tcp::accept(&self.shared, &self.listener, &mut relays) => {}
            () = tcp::forget(&self.shared) => {}
        }
        // Each holds descriptors until it is gone.
        tasks.shutdown().await;
        relays.shutdown().await;
    }
}

/// Handles frames until the device is gone.
async fn forward(shared: &Arc<Shared>, tasks: &mut JoinSet<()>) {
    loop {
        let received = shared.device.receive(|frame| handle(shared, tasks, frame)).await;
        while tasks.try_join_next().is_some() {}
        if let Err(error) = received {
            tracing::debug!(%error, "the device of a sandbox is gone");
            return;
        }
        // A sandbox that sends without pause must not delay others.
        tokio::task::yield_now().await;
    }
}

fn handle(shared: &Arc<Shared>, tasks: &mut JoinSet<()>, frame: &mut [u8]) {
    let Some(packet) = frame.get(HEADER..) else { return };
    let Some(ip) = Ip::read(packet) else { return };
    if ip.source != address::sandbox(ip.source) {
        // The kernel's own messages from link-local addresses, for the most part.
        return;
    }
    match ip.protocol {
        protocol::TCP => {
            if let Some(header) = ip.tcp(packet) {
                tcp::handle(shared, tasks, frame, &ip, &header);
            }
        }
        protocol::UDP => {
            if let Some(datagram) = ip.udp(packet) {
                udp::handle(shared, tasks, packet, &ip, &datagram);
            }
        }
        protocol::ICMP | protocol::ICMPV6 => handle_icmp(shared, packet, &ip),
        _ => {}
    }
}

/// Answers echo requests (ping) to the gateway and the name server. The host cannot
/// send others without rights of its own, so they fail at once instead of seeming
/// lost.
fn handle_icmp(shared: &Shared, packet: &[u8], ip: &Ip) {
    let Some(reply) = packet::echo_reply(ip, packet) else { return };
    let is_own = ip.destination == address::RESOLVER
        || ip.destination == address::GATEWAY
        || ip.destination == address::GATEWAY_V6;
    if is_own {
        shared.device.send(&reply);
    } else {
        shared.send_unreachable(ip, packet, Unreachable::Prohibited);
    }
}
