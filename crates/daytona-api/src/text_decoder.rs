//! Strings of JSON that are decoded while they are received.

use memchr::memchr2;

use crate::Text;

/// How many bytes are decoded and looked at while they are in the processor's cache.
const BLOCK: usize = 16 * 1024;
/// The longest escape in bytes: two of `\uXXXX`, which are a surrogate pair.
const LONGEST_ESCAPE: usize = 12;

/// Decodes a JSON string piece by piece. Half of a surrogate pair and invalid UTF-8, which
/// are no characters, become U+FFFD.
#[derive(Debug)]
pub struct TextDecoder {
    bytes: Vec<u8>,
    /// The start of an escape whose end is in the next piece.
    begun: Vec<u8>,
    is_ascii: bool,
}

/// The string has an invalid escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidEscape;

/// What the start of a piece is that begins with a backslash.
enum Escape {
    Complete(char, usize),
    Incomplete,
    Invalid,
}

impl TextDecoder {
    /// Creates a decoder that writes to this memory, which it makes larger where it has to.
    pub fn new(mut memory: Vec<u8>) -> Self {
        memory.clear();
        Self { bytes: memory, begun: Vec::new(), is_ascii: true }
    }

    /// Decodes the next piece. Returns where in the piece the string has ended, after its
    /// quote; `None` if it goes on.
    ///
    /// # Errors
    /// When there is an invalid escape.
    pub fn push(&mut self, piece: &[u8]) -> Result<Option<usize>, InvalidEscape> {
        let mut at = self.complete_escape(piece)?;
        while at < piece.len() {
            let start = self.bytes.len();
            let (next, has_ended) = self.push_block(piece, at)?;
            self.is_ascii &= self.bytes.get(start..).is_some_and(<[u8]>::is_ascii);
            if has_ended {
                return Ok(Some(next));
            }
            at = next;
        }
        Ok(None)
    }

    /// Returns the text so far, without an incomplete character at its end.
    pub fn finish(self) -> Text {
        let Self { mut bytes, is_ascii, .. } = self;
        if bytes.capacity() / 2 > bytes.len() {
            bytes.shrink_to_fit();
        }
        let string = String::from_utf8(bytes).unwrap_or_else(|invalid| {
            let error = invalid.utf8_error();
            let is_cut = error.error_len().is_none();
            let valid = invalid.as_bytes().get(..error.valid_up_to()).filter(|_| is_cut);
            String::from_utf8_lossy(valid.unwrap_or(invalid.as_bytes())).into_owned()
        });
        Text::known(string, is_ascii)
    }

    /// Decodes a block of a piece. Returns where the next one begins, and whether the string has ended.
    fn push_block(&mut self, piece: &[u8], start: usize) -> Result<(usize, bool), InvalidEscape> {
        let end = piece.len().min(start + BLOCK);
        let mut at = start;
        while at < end {
            let rest = piece.get(at..end).unwrap_or_default();
            let plain = memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
            self.bytes.extend_from_slice(rest.get(..plain).unwrap_or_default());
            at += plain;
            match rest.get(plain) {
                None => break,
                Some(b'"') => return Ok((at + 1, true)),
                Some(_) => match escape(piece.get(at..).unwrap_or_default()) {
                    Escape::Complete(character, length) => {
                        self.push_character(character);
                        at += length;
                    }
                    Escape::Incomplete => {
                        self.begun.extend_from_slice(piece.get(at..).unwrap_or_default());
                        return Ok((piece.len(), false));
                    }
                    Escape::Invalid => return Err(InvalidEscape),
                },
            }
        }
        Ok((at, false))
    }

    /// Decodes the escape of which a part was at the end of the last piece. Returns where
    /// in this piece it ends.
    fn complete_escape(&mut self, piece: &[u8]) -> Result<usize, InvalidEscape> {
        let mut at = 0;
        while !self.begun.is_empty() {
            let mut escaped = std::mem::take(&mut self.begun);
            let before = escaped.len();
            escaped.extend(piece.iter().skip(at).take(LONGEST_ESCAPE - before));
            match escape(&escaped) {
                Escape::Complete(character, length) => {
                    self.is_ascii &= character.is_ascii();
                    self.push_character(character);
                    at += length.saturating_sub(before);
                    // Half of a surrogate pair may have been followed by the start of another escape.
                    self.begun = escaped.get(length..before).unwrap_or_default().to_vec();
                }
                Escape::Incomplete => {
                    self.begun = escaped;
                    return Ok(piece.len());
                }
                Escape::Invalid => return Err(InvalidEscape),
            }
        }
        Ok(at)
    }

