//! Paths of the control plane, relative to the API URL, with every parameter
//! percent-encoded as one segment.

use std::fmt::Write as _;

/// Create (POST) and list (GET).
pub const SANDBOXES: &str = "/sandbox";
/// The list of older services, in numbered pages.
pub const SANDBOXES_PAGINATED: &str = "/sandbox/paginated";
/// What the service is; public.
pub const CONFIG: &str = "/config";

/// One sandbox, by id or name.
#[must_use]
pub fn sandbox(id_or_name: &str) -> String {
    format!("{SANDBOXES}/{}", segment(id_or_name))
}

/// An action of one sandbox, such as `start` or `labels`.
#[must_use]
pub fn sandbox_action(id_or_name: &str, action: &str) -> String {
    format!("{SANDBOXES}/{}/{action}", segment(id_or_name))
}

/// Percent-encodes a text so that it is one segment of a path.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    // Dots alone would be resolved away by URL parsers.
    match encoded.as_str() {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => encoded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_stays_one_segment() {
        assert_eq!(sandbox("a b/c?d#é"), "/sandbox/a%20b%2Fc%3Fd%23%C3%A9");
        assert_eq!(sandbox_action("x", "labels"), "/sandbox/x/labels");
        assert_eq!(sandbox(".."), "/sandbox/%2E%2E");
    }
}
