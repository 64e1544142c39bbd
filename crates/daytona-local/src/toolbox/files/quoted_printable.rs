//! The quoted-printable encoding, line by line.

use std::io::{self, BufRead, Read, Write};

/// No line of a sender that keeps to the rules is longer than 76 bytes.
const LONGEST_LINE: u64 = 64 * 1024;

/// Decodes everything of a reader and counts what comes out.
pub(super) fn copy(source: &mut impl BufRead, target: &mut dyn Write) -> io::Result<u64> {
    let mut written = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        if source.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(written);
        }
        let decoded = decode(&line);
        target.write_all(&decoded)?;
        written += decoded.len() as u64;
    }
}

/// Decodes a line; its end stays unless an `=` stands before it. A `=` that
/// starts no escape is taken for itself.
fn decode(line: &[u8]) -> Vec<u8> {
    let text = line.trim_ascii_end();
    let end =
        &line[line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1)..];
    let (mut rest, end) = match text.strip_suffix(b"=") {
        Some(text) if !end.is_empty() => (text, &b""[..]),
        _ if end.is_empty() => (line, end),
        _ => (text, end),
    };
    let mut decoded = Vec::with_capacity(line.len());
    while let [first, left @ ..] = rest {
        match rest {
            [b'=', high, low, left @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(digit(*high) << 4 | digit(*low));
                rest = left;
            }
            _ => {
                decoded.push(*first);
                rest = left;
            }
        }
    }
    decoded.extend_from_slice(end);
    decoded
}

fn digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        letter => letter.to_ascii_uppercase() - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_soft_ends_and_trailing_blanks() {
        for (encoded, plain) in [
            ("a=3Db=\r\nc", "a=bc"),
            ("x  \r\ny\n", "x\r\ny\n"),
            ("=C3=a9", "é"),
            ("100=zz", "100=zz"),
            ("", ""),
        ] {
            let mut decoded = Vec::new();
            let count = copy(&mut encoded.as_bytes(), &mut decoded).unwrap();
            assert_eq!((decoded.as_slice(), count), (plain.as_bytes(), plain.len() as u64), "{encoded}");
        }
    }
}
