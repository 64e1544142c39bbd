//! When a request may be sent again, and after how long.

use std::time::Duration;

use backon::BackoffBuilder as _;

use crate::deadline::Deadline;

/// What sending a request twice would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Safety {
    /// It reads, or writes what it would write again.
    Repeatable,
    /// It may have had its effect: never sent again once it may have arrived.
    Once,
}

/// How a request failed, as far as repeating it is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The connection was never made: nothing arrived.
    NotConnected,
    /// The connection broke after the request may have arrived.
    Broken,
    /// The service answered with an error of this status.
    Answered(u16),
}

/// The waits between the attempts of one call.
pub(crate) struct Retries {
    delays: backon::ExponentialBackoff,
    safety: Safety,
    pub(crate) count: u32,
}

impl Retries {
    pub(crate) fn new(safety: Safety) -> Self {
        let delays = backon::ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(2))
            .with_factor(2.0)
            .with_max_times(3)
            .with_jitter()
            .build();
        Self { delays, safety, count: 0 }
    }

    /// How long to wait before the next attempt; `None` when there is none:
    /// it would not be safe, the tries are used up, or the time does not allow it.
    pub(crate) fn next(
        &mut self,
        failure: Failure,
        asked: Option<Duration>,
        deadline: &Deadline,
    ) -> Option<Duration> {
        if !is_safe(self.safety, failure) {
            return None;
        }
        let delay = self.delays.next()?.max(asked.unwrap_or_default());
        if delay >= deadline.remaining() {
            return None;
        }
        self.count += 1;
        Some(delay)
    }
}

fn is_safe(safety: Safety, failure: Failure) -> bool {
    match failure {
        // A request that was refused for its rate has had no effect either.
        Failure::NotConnected | Failure::Answered(429) => true,
        Failure::Broken | Failure::Answered(502..=504) => safety == Safety::Repeatable,
        Failure::Answered(_) => false,
    }
}

/// The wait that the service asks for: `Retry-After`, or the one of the
/// throttled group, `Retry-After-<group>`; both in seconds.
pub(crate) fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("retry-after"))
        .filter_map(|(_, value)| value.to_str().ok()?.trim().parse::<u64>().ok())
        .max()
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_sent_again_only_when_it_cannot_have_started() {
        let allowed = |failure| is_safe(Safety::Once, failure);
        assert!(allowed(Failure::NotConnected));
        assert!(allowed(Failure::Answered(429)));
        assert!(!allowed(Failure::Broken));
        assert!(![502, 503, 504].map(Failure::Answered).into_iter().any(allowed));
    }

    #[test]
    fn a_read_survives_what_passes_and_nothing_else() {
        let allowed = |failure| is_safe(Safety::Repeatable, failure);
        assert!(allowed(Failure::Broken));
        assert!([429, 502, 503, 504].map(Failure::Answered).into_iter().all(allowed));
        assert!(![400, 401, 404, 408, 409, 500, 501].map(Failure::Answered).into_iter().any(allowed));
    }

    #[test]
    fn the_service_is_not_waited_for_past_the_deadline() {
        let mut retries = Retries::new(Safety::Repeatable);
        let deadline = Deadline::seconds(2);
        assert!(retries.next(Failure::NotConnected, Some(Duration::from_secs(1)), &deadline).is_some());
        assert!(retries.next(Failure::NotConnected, Some(Duration::from_secs(30)), &deadline).is_none());
        assert_eq!(retries.count, 1);
    }

    #[test]
    fn the_longest_wait_asked_for_counts() {
        let mut headers = http::HeaderMap::new();
        assert_eq!(retry_after(&headers), None);
        headers.insert("retry-after-sandbox-create", http::HeaderValue::from_static("7"));
        headers.insert("retry-after", http::HeaderValue::from_static("2"));
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(7)));
    }
}
