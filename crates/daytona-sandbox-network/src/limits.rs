//! Limits on what one sandbox, and all sandboxes together, can make the server
//! hold.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// TCP connections of a sandbox. Further ones wait, as at a full backlog.
const CONNECTIONS: usize = 1024;
/// UDP flows of a sandbox. For a further one, the least recently used is dropped.
pub(crate) const FLOWS: usize = 256;
/// Queries to name servers that a sandbox has at once. Further ones are dropped.
const QUERIES: usize = 64;
/// Addresses of names that are remembered, with a list of domains.
pub(crate) const RESOLVED: usize = 4096;
/// TCP connections that are remembered, closed ones included.
pub(crate) const ENTRIES: usize = 8192;
/// Time for the host to connect.
pub(crate) const CONNECT: Duration = Duration::from_secs(60);
/// Time until an unused UDP flow is dropped.
pub(crate) const IDLE_FLOW: Duration = Duration::from_secs(60);
/// Time until a closed TCP connection without packets is forgotten.
pub(crate) const IDLE_CLOSED: Duration = Duration::from_secs(60);
/// Largest receive window of a connection of the host: what a remote can send that
/// the sandbox does not read.
pub(crate) const WINDOW: libc::c_int = 4 * 1024 * 1024;

/// Descriptors of a connection: one in the sandbox, one of the host.
const DESCRIPTORS: u64 = 2;
/// Bounds of the number of connections of all sandboxes, whatever the limit of
/// descriptors.
const LEAST: u64 = 64;
const MOST: u64 = 1 << 20;

/// Connections of all sandboxes: half of the descriptors of the process.
static ALL: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(MOST);
    let connections = (descriptors / 2 / DESCRIPTORS).clamp(LEAST, MOST);
    Arc::new(Semaphore::new(usize::try_from(connections).unwrap_or(CONNECTIONS)))
});

/// What one sandbox may still open.
pub(crate) struct Limits {
    connections: Arc<Semaphore>,
    queries: Arc<Semaphore>,
}

/// Permission for one connection, returned when dropped.
pub(crate) struct Permit {
    _own: Option<OwnedSemaphorePermit>,
    _all: OwnedSemaphorePermit,
}

impl Limits {
    pub(crate) fn new() -> Self {
        Self {
            connections: Arc::new(Semaphore::new(CONNECTIONS)),
            queries: Arc::new(Semaphore::new(QUERIES)),
        }
    }

    pub(crate) fn connection(&self) -> Option<Permit> {
        Self::permit(Some(&self.connections))
    }

    pub(crate) fn query(&self) -> Option<Permit> {
        Self::permit(Some(&self.queries))
    }

    /// The number of flows is limited by their table.
    pub(crate) fn flow() -> Option<Permit> {
        Self::permit(None)
    }

    fn permit(own: Option<&Arc<Semaphore>>) -> Option<Permit> {
        let own = own.map(|own| Arc::clone(own).try_acquire_owned()).transpose().ok()?;
        let all = Arc::clone(&ALL).try_acquire_owned().ok()?;
        Some(Permit { _own: own, _all: all })
    }
}
