//! How far the body of an upload has been sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Bytes per second that are delivered at least once they are sent: buffers on the
/// way hide how far they are.
const SLOWEST_DELIVERY: u64 = 1024 * 1024;

/// How far a body has been sent. The body writes it, and the call reads it.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<Mutex<Step>>);

/// The last chunk that the connection took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    at: Instant,
    /// Whether the body has no other.
    is_complete: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Step { at: Instant::now(), is_complete: false })))
    }
}

impl Progress {
    /// Records that the connection takes a chunk, or that the body starts anew.
    pub(crate) fn advance(&self, is_complete: bool) {
        *self.lock() = Step { at: Instant::now(), is_complete };
    }

    /// Waits until no chunk was taken for the idle limit. After the last chunk of a
    /// body of this length, waits longer.
    pub(crate) async fn stalled(&self, idle: Duration, length: u64) {
        let started = Instant::now();
        loop {
            let seen = *self.lock();
            let on_the_way = if seen.is_complete { length / SLOWEST_DELIVERY } else { 0 };
            sleep_until(seen.at.max(started) + idle + Duration::from_secs(on_the_way)).await;
            if *self.lock() == seen {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Step> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
