//! Bytes as text.

use std::borrow::Cow;

/// Turns bytes into text. Every byte that is not part of UTF-8 becomes one
/// replacement character: the standard library's lossy conversion makes one of
/// a whole broken sequence, and the lengths would differ from the service's.
pub(super) fn lossy(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => replaced(error.as_bytes()),
    }
}

/// The same for bytes that are only borrowed.
pub(super) fn lossy_ref(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(replaced(bytes)),
    }
}

fn replaced(broken: &[u8]) -> String {
    let mut text = String::with_capacity(broken.len() + 16);
    for chunk in broken.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, chunk.invalid().len()));
    }
    text
}

/// Turns bytes that come in pieces into text, as [`lossy`] does.
#[derive(Debug, Default)]
pub(super) struct LossyPieces {
    /// The start of a character whose end has not come: 3 bytes at most.
    held: Vec<u8>,
}

impl LossyPieces {
    /// Hands on the text of a piece.
    pub(super) fn feed<Failed>(
        &mut self,
        piece: &[u8],
        each: impl FnOnce(&str) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(piece);
        let unfinished = match bytes.utf8_chunks().last() {
            Some(last) if is_unfinished(last.invalid()) => last.invalid().len(),
            _ => 0,
        };
        self.held = bytes.split_off(bytes.len() - unfinished);
        each(&lossy(bytes))
    }

    /// Hands on what was not a character after all.
    pub(super) fn finish<Failed>(
        &mut self,
        each: impl FnOnce(&str) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        each(&lossy(std::mem::take(&mut self.held)))
    }
}

/// Whether these bytes could become a character.
fn is_unfinished(bytes: &[u8]) -> bool {
    !bytes.is_empty() && std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_the_same_text_as_the_whole() {
        let bytes = b"a\xc3\xb1\xf0\x9f\x98\x80\xff\xe4\xb8b\xe4\xb8";
        let whole = lossy(bytes.to_vec());
        for cut in 0..=bytes.len() {
            let (mut text, mut pieces) = (String::new(), LossyPieces::default());
            let mut each = |piece: &str| {
                text.push_str(piece);
                Ok::<(), std::convert::Infallible>(())
            };
            let Ok(()) = pieces.feed(&bytes[..cut], &mut each);
            let Ok(()) = pieces.feed(&bytes[cut..], &mut each);
            let Ok(()) = pieces.finish(&mut each);
            assert_eq!(text, whole, "{cut}");
        }
    }

    #[test]
    fn every_broken_byte_is_one_replacement_character() {
        assert_eq!(lossy(b"a\xff\xfeb".to_vec()), "a\u{fffd}\u{fffd}b");
        assert_eq!(lossy(b"\xe4\xb8".to_vec()), "\u{fffd}\u{fffd}");
        assert_eq!(lossy(b"\xc3(".to_vec()), "\u{fffd}(");
        assert_eq!(lossy("ñ".into()), "ñ");
    }
}
