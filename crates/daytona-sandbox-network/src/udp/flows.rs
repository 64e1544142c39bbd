//! The UDP flows of a sandbox, shared by the tasks that carry them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::UdpSocket;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::limits;

/// The program's end and the remote one.
pub(crate) type Key = (SocketAddr, SocketAddr);

/// A socket of the host, and when it was last used.
pub(super) struct Flow {
    pub(super) socket: Arc<UdpSocket>,
    pub(super) seen: Instant,
    pub(super) task: AbortHandle,
}

/// The flows of a sandbox.
#[derive(Default)]
pub(crate) struct Flows {
    flows: Mutex<HashMap<Key, Flow>>,
}

impl Flows {
    /// Returns the locked flows. Must not be held across an await.
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<Key, Flow>> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the socket of a flow, which is in use now.
    pub(super) fn used(&self, key: &Key) -> Option<Arc<UdpSocket>> {
        self.lock().get_mut(key).map(|flow| {
            flow.seen = Instant::now();
            Arc::clone(&flow.socket)
        })
    }

    /// Removes a flow that has not been used for a while. Returns the time to look
    /// again for one that has.
    pub(super) fn expire(&self, key: &Key) -> Option<Instant> {
        let mut flows = self.lock();
        let expires = flows.get(key)?.seen + limits::IDLE_FLOW;
        if expires > Instant::now() {
            return Some(expires);
        }
        flows.remove(key);
        None
    }
}

/// Adds a flow; of too many, the least recently used one ends.
pub(super) fn insert(flows: &mut HashMap<Key, Flow>, key: Key, flow: Flow) {
    if flows.len() >= limits::FLOWS
        && let Some(oldest) = flows.iter().min_by_key(|(_, flow)| flow.seen).map(|(key, _)| *key)
        && let Some(flow) = flows.remove(&oldest)
    {
        flow.task.abort();
    }
    flows.insert(key, flow);
}
