//! The connections of calls that an event loop polls.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Weak};

use super::connector::Connector;
use super::event_loop::{ConnectionExecutor, EventLoop};
use super::http_client::HttpClient;
use super::tls::no_trust;

/// The connections that live on an event loop.
pub struct LoopConnections {
    client: Arc<HttpClient>,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<HttpClient>>> = const { RefCell::new(None) };
}

impl fmt::Debug for LoopConnections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopConnections").finish_non_exhaustive()
    }
}

impl LoopConnections {
    /// Prepares the connections of a loop; `None` when the libraries refuse it, and calls have
    /// to run elsewhere.
    #[must_use]
    pub fn new(event_loop: &Weak<dyn EventLoop>) -> Option<Self> {
        let connector = Connector::on_loop(no_trust().ok()?, Weak::clone(event_loop));
        let executor = ConnectionExecutor::Loop(Weak::clone(event_loop));
        Some(Self { client: Arc::new(HttpClient::driven_by(executor, connector)) })
    }

    /// Lets the calls that are polled on this thread use these connections, where they need no
    /// TLS and no proxy, until the returned value is dropped.
    #[must_use]
    pub fn enter(&self) -> Entered {
        Entered { before: CURRENT.replace(Some(Arc::clone(&self.client))) }
    }
}

/// While it exists, calls on this thread use the connections of a loop.
pub struct Entered {
    before: Option<Arc<HttpClient>>,
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered").finish_non_exhaustive()
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
    }
}

/// Returns whether the running call is polled by a loop.
pub(super) fn is_current() -> bool {
    CURRENT.with_borrow(Option::is_some)
}

/// Returns the connections of the loop that polls the running call, if one does.
pub(super) fn current() -> Option<Arc<HttpClient>> {
    CURRENT.with_borrow(Clone::clone)
}
