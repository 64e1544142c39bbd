//! A part of one of the two outputs of a command.

use bytes::Bytes;

/// One of the two output streams of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Output {
    /// Returns the place of the stream in an array of both: standard output is first.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Stdout => 0,
            Self::Stderr => 1,
        }
    }
}

/// A chunk of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChunk {
    /// The output stream.
    pub output: Output,
    /// The bytes; a character may be split between two chunks.
    pub data: Bytes,
}
