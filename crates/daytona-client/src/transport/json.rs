//! JSON of the service, read as leniently as JavaScript reads it.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Deserializes JSON. Characters that a Rust string cannot hold, such as an escaped
/// lone surrogate, become U+FFFD.
pub(crate) fn from_slice<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(body).or_else(|error| match repaired(body) {
        Some(body) => serde_json::from_slice(&body),
        None => Err(error),
    })
}

/// Returns the JSON without a byte order mark, invalid UTF-8 and lone surrogates, if
/// it has any of them.
fn repaired(body: &[u8]) -> Option<Vec<u8>> {
    let bare = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let text = String::from_utf8_lossy(bare);
    let is_changed = bare.len() < body.len() || matches!(text, Cow::Owned(_));
    let mut body = text.into_owned().into_bytes();
    let lone = lone_surrogates(&body);
    for &at in &lone {
        if let Some(digits) = body.get_mut(at + 2..at + 6) {
            digits.copy_from_slice(b"fffd");
        }
    }
    (is_changed || !lone.is_empty()).then_some(body)
}

/// Returns where escaped surrogates without a partner begin.
fn lone_surrogates(body: &[u8]) -> Vec<usize> {
    let mut lone = Vec::new();
    let mut at = 0;
    while let Some(next) = body.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += next;
        match escaped_unit(body, at) {
            Some(0xD800..=0xDBFF) if matches!(escaped_unit(body, at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                lone.push(at);
                at += 6;
            }
            // A backslash and the character that it escapes.
            _ => at += 2,
        }
    }
    lone
}

/// Returns the UTF-16 code unit of an escape at a position.
fn escaped_unit(body: &[u8], at: usize) -> Option<u16> {
    let digits = body.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        for (json, wanted) in [
            (r#""a\ud800b""#, "a\u{fffd}b"),
            (r#""\udc00""#, "\u{fffd}"),
            (r#""\ud83e\udd80""#, "🦀"),
            (r#""\ud800\ud83e\udd80\ud800""#, "\u{fffd}🦀\u{fffd}"),
            (r#""\\ud800""#, r"\ud800"),
            (r#""\\\ud800\"""#, "\\\u{fffd}\""),
        ] {
            assert_eq!(from_slice::<String>(json.as_bytes()).unwrap(), wanted, "{json}");
        }
    }

    #[test]
    fn invalid_characters_and_byte_order_marks_are_tolerated() {
        assert_eq!(from_slice::<String>(b"\"a\xffb\"").unwrap(), "a\u{fffd}b");
        assert_eq!(from_slice::<String>(b"\xef\xbb\xbf\"a\"").unwrap(), "a");
    }

    #[test]
    fn other_faults_are_errors() {
        for json in [&b""[..], b"{", b"\"\\ud8\"", b"\"\\ud800", b"nul"] {
            assert!(from_slice::<String>(json).is_err(), "{json:?}");
        }
    }
}
