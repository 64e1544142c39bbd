//! Timestamps in responses.

use jiff::Timestamp;

/// Returns the current time in UTC as ISO 8601 with milliseconds.
pub(super) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}
