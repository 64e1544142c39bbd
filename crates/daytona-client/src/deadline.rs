//! Deadlines of calls.

use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind};

/// The deadline of a call. Every call has one.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    started: Instant,
    limit: Duration,
    /// How long the call may wait for data, as often as it has to.
    idle: Option<Duration>,
}

/// How long a call may take without a timeout of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The whole call.
    Total(Duration),
    /// Each wait for data: a transfer takes as long as it needs, unless it stalls.
    Idle(Duration),
}

impl From<Duration> for Limit {
    fn from(total: Duration) -> Self {
        Self::Total(total)
    }
}

impl Deadline {
    /// The longest timeout. Longer ones are reduced to it.
    pub const MAX: Duration = Duration::from_secs(24 * 60 * 60);

    /// Creates a deadline after this timeout from now.
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        Self { started: Instant::now(), limit: limit.min(Self::MAX), idle: None }
    }

    /// Creates a deadline that has passed once no data was transferred for this long.
    #[must_use]
    pub fn while_active(idle: Duration) -> Self {
        Self { idle: Some(idle), ..Self::after(Self::MAX) }
    }

    /// Creates a deadline after this many seconds from now.
    #[must_use]
    pub fn seconds(seconds: u64) -> Self {
        Self::after(Duration::from_secs(seconds))
    }

    /// Creates a deadline from an optional timeout in seconds: 0 for no timeout,
    /// `default` when absent.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for a negative number, an infinite one or NaN.
    pub fn from_seconds(seconds: Option<f64>, default: impl Into<Limit>) -> Result<Self, Error> {
        let Some(seconds) = seconds else {
            return Ok(match default.into() {
                Limit::Total(limit) => Self::after(limit),
                Limit::Idle(idle) => Self::while_active(idle),
            });
        };
        if seconds == 0.0 {
            return Ok(Self::after(Self::MAX));
        }
        if seconds.is_finite() && seconds > 0.0 {
            // Beyond the largest duration is as good as the largest timeout, and the
            // smallest number is not zero.
            let limit = Duration::try_from_secs_f64(seconds).unwrap_or(Self::MAX);
            return Ok(Self::after(limit.max(Duration::from_nanos(1))));
        }
        let given = if seconds == f64::INFINITY { "Infinity".to_owned() } else { seconds.to_string() };
        let message =
            format!("timeout must be a non-negative number of seconds (0 for no timeout), not {given}");
        Err(Error::new(ErrorKind::InvalidArgument, "start the call", message))
    }

    /// Returns the timeout in whole seconds, rounded up, for the toolbox; `None` for
    /// no timeout.
    #[must_use]
    pub fn whole_seconds(&self) -> Option<u32> {
        if self.limit >= Self::MAX {
            return None;
        }
        let seconds = self.limit.as_secs() + u64::from(self.limit.subsec_nanos() > 0);
        u32::try_from(seconds).ok()
    }

    /// Returns the timeout that the deadline was created with.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Returns the time since the deadline was created.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns the time until the deadline; zero once it has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.limit.saturating_sub(self.elapsed())
    }

    pub(crate) fn at(&self) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.started + self.limit)
    }

    /// Returns how long the call may wait for data, if that is limited.
    pub(crate) fn idle(&self) -> Option<Duration> {
        self.idle
    }

    /// Returns until when a wait for data that starts now may take.
    pub(crate) fn of_wait(&self) -> tokio::time::Instant {
        let idle = self.idle.map(|idle| tokio::time::Instant::now() + idle);
        idle.map_or(self.at(), |idle| idle.min(self.at()))
    }

    /// Returns the error of an operation that exceeds this deadline.
    #[must_use]
    pub fn exceeded(&self, operation: impl Into<String>) -> Error {
        let message = match self.idle.filter(|_| !self.remaining().is_zero()) {
            Some(idle) => {
                format!("no data was transferred for {} s. Pass a timeout to wait longer", idle.as_secs_f64())
            }
            None => format!("timeout of {} s exceeded", self.limit.as_secs_f64()),
        };
        Error::new(ErrorKind::Timeout, operation, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_validated_and_rounded_up() {
        let seconds = |seconds| Deadline::from_seconds(Some(seconds), Duration::ZERO);
        assert_eq!(seconds(0.0).unwrap().whole_seconds(), None);
        assert_eq!(seconds(1e300).unwrap().whole_seconds(), None);
        assert_eq!(seconds(0.1).unwrap().whole_seconds(), Some(1));
        assert_eq!(seconds(2.001).unwrap().whole_seconds(), Some(3));
        assert_eq!(seconds(1e-300).unwrap().whole_seconds(), Some(1));
        assert!(
            [-1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].into_iter().all(|bad| seconds(bad).is_err())
        );
    }
}
