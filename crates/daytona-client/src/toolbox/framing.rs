//! Finds the marks of a command in one of its outputs, see [`super::wrapper`].

use bytes::{Bytes, BytesMut};
use memchr::memmem;

/// Maximum size of the line after a mark in bytes.
const LONGEST_LINE: usize = 256;

/// One output of a command, on its way from the log to the reader.
#[derive(Debug)]
pub(crate) struct Framing {
    mark: Vec<u8>,
    buffer: BytesMut,
    expects_head: bool,
    /// The rest of the line after the first mark, if one is expected.
    head: Option<String>,
    /// The rest of the line after the last mark.
    tail: Option<String>,
}

impl Framing {
    /// The framing of an output that ends in this mark, and also begins with it if
    /// `expects_head` is set.
    pub(crate) fn new(mark: &str, expects_head: bool) -> Self {
        let mark = mark.as_bytes().to_vec();
        Self { mark, buffer: BytesMut::new(), expects_head, head: None, tail: None }
    }

    /// Adds a chunk of the log and returns what is output in it, which may be empty.
    pub(crate) fn push(&mut self, data: Bytes) -> Bytes {
        if self.tail.is_some() {
            return Bytes::new();
        }
        if self.buffer.is_empty() && !self.expects_head && memchr::memchr(self.mark[0], &data).is_none() {
            return data;
        }
        self.buffer.extend_from_slice(&data);
        if self.expects_head && self.head.is_none() {
            match self.line_after(0) {
                // Without a head the command did not start: what comes is a reason.
                None if !self.buffer.starts_with(&self.mark[..self.mark.len().min(self.buffer.len())]) => {
                    self.expects_head = false;
                }
                None => return Bytes::new(),
                Some((line, end)) => {
                    self.head = Some(line);
                    self.expects_head = false;
                    drop(self.buffer.split_to(end));
                }
            }
        }
        let Some(at) = memmem::find(&self.buffer, &self.mark) else {
            let ready = self.buffer.len() - partial(&self.buffer, &self.mark);
            return self.buffer.split_to(ready).freeze();
        };
        let output = self.buffer.split_to(at).freeze();
        if let Some((line, _)) = self.line_after(0) {
            self.tail = Some(line);
        }
        output
    }

    /// Returns what was held back, once nothing more will come.
    pub(crate) fn rest(&mut self) -> Bytes {
        if self.tail.is_some() { Bytes::new() } else { self.buffer.split().freeze() }
    }

    /// Returns the line after the first mark.
    pub(crate) fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    /// Returns the line after the last mark, which means that the output has ended.
    pub(crate) fn tail(&self) -> Option<&str> {
        self.tail.as_deref()
    }

    /// Returns the rest of the line after the mark at an index, and its end.
    fn line_after(&self, at: usize) -> Option<(String, usize)> {
        let rest = self.buffer.get(at..)?.strip_prefix(self.mark.as_slice())?;
        let end =
            memchr::memchr(b'\n', rest).or_else(|| (rest.len() > LONGEST_LINE).then_some(rest.len()))?;
        let line = String::from_utf8_lossy(&rest[..end]).trim().to_owned();
        Some((line, (at + self.mark.len() + end + 1).min(self.buffer.len())))
    }
}

/// Returns the number of bytes at the end that may be the start of a mark.
fn partial(bytes: &[u8], mark: &[u8]) -> usize {
    let most = bytes.len().min(mark.len() - 1);
    (1..=most).rev().find(|&length| bytes.ends_with(&mark[..length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: &str = "\u{1e}abc";

    /// Head, output and tail of a log that arrives in these pieces.
    fn read(expects_head: bool, pieces: &[&[u8]]) -> (Option<String>, String, Option<String>) {
        let mut framing = Framing::new(MARK, expects_head);
        let mut output = Vec::new();
        for piece in pieces {
            output.extend_from_slice(&framing.push(Bytes::copy_from_slice(piece)));
        }
        output.extend_from_slice(&framing.rest());
        let own = |line: Option<&str>| line.map(str::to_owned);
        (own(framing.head()), String::from_utf8(output).unwrap(), own(framing.tail()))
    }

    #[test]
    fn marks_are_found_wherever_a_log_is_cut() {
        let log = b"\x1eabc 12 34\nout\x1e\x1ea\x1eabc 7\n\n";
        let expected = (Some("12 34".to_owned()), "out\x1e\x1ea".to_owned(), Some("7".to_owned()));
        for cut in 0..=log.len() {
            let (first, second) = log.split_at(cut);
            assert_eq!(read(true, &[first, second]), expected, "cut at {cut}");
        }
        assert_eq!(read(true, &log.chunks(1).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn output_without_marks_is_output() {
        assert_eq!(read(false, &[b"a\x1eab"]), (None, "a\x1eab".to_owned(), None));
        assert_eq!(
            read(true, &[b"could not start\x1eabc -1\n"]),
            (None, "could not start".to_owned(), Some("-1".to_owned()))
        );
        assert_eq!(read(false, &[b"\x1eabc 0\n"]), (None, String::new(), Some("0".to_owned())));
    }
}
