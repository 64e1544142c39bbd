//! Output of commands: strings that may be very long.

use std::fmt;
use std::ops::Deref;

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
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let quoted = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let quoted = quoted.ok_or_else(|| D::Error::custom("invalid type: expected a string"))?;
        decode(quoted).map(Self).ok_or_else(|| D::Error::custom("invalid escape in a string"))
    }
}

/// Decodes the inside of a JSON string. Half of a surrogate pair, which is no
/// character, becomes U+FFFD.
fn decode(quoted: &str) -> Option<String> {
    let mut text = String::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        let (escape, after) = (*rest.as_bytes().get(at + 1)?, rest.get(at + 2..)?);
        rest = after;
        text.push(match escape {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => decode_unicode(&mut rest)?,
            b'"' | b'\\' | b'/' => char::from(escape),
            _ => return None,
        });
    }
    text.push_str(rest);
    Some(text)
}

/// Decodes what follows `\u`, and the second half of a surrogate pair.
fn decode_unicode(rest: &mut &str) -> Option<char> {
    let unit = |text: &str| u16::from_str_radix(text.get(..4)?, 16).ok();
    let first = unit(rest)?;
    *rest = &rest[4..];
    let second = rest.strip_prefix("\\u").and_then(unit);
    let units = [first, second.unwrap_or_default()];
    match char::decode_utf16(units).next()? {
        Ok(character) => {
            if character.len_utf16() == 2 {
                *rest = &rest[6..];
            }
            Some(character)
        }
        Err(_) => Some(char::REPLACEMENT_CHARACTER),
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
