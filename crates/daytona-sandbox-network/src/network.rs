//! A running network.

use std::io;
use std::sync::Arc;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::forwarder::Forwarder;
use crate::policy::Policy;
use crate::route;
use crate::tun::Link;

/// The network of one sandbox: forwards what its device sends, within a policy.
/// Dropping it stops it.
#[derive(Debug)]
pub struct Network {
    policy: watch::Sender<Arc<Policy>>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Network {
    /// Starts to forward. Must be called in a tokio runtime with I/O and time
    /// enabled, in the network namespace of the host.
    ///
    /// # Errors
    /// When the descriptors are not those of a link, or when the routing tables of
    /// the host cannot be read: without them, its own addresses are not known.
    pub fn start(link: Link, policy: Policy) -> io::Result<Self> {
        route::check()?;
        let (policy, receiver) = watch::channel(Arc::new(policy));
        let forwarder = Forwarder::new(link, receiver)?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(forwarder.run(stopped));
        Ok(Self { policy, stop: Some(stop), task })
    }

    /// Changes the policy. Connections that the new one does not allow are reset.
    pub fn set_policy(&self, policy: Policy) {
        self.shared_policy().replace(policy);
    }

    /// Returns the policy, to change it where the network itself is not at hand.
    #[must_use]
    pub fn shared_policy(&self) -> SharedPolicy {
        SharedPolicy(self.policy.clone())
    }

    /// Stops the network and waits until all its descriptors are closed.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        // A task that failed is gone as well.
        let _ = (&mut self.task).await;
    }

    /// Waits until the network has stopped by itself, because the device is gone.
    pub async fn stopped(&mut self) {
        let _ = (&mut self.task).await;
    }
}

/// The policy of a network, which may have stopped since.
#[derive(Clone, Debug)]
pub struct SharedPolicy(watch::Sender<Arc<Policy>>);

impl SharedPolicy {
    /// Changes the policy. Connections that the new one does not allow are reset.
    pub fn replace(&self, policy: Policy) {
        self.0.send_replace(Arc::new(policy));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.task.abort();
    }
}
