//! What the tasks of a sandbox's network have in common.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;

use crate::device::Device;
use crate::limits::Limits;
use crate::names::resolved::Resolved;
use crate::packet::{self, Ip, Unreachable};
use crate::policy::{Policy, Refusal, Target};
use crate::route::{self, Route};
use crate::tcp::connections::Connections;
use crate::udp::flows::Flows;

/// What all tasks of a sandbox's network share.
pub(crate) struct Shared {
    pub(crate) device: Device,
    pub(crate) policy: watch::Receiver<Arc<Policy>>,
    pub(crate) limits: Limits,
    pub(crate) connections: Connections,
    pub(crate) flows: Flows,
    pub(crate) resolved: Resolved,
}

impl Shared {
    pub(crate) fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.borrow())
    }

    /// Decides about a destination with the current policy.
    pub(crate) fn target(&self, destination: SocketAddr) -> Result<Target, Refusal> {
        let policy = self.policy();
        let is_resolved = |address| self.resolved.belongs_to(address, &policy.domains);
        // When the routes cannot be read, the address may be the host's.
        policy.target(destination, is_resolved, |address| {
            route::find(address).map_or(true, |route| route == Route::Own)
        })
    }

    /// Waits until the policy no longer allows a destination.
    pub(crate) async fn until_refused(&self, destination: SocketAddr) {
        let mut policy = self.policy.clone();
        loop {
            policy.mark_unchanged();
            if self.target(destination).is_err() {
                return;
            }
            if policy.changed().await.is_err() {
                // The network is being stopped.
                return std::future::pending().await;
            }
        }
    }

    /// Tells the sender of a packet that it cannot be delivered.
    pub(crate) fn send_unreachable(&self, ip: &Ip, packet: &[u8], why: Unreachable) {
        if let Some(frame) = packet::unreachable(ip, packet, why) {
            self.device.send(&frame);
        }
    }
}
