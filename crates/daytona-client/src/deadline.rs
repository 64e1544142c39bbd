//! When a call gives up.

use std::time::{Duration, Instant};

/// The point in time at which a call gives up. No call waits without one.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    started: Instant,
    limit: Duration,
}

impl Deadline {
    /// The longest limit; longer ones are cut to it.
    pub const MAX: Duration = Duration::from_secs(24 * 60 * 60);

    /// A deadline this long from now.
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        Self { started: Instant::now(), limit: limit.min(Self::MAX) }
    }

    /// A deadline this many seconds from now.
    #[must_use]
    pub fn seconds(seconds: u64) -> Self {
        Self::after(Duration::from_secs(seconds))
    }

    /// The limit that was set.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Time since it was set.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Time left; zero once it has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.limit.saturating_sub(self.elapsed())
    }

    pub(crate) fn at(&self) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.started + self.limit)
    }
}
