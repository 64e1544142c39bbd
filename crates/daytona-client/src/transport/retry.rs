//! When a request may be retried, and after which delay.

use std::time::{Duration, SystemTime};

use backon::BackoffBuilder as _;
use daytona_api::Repeat;

use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

/// The longest delay that a service is granted. One that requests more is not asked
/// again: the caller knows better whether to wait that long.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// How a request failed, as far as retries are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No connection was established, so the request was not sent.
    NotConnected,
    /// The connection broke after the request may have arrived.
    Broken,
    /// The service responded with an error of this status.
    Answered(u16),
}

/// The delays between the attempts of one call.
pub(crate) struct Retries {
    delays: backon::ExponentialBackoff,
    repeat: Repeat,
    pub(crate) count: u32,
    /// Whether an attempt before the current one may have arrived.
    pub(crate) may_have_arrived: bool,
}

impl Retries {
    pub(crate) fn new(repeat: Repeat) -> Self {
        let delays = backon::ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(2))
            .with_factor(2.0)
            .with_max_times(3)
            .with_jitter()
            .build();
        Self { delays, repeat, count: 0, may_have_arrived: false }
    }

    /// Returns the delay before the next attempt. `None` when a retry would not be
    /// safe, after the last attempt, or when the delay would exceed the deadline or
    /// the service requests a delay of more than a minute.
    pub(crate) fn next(
        &mut self,
        failure: Failure,
        asked: Option<Duration>,
        deadline: &Deadline,
    ) -> Option<Duration> {
        if !is_safe(self.repeat, failure) {
            return None;
        }
        let delay = self.delays.next()?.max(asked.unwrap_or_default());
        if delay >= deadline.remaining() || delay > LONGEST_DELAY {
            return None;
        }
        self.count += 1;
        self.may_have_arrived |= may_have_arrived(failure);
        Some(delay)
    }
}

/// What an error says about an earlier attempt, whose response was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing: the error is the result of the call.
    Unknown,
    /// It had its effect.
    Done,
    /// It had its effect if the sandbox's state has changed since.
    DoneIfChanged,
}

/// Returns what the error of an operation says about an earlier attempt.
pub(crate) fn before(repeat: Repeat, error: &Error) -> Before {
    // A response of the proxy does not tell what the toolbox has done.
    if !error.is_repeat() || error.is_ambiguous() {
        return Before::Unknown;
    }
    match repeat {
        Repeat::DoneAt(kinds) | Repeat::ChangesState(kinds) if kinds.contains(&error.kind()) => Before::Done,
        Repeat::ChangesState(_) if error.kind() == ErrorKind::BadRequest => Before::DoneIfChanged,
        _ => Before::Unknown,
    }
}

fn is_safe(repeat: Repeat, failure: Failure) -> bool {
    match failure {
        // A request that was rejected for its rate had no effect.
        Failure::NotConnected | Failure::Answered(429) => true,
        failure => may_have_arrived(failure) && repeat != Repeat::Never,
    }
}

/// Returns whether the request failed so that it may have had its effect.
fn may_have_arrived(failure: Failure) -> bool {
    matches!(failure, Failure::Broken | Failure::Answered(502..=504))
}

/// Returns the delay that the service requests in `Retry-After`, or in
/// `Retry-After-<group>` for a throttled group; both in seconds or as a date.
pub(crate) fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("retry-after"))
        .filter_map(|(_, value)| delay(value.to_str().ok()?.trim()))
        .max()
}

fn delay(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_retried_only_if_they_cannot_have_started() {
        let allowed = |failure| is_safe(Repeat::Never, failure);
        assert!(allowed(Failure::NotConnected));
        assert!(allowed(Failure::Answered(429)));
        assert!(!allowed(Failure::Broken));
        assert!(![502, 503, 504].map(Failure::Answered).into_iter().any(allowed));
    }

    #[test]
    fn reads_are_retried_after_transient_failures_only() {
        let allowed = |failure| is_safe(Repeat::Safe, failure);
        assert!(allowed(Failure::Broken));
        assert!([429, 502, 503, 504].map(Failure::Answered).into_iter().all(allowed));
        assert!(![400, 401, 404, 408, 409, 500, 501].map(Failure::Answered).into_iter().any(allowed));
    }

    #[test]
    fn delays_past_the_deadline_are_rejected() {
        let mut retries = Retries::new(Repeat::Safe);
        let deadline = Deadline::seconds(2);
        assert!(retries.next(Failure::NotConnected, Some(Duration::from_secs(1)), &deadline).is_some());
        assert!(retries.next(Failure::NotConnected, Some(Duration::from_secs(30)), &deadline).is_none());
        assert_eq!(retries.count, 1);
    }

    #[test]
    fn delays_of_more_than_a_minute_are_rejected() {
        let mut retries = Retries::new(Repeat::Safe);
        let deadline = Deadline::after(Deadline::MAX);
        assert!(retries.next(Failure::Answered(429), Some(LONGEST_DELAY), &deadline).is_some());
        let longer = LONGEST_DELAY + Duration::from_secs(1);
        assert!(retries.next(Failure::Answered(429), Some(longer), &deadline).is_none());
    }

    #[test]
    fn a_requested_delay_may_be_a_date() {
        let at = |date: SystemTime| {
            let mut headers = http::HeaderMap::new();
            headers.insert("retry-after", httpdate::fmt_http_date(date).parse().unwrap());
            retry_after(&headers)
        };
        let hour = Duration::from_secs(3_600);
        let delay = at(SystemTime::now() + hour).unwrap();
        assert!(delay <= hour && delay > hour / 2, "{delay:?}");
        assert_eq!(at(SystemTime::now() - hour), Some(Duration::ZERO));
    }

    #[test]
    fn the_longest_requested_delay_is_used() {
        let mut headers = http::HeaderMap::new();
        assert_eq!(retry_after(&headers), None);
        headers.insert("retry-after-sandbox-create", http::HeaderValue::from_static("7"));
        headers.insert("retry-after", http::HeaderValue::from_static("2"));
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(7)));
    }
}
