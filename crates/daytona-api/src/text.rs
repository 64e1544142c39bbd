//! Output of commands: strings that may be very long.

use std::fmt;
use std::ops::{Deref, Range};

use memchr::{memchr, memchr2};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

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
        let raw = <&RawValue>::deserialize(deserializer)?;
        let quoted =
            raw.get().strip_prefix('"').ok_or_else(|| D::Error::custom("invalid type: expected a string"))?;
        let mut memory = quoted.as_bytes().to_vec();
        let end = end_of_string(&memory, 0).ok_or_else(|| D::Error::custom("invalid escape in a string"))?;
        Ok(Self::decoded(&mut memory, 0..end))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.string.serialize(serializer)
    }
}

/// How many bytes of a text are copied and looked at while they are in the processor's cache.
const BLOCK: usize = 16 * 1024;

impl Text {
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

    /// Decodes the inside of a JSON string at a position in memory, of which
    /// [`end_of_string`] has found the end. Takes the memory, which becomes the
    /// text: decoded characters are never longer than their escapes. Half of a
    /// surrogate pair and invalid UTF-8, which are no characters, become U+FFFD.
    pub(crate) fn decoded(memory: &mut Vec<u8>, quoted: Range<usize>) -> Self {
        let mut memory = std::mem::take(memory);
        let (mut read, mut written) = (quoted.start, 0);
        let mut is_ascii = true;
        while read < quoted.end {
            let block = read..quoted.end.min(read + BLOCK);
            let start = written;
            (read, written) = decode_block(&mut memory, block, quoted.end, start);
            is_ascii &= memory.get(start..written).is_some_and(<[u8]>::is_ascii);
        }
        memory.truncate(written);
        if memory.capacity() / 2 > written {
            memory.shrink_to_fit();
        }
        let string = String::from_utf8(memory)
            .unwrap_or_else(|invalid| String::from_utf8_lossy(invalid.as_bytes()).into_owned());
        Self { string, is_ascii: Some(is_ascii) }
    }
}

/// Decodes a block of the inside of a JSON string that has this end, to another position
/// before it. Returns where reading and writing go on; an escape may reach beyond the block.
fn decode_block(memory: &mut [u8], block: Range<usize>, end: usize, written: usize) -> (usize, usize) {
    let (mut read, mut written) = (block.start, written);
    while read < block.end {
        let rest = memory.get(read..block.end).unwrap_or_default();
        let plain = memchr(b'\\', rest).unwrap_or(rest.len());
        memory.copy_within(read..read + plain, written);
        (read, written) = (read + plain, written + plain);
        if read == block.end {
            break;
        }
        // The end was found beyond valid escapes only.
        let escape = memory.get(read..end).and_then(unescape);
        let (character, length) = escape.unwrap_or(('\\', 1));
        let mut utf8 = [0; 4];
        let utf8 = character.encode_utf8(&mut utf8).as_bytes();
        if let Some(place) = memory.get_mut(written..written + utf8.len()) {
            place.copy_from_slice(utf8);
        }
        (read, written) = (read + length, written + utf8.len());
    }
    (read, written)
}

/// Returns where a JSON string ends that begins at a position, both without the
/// quotes. `None` if it has an invalid escape or no end.
pub(crate) fn end_of_string(json: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr2(b'"', b'\\', json.get(at..)?)?;
        let rest = json.get(at..)?;
        if rest.first() == Some(&b'"') {
            return Some(at);
        }
        at += unescape(rest)?.1;
    }
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
        // The function for numbers accepts a sign, too.
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        u16::from_str_radix(digits, 16).ok()
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
