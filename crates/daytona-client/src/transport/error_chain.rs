//! An error and its causes.

use std::error::Error as StdError;
use std::io;

/// Returns an error and its causes, with those that an [`io::Error`] contains, which
/// [`StdError::source`] skips.
pub(super) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |cause: &&'a (dyn StdError + 'static)| {
        let cause: &'a (dyn StdError + 'static) = *cause;
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => cause.source(),
        }
    })
}

/// Returns the innermost cause, as a sentence that a person understands.
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let kinds = chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>().map(io::Error::kind));
    let known = kinds.last().and_then(|kind| match kind {
        io::ErrorKind::ConnectionRefused => Some("connection refused"),
        io::ErrorKind::ConnectionReset => Some("connection reset"),
        io::ErrorKind::TimedOut => Some("timed out"),
        _ => None,
    });
    match known {
        Some(known) => known.to_owned(),
        None => chain(error).last().map(ToString::to_string).unwrap_or_default(),
    }
}
