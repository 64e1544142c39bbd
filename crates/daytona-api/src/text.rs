//! Output of commands: strings that may be very long.

use std::fmt;
use std::ops::Deref;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::text_decoder::{InvalidEscape, TextDecoder};

/// A string that may be very long, such as the output of a command. Its
/// conversion to a JavaScript string does not block the JavaScript thread for long.
#[derive(Clone, Default)]
pub struct Text {
    string: String,
    /// Whether all characters are ASCII, if that was found out before.
    is_ascii: Option<bool>,
}

/// Reads JSON only. A string with escapes is decoded in one allocation of its
/// size: a deserializer of `String` collects it in a growing buffer and copies that.
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let quoted =
            raw.strip_prefix('"').ok_or_else(|| D::Error::custom("invalid type: expected a string"))?;
        let mut decoder = TextDecoder::new(Vec::with_capacity(quoted.len()));
        match decoder.push(quoted.as_bytes()) {
            Ok(_) => Ok(decoder.finish()),
            Err(InvalidEscape) => Err(D::Error::custom("invalid escape in a string")),
        }
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.string.serialize(serializer)
    }
}

impl Text {
    /// Creates a text of which it is known whether all characters are ASCII.
    pub(crate) fn known(string: String, is_ascii: bool) -> Self {
        Self { string, is_ascii: Some(is_ascii) }
    }

    /// Whether all characters are ASCII. Known already of a text that was read from JSON.
    pub fn is_ascii(&self) -> bool {
        self.is_ascii.unwrap_or_else(|| self.string.is_ascii())
    }

    /// Appends a string.
    pub fn push_str(&mut self, more: &str) {
        self.is_ascii = None;
        self.string.push_str(more);
    }

    /// Truncates the string to at most this many bytes, at a character boundary. Returns
    /// whether it was longer.
    pub fn truncate(&mut self, limit: usize) -> bool {
        if self.string.len() <= limit {
            return false;
        }
        self.is_ascii = None;
        let end = (0..=limit).rev().find(|&index| self.string.is_char_boundary(index));
        self.string.truncate(end.unwrap_or(0));
        self.string.shrink_to_fit();
        true
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.string
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { string: text, is_ascii: None }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.string
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.string == other.string
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.string == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.string == *other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.string, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.string)
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
            assert_eq!(text.string, serde_json::from_str::<String>(json).unwrap(), "{json}");
        }
    }

    #[test]
    fn a_text_is_truncated_at_character_boundaries() {
        let mut text = Text::from("aé世");
        assert!(!text.truncate(6));
        assert!(text.truncate(5));
        assert_eq!(text, "aé");
        assert!(text.truncate(2));
        assert_eq!(text, "a");
    }

    #[test]
    fn a_text_that_changes_is_looked_at_again() {
        let mut text: Text = serde_json::from_str(r#""a\u00e9""#).unwrap();
        assert!(!text.is_ascii());
        assert!(text.truncate(1) && text.is_ascii());
        let mut text: Text = serde_json::from_str(r#""a""#).unwrap();
        assert!(text.is_ascii());
        text.push_str("é");
        assert!(!text.is_ascii());
    }

    #[test]
    fn half_of_a_surrogate_pair_is_replaced() {
        for (json, expected) in [
            (r#""a\ud800b""#, "a\u{fffd}b"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
        ] {
            assert_eq!(serde_json::from_str::<Text>(json).unwrap().string, expected, "{json}");
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
