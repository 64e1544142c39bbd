//! The two streams of a command in one log: every line after the marker of its
//! stream.

use daytona_api::toolbox::session::{STDERR_MARKER, STDOUT_MARKER};
use memchr::{memchr2, memrchr};

use super::super::log::Log;

/// The longest line that is held back until it ends. What comes of a longer
/// one is shown as it comes.
const LONGEST_HELD: usize = 64 * 1024;

/// One of the two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    pub(super) const fn marker(self) -> [u8; 3] {
        match self {
            Self::Stdout => STDOUT_MARKER,
            Self::Stderr => STDERR_MARKER,
        }
    }
}

/// Marks the lines of a stream on their way into a log.
#[derive(Debug)]
pub(super) struct Labeler {
    stream: Stream,
    /// The start of a line whose end has not come.
    held: Vec<u8>,
    /// Whether the start of that line is in the log already.
    shown: bool,
}

impl Labeler {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, held: Vec::new(), shown: false }
    }

    /// Takes output and adds the lines that are whole to the log. NUL bytes are
    /// dropped, as shells drop them.
    pub(super) fn feed(&mut self, output: &[u8], log: &Log) {
        self.held.extend(output.iter().filter(|byte| **byte != 0));
        let whole = memrchr(b'\n', &self.held).map_or(0, |end| end + 1);
        let mut marked = Vec::with_capacity(whole + whole / 8);
        for line in self.held[..whole].split_inclusive(|byte| *byte == b'\n') {
            marked.extend_from_slice(&self.stream.marker());
            marked.extend_from_slice(line);
        }
        self.shown &= whole == 0;
        self.held.drain(..whole);
        if self.held.len() > LONGEST_HELD || (self.shown && !self.held.is_empty()) {
            marked.extend_from_slice(&self.stream.marker());
            marked.append(&mut self.held);
            self.shown = true;
        }
        log.append(&marked);
    }

    /// Ends the last line, if it has no end.
    pub(super) fn finish(&mut self, log: &Log) {
        if self.shown || !self.held.is_empty() {
            self.feed(b"\n", log);
        }
    }
}

/// Takes the streams of a log apart, piece by piece.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    stream: Option<Stream>,
    /// The start of what may be a marker.
    held: Vec<u8>,
}

impl Splitter {
    /// Takes a piece and hands the bytes of each stream on. Bytes before the
    /// first marker are dropped; a marker inside a line counts too.
    pub(super) fn feed<Failed>(
        &mut self,
        piece: &[u8],
        mut each: impl FnMut(Stream, &[u8]) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let joined;
        let bytes = if self.held.is_empty() {
            piece
        } else {
            self.held.extend_from_slice(piece);
            joined = std::mem::take(&mut self.held);
            &joined
        };
        let (mut start, mut at) = (0, 0);
        while let Some(found) = memchr2(1, 2, &bytes[at..]) {
            let found = at + found;
            let run = bytes[found..].iter().take(3).take_while(|byte| **byte == bytes[found]).count();
            if run < 3 && found + run < bytes.len() {
                at = found + run;
                continue;
            }
            if let Some(stream) = self.stream
                && found > start
            {
                each(stream, &bytes[start..found])?;
            }
            start = found + run;
            at = start;
            if run < 3 {
                self.held.extend_from_slice(&bytes[found..]);
                break;
            }
            self.stream =
                Some(if bytes[found] == STDOUT_MARKER[0] { Stream::Stdout } else { Stream::Stderr });
        }
        match self.stream {
            Some(stream) if start < bytes.len() => each(stream, &bytes[start..]),
            _ => Ok(()),
        }
    }

    /// Hands on what turned out not to be a marker.
    pub(super) fn finish<Failed>(
        &mut self,
        mut each: impl FnMut(Stream, &[u8]) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        match self.stream {
            Some(stream) if !self.held.is_empty() => each(stream, &std::mem::take(&mut self.held)),
            _ => Ok(()),
        }
    }
}

/// How many bytes at the end of a piece are a marker, whole or in part. A
/// frame that ends in them would be misread by some clients.
pub(super) fn marker_at_end(piece: &[u8]) -> usize {
    let Some(last @ (1 | 2)) = piece.last() else { return 0 };
    piece.iter().rev().take(3).take_while(|byte| *byte == last).count()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::super::log::Spool;
    use super::*;

    fn log() -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(Spool::create(folder.path()).unwrap());
        log.begin();
        (folder, log)
    }

    fn content(log: &Log) -> Vec<u8> {
        let mut content = Vec::new();
        log.snapshot()
            .unwrap()
            .pieces(|piece| {
                content.extend_from_slice(piece);
                Ok::<(), std::io::Error>(())
            })
            .unwrap();
        content
    }

    #[test]
    fn a_line_is_marked_when_it_is_whole() {
        let (_folder, log) = log();
        let mut out = Labeler::new(Stream::Stdout);
        let mut err = Labeler::new(Stream::Stderr);
        out.feed(b"a", &log);
        err.feed(b"E\0\n", &log);
        out.feed(b"b\n\nc", &log);
        assert_eq!(content(&log), b"\x02\x02\x02E\n\x01\x01\x01ab\n\x01\x01\x01\n");
        out.finish(&log);
        err.finish(&log);
        assert!(content(&log).ends_with(b"\n\x01\x01\x01c\n"));
    }

    #[test]
    fn a_line_without_end_is_shown_when_it_gets_long() {
        let (_folder, log) = log();
        let mut out = Labeler::new(Stream::Stdout);
        let long = vec![b'x'; LONGEST_HELD + 1];
        out.feed(&long, &log);
        assert_eq!(content(&log).len(), long.len() + 3);
        out.feed(b"y", &log);
        out.feed(b"z\nnext", &log);
        out.finish(&log);
        let expected = [b"\x01\x01\x01", &*long, b"\x01\x01\x01y\x01\x01\x01z\n\x01\x01\x01next\n"].concat();
        assert!(content(&log) == expected);
    }

    fn split(pieces: &[&[u8]]) -> (String, String) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut each = |stream, bytes: &[u8]| {
            match stream {
                Stream::Stdout => stdout.extend_from_slice(bytes),
                Stream::Stderr => stderr.extend_from_slice(bytes),
            }
            Ok::<(), Infallible>(())
        };
        let mut splitter = Splitter::default();
        for piece in pieces {
            let Ok(()) = splitter.feed(piece, &mut each);
        }
        let Ok(()) = splitter.finish(&mut each);
        (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }

    #[test]
    fn the_streams_are_the_same_however_the_log_is_cut() {
        let log = b"lost\x01\x01\x01out\x01x\x02\x02y\n\x02\x02\x02err\n\x01\x01\x01\x01tail\x02\x02";
        let whole = split(&[log]);
        assert_eq!(whole, ("out\x01x\x02\x02y\n\x01tail\x02\x02".to_owned(), "err\n".to_owned()));
        for cut in 0..=log.len() {
            for second in cut..=log.len() {
                assert_eq!(split(&[&log[..cut], &log[cut..second], &log[second..]]), whole, "{cut} {second}");
            }
        }
    }

    #[test]
    fn what_may_be_a_marker_is_seen_at_the_end() {
        for (piece, length) in
            [(&b"a\n"[..], 0), (b"a\x01", 1), (b"a\x02\x02", 2), (b"a\x01\x02\x02\x02", 3), (b"", 0)]
        {
            assert_eq!(marker_at_end(piece), length, "{piece:?}");
        }
    }
}
