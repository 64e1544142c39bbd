//! The words of a failed system call.

use std::io;

/// What the system said, as clients know it: `permission denied`, without the
/// number that Rust puts behind it.
pub(super) fn cause(error: &io::Error) -> String {
    if error.raw_os_error().is_none() {
        // What the standard library refuses itself, a NUL in a path, is what
        // the system calls an invalid argument.
        return match error.kind() {
            io::ErrorKind::InvalidInput => "invalid argument".to_owned(),
            _ => error.to_string(),
        };
    }
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or_default();
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_dropped() {
        assert_eq!(cause(&io::Error::from_raw_os_error(13)), "permission denied");
        let refused = std::fs::File::open("a\0b").unwrap_err();
        assert_eq!(cause(&refused), "invalid argument");
    }
}
