//! Output of commands: strings that may be very long.

use std::fmt;
use std::ops::{Deref, Range};

use memchr::memchr;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// A string that may be very long, such as the output of a command. Its
/// conversion to a JavaScript string does not block the JavaScript thread for long.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text(pub String);

/// Reads JSON only. A string with escapes is decoded in one allocation of its
/// size: a deserializer of `String` collects it in a growing buffer and copies that.
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let quoted = inside(raw).ok_or_else(|| D::Error::custom("invalid type: expected a string"))?;
        let mut memory = quoted.as_bytes().to_vec();
        let all = 0..memory.len();
        Self::decoded(&mut memory, all).ok_or_else(|| D::Error::custom("invalid escape in a string"))
    }
}

impl Text {
    /// Decodes the inside of a JSON string at a position in memory, which becomes the
    /// text: decoded characters are never longer than their escapes. Half of a
    /// surrogate pair, which is no character, becomes U+FFFD. Takes the memory
    /// unless it returns `None`, for an invalid escape or invalid UTF-8.
    pub(crate) fn decoded(memory: &mut Vec<u8>, quoted: Range<usize>) -> Option<Self> {
        let (mut read, mut written) = (quoted.start, 0);
        while read < quoted.end {
            let plain = memchr(b'\\', memory.get(read..quoted.end)?);
            let end = plain.map_or(quoted.end, |length| read + length);
            memory.copy_within(read..end, written);
            written += end - read;
            read = end;
            if read < quoted.end {
                let (character, length) = unescape(memory.get(read..quoted.end)?)?;
                let mut utf8 = [0; 4];
                let utf8 = character.encode_utf8(&mut utf8).as_bytes();
                memory.get_mut(written..written + utf8.len())?.copy_from_slice(utf8);
                written += utf8.len();
                read += length;
            }
        }
        std::str::from_utf8(memory.get(..written)?).ok()?;
        let mut text = std::mem::take(memory);
        text.truncate(written);
        if text.capacity() / 2 > written {
            text.shrink_to_fit();
        }
        String::from_utf8(text).ok().map(Self)
    }
}

/// Returns the inside of a JSON string; `None` for another value.
pub(crate) fn inside(raw: &RawValue) -> Option<&str> {
    raw.get().strip_prefix('"')?.strip_suffix('"')
}

/// Returns the character at an escape, and the length of the escape.
fn unescape(text: &[u8]) -> Option<(char, usize)> {
    let character = match text.get(1)? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        escaped @ (b'"' | b'\\' | b'/') => char::from(*escaped),
        b'u' => return unescape_unicode(text),
        _ => return None,
    };
    Some((character, 2))
}

/// Returns the character of `\uXXXX`, or of two of them that are a surrogate pair.
fn unescape_unicode(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let units = [unit(0)?, unit(6).unwrap_or_default()];
    match char::decode_utf16(units).next()? {
        Ok(character) => Some((character, 6 * character.len_utf16())),
        Err(_) => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_a_string_is() {
        for json in [
            r#""""#,
            r#""plain""#,
            r#""a\nb\tc\rd\be\ff\"g\\h\/i""#,
            r#""\u0041\u00e9\u20ac\ud83d\ude00 é€😀""#,
            r#""\\u0041""#,
        ] {
            let text: Text = serde_json::from_str(json).unwrap();
            assert_eq!(text.0, serde_json::from_str::<String>(json).unwrap(), "{json}");
        }
    }

    #[test]
    fn half_of_a_surrogate_pair_is_replaced() {
        for (json, expected) in [
            (r#""a\ud800b""#, "a\u{fffd}b"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
        ] {
            assert_eq!(serde_json::from_str::<Text>(json).unwrap().0, expected, "{json}");
        }
    }

    #[test]
    fn what_is_no_string_is_refused() {
        for json in ["1", "{}", "[\"a\"]", "null", r#""\x""#, r#""\u12""#, r#""\u+123""#, "\"a"] {
            assert!(serde_json::from_str::<Text>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::from_str::<Option<Text>>("null").unwrap(), None);
    }
}
