//! File names in `Content-Disposition`.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The parameters `filename` and `filename*` of a name. Older clients read the
/// first, in Latin-1; the second is exact.
pub(super) fn filename(name: &Path) -> Vec<u8> {
    let bytes = name.as_os_str().as_bytes();
    let mut text = b"filename=\"".to_vec();
    for letter in super::info::lossy(name).chars() {
        match (letter, u8::try_from(letter)) {
            ('\r' | '\n' | '\0', _) => {}
            ('"' | '\\', Ok(byte)) => text.extend_from_slice(&[b'\\', byte]),
            (letter, Ok(byte)) if !letter.is_control() => text.push(byte),
            _ => text.push(b'_'),
        }
    }
    text.extend_from_slice(b"\"; filename*=utf-8''");
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            text.push(byte);
        } else {
            text.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let check = |name: &str, expected: &[u8]| assert_eq!(filename(Path::new(name)), expected, "{name}");
        check("f.txt", b"filename=\"f.txt\"; filename*=utf-8''f.txt");
        check("q\"u\\o", b"filename=\"q\\\"u\\\\o\"; filename*=utf-8''q%22u%5Co");
        check("\u{65e5} \u{e9}", b"filename=\"_ \xe9\"; filename*=utf-8''%E6%97%A5%20%C3%A9");
        check("n\nl\t", b"filename=\"nl_\"; filename*=utf-8''n%0Al%09");
        check("/a/(b);", b"filename=\"/a/(b);\"; filename*=utf-8''%2Fa%2F%28b%29%3B");
    }
}
