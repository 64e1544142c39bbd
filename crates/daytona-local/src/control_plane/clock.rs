//! Time as it is written on the wire.

use jiff::Timestamp;

/// Now, in UTC with milliseconds.
pub(super) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}
