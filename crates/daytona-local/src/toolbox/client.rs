//! Whether the client of a request is still there.
//!
//! The work of a request may run on a thread of its own, which nobody can stop
//! from outside. So it asks, between any two of its steps.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The client of a request, as its work sees it.
#[derive(Clone, Debug)]
pub(super) struct Client(Arc<AtomicBool>);

/// Belongs to the future of a request, which is dropped with the connection.
#[derive(Debug)]
pub(super) struct Presence(Arc<AtomicBool>);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Client {
    /// A client that is there for as long as the [`Presence`] is.
    pub(super) fn new() -> (Self, Presence) {
        let gone = Arc::new(AtomicBool::new(false));
        (Self(Arc::clone(&gone)), Presence(gone))
    }

    /// Fails when nobody waits for the response any more.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) { Err(gone()) } else { Ok(()) }
    }
}

/// The failure of work whose client is gone.
pub(super) fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the client is gone")
}
