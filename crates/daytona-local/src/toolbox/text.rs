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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_byte_is_one_replacement_character() {
        assert_eq!(lossy(b"a\xff\xfeb".to_vec()), "a\u{fffd}\u{fffd}b");
        assert_eq!(lossy(b"\xe4\xb8".to_vec()), "\u{fffd}\u{fffd}");
        assert_eq!(lossy(b"\xc3(".to_vec()), "\u{fffd}(");
        assert_eq!(lossy("ñ".into()), "ñ");
    }
}
