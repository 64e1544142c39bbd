//! JSON of the service, read as leniently as JavaScript reads it.

use std::borrow::Cow;

use daytona_api::toolbox::process::ExecuteResponse;
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

/// Deserializes the result of a command in the memory of the body, see
/// [`ExecuteResponse::from_body`]. As lenient as [`from_slice`].
pub(crate) fn execute_response(body: &mut Vec<u8>) -> Result<ExecuteResponse, serde_json::Error> {
    ExecuteResponse::from_body(body).or_else(|error| match repaired(body) {
        Some(mut body) => ExecuteResponse::from_body(&mut body),
        None => Err(error),
    })
}

/// Deserializes the result of a command of which the end was not read: that of the
/// output, or what follows it.
pub(crate) fn cut_execute_response(body: &mut Vec<u8>) -> Result<ExecuteResponse, serde_json::Error> {
    complete_output(body);
    execute_response(body).or_else(|_| {
        // The output was whole, and only the end of the object is missing.
        body.truncate(body.len().saturating_sub(2));
        body.push(b'}');
        execute_response(body)
    })
}

/// Completes the body of the result of a command that was read to a point within the
/// output, so that it is JSON again.
fn complete_output(body: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(body)
        && error.error_len().is_none()
    {
        body.truncate(error.valid_up_to());
    }
    if let Some(start) = incomplete_escape(body) {
        body.truncate(start);
    }
    body.extend_from_slice(b"\"}");
}

/// Returns where an escape begins whose end is missing.
fn incomplete_escape(body: &[u8]) -> Option<usize> {
    let last = memchr::memrchr(b'\\', body)?;
    let before = body.get(..last)?.iter().rev().take_while(|byte| **byte == b'\\').count();
    let is_escaped = before % 2 == 1;
    let length = if body.get(last + 1) == Some(&b'u') { 6 } else { 2 };
    (!is_escaped && body.len() < last + length).then_some(last)
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
    fn an_output_that_is_cut_anywhere_is_the_beginning_of_it() {
        let body = r#"{"exitCode":3,"result":"a\\\n\"é\u20ac 😀\\u\ud83d\ude00 end"}"#;
        let mut whole = body.as_bytes().to_vec();
        let whole = execute_response(&mut whole).unwrap().result;
        let start = body.find("a\\").unwrap();
        for end in start..body.len() {
            let mut cut = body.as_bytes().get(..end).unwrap().to_vec();
            let response = cut_execute_response(&mut cut).unwrap();
            // Half of a surrogate pair at the end.
            let result = response.result.trim_end_matches('\u{fffd}');
            assert!(whole.starts_with(result) && response.exit_code == Some(3), "{end}: {result:?}");
        }
    }

    #[test]
    fn other_faults_are_errors() {
        for json in [&b""[..], b"{", b"\"\\ud8\"", b"\"\\ud800", b"nul"] {
            assert!(from_slice::<String>(json).is_err(), "{json:?}");
        }
    }
}