    fn push_character(&mut self, character: char) {
        self.bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Reads the escape at the start of a piece.
fn escape(text: &[u8]) -> Escape {
    let character = match text.get(1) {
        None => return Escape::Incomplete,
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(escaped @ (b'"' | b'\\' | b'/')) => char::from(*escaped),
        Some(b'u') => return unicode_escape(text),
        Some(_) => return Escape::Invalid,
    };
    Escape::Complete(character, 2)
}

/// Reads `\uXXXX`, or two of them that are a surrogate pair.
fn unicode_escape(text: &[u8]) -> Escape {
    let Some(first) = text.get(..6) else { return Escape::Incomplete };
    let Some(unit) = code_unit(first) else { return Escape::Invalid };
    let after = text.get(6..).unwrap_or_default();
    let may_have_partner =
        matches!(unit, 0xD800..=0xDBFF) && b"\\u".starts_with(after.get(..2).unwrap_or(after));
    if may_have_partner && after.len() < 6 {
        return Escape::Incomplete;
    }
    let partner = after.get(..6).and_then(code_unit).unwrap_or_default();
    match char::decode_utf16([unit, partner]).next() {
        Some(Ok(character)) => Escape::Complete(character, 6 * character.len_utf16()),
        Some(Err(_)) | None => Escape::Complete(char::REPLACEMENT_CHARACTER, 6),
    }
}

/// Returns the UTF-16 code unit of `\uXXXX`.
fn code_unit(escape: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(escape.strip_prefix(b"\\u")?).ok()?;
    // The function for numbers accepts a sign, too.
    let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hexadecimal.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    const JSON: &str = r#"a\n\"é\u20ac \\u0041😀\u00E9\ud83d\ude00\ud83d\ud83dx\ude00\/ end"#;
    const DECODED: &str = "a\n\"é€ \\u0041😀é😀\u{fffd}\u{fffd}x\u{fffd}/ end";

    fn decoder() -> TextDecoder {
        TextDecoder::new(Vec::new())
    }

    #[test]
    fn a_string_may_be_cut_anywhere() {
        let json = format!("{JSON}\",");
        for first in 0..json.len() {
            for second in first..json.len() {
                let mut decoder = decoder();
                let (one, rest) = json.as_bytes().split_at(first);
                let (two, three) = rest.split_at(second - first);
                let ends = [one, two, three].map(|piece| decoder.push(piece).unwrap());
                let end = ends.iter().zip([0, first, second]).find_map(|(end, start)| Some(start + (*end)?));
                if second < json.len() - 1 {
                    assert_eq!(end, Some(json.len() - 1), "{first} {second}");
                    assert_eq!(decoder.finish(), DECODED, "{first} {second}");
                }
            }
        }
    }

    #[test]
    fn what_was_decoded_so_far_is_the_beginning() {
        for length in 0..JSON.len() {
            let mut decoder = decoder();
            assert_eq!(decoder.push(JSON.as_bytes().get(..length).unwrap()), Ok(None));
            let text = decoder.finish();
            assert!(DECODED.starts_with(&*text), "{length}: {text:?}");
        }
    }

    #[test]
    fn a_text_knows_whether_it_is_ascii() {
        let long = "x".repeat(3 * BLOCK);
        let with_escape = format!("{long}\\u00e9{long}");
        let with_character = format!("{long}{long}é");
        for (json, is_ascii) in [(&long, true), (&with_escape, false), (&with_character, false)] {
            let mut decoder = decoder();
            decoder.push(json.as_bytes()).unwrap();
            let text = decoder.finish();
            assert_eq!((text.is_ascii(), String::from(text).is_ascii()), (is_ascii, is_ascii));
        }
        let mut decoder = decoder();
        for piece in ["a\\u00", "e9"] {
            decoder.push(piece.as_bytes()).unwrap();
        }
        assert!(!decoder.finish().is_ascii());
    }

    #[test]
    fn the_text_has_the_memory_of_the_decoder() {
        let json = "line\\n".repeat(1000);
        let memory = Vec::with_capacity(json.len());
        let address = memory.as_ptr();
        let mut decoder = TextDecoder::new(memory);
        json.as_bytes().chunks(100).for_each(|piece| assert_eq!(decoder.push(piece), Ok(None)));
        let text = decoder.finish();
        assert_eq!(&*text, "line\n".repeat(1000));
        assert_eq!(text.as_ptr(), address);
    }

    #[test]
    fn invalid_escapes_are_refused() {
        for json in [r"\x", r"\u12x4", r"\u+123", r"\ud83d\ux", "a\\\n"] {
            let whole = decoder().push(format!("{json}\"         ").as_bytes());
            assert_eq!(whole, Err(InvalidEscape), "{json}");
        }
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        let mut decoder = decoder();
        decoder.push(b"a\xff\xe2\\nb\"").unwrap();
        assert_eq!(decoder.finish(), "a\u{fffd}\u{fffd}\nb");
    }
}
