//! The body of a bulk upload, streamed from the caller's memory.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderValue;
use http_body::{Body, Frame, SizeHint};

/// How much of a file travels in one write.
const CHUNK: usize = 256 * 1024;

/// A file to write in a sandbox.
#[derive(Clone, Debug)]
pub struct UploadFile {
    /// Destination; relative paths start at the work folder.
    pub path: String,
    /// Content. It is not copied: it is read from where it lies.
    pub content: Bytes,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedFile {
    /// Destination, as asked for.
    pub path: String,
    /// What went wrong with it; `None` when it was written.
    pub failure: Option<UploadFailure>,
}

/// Why one file of an upload was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadFailure {
    /// The destination is a folder.
    IsDirectory,
    /// The user of the sandbox may not write there.
    PermissionDenied,
    /// A folder on the way does not exist and could not be made.
    NotFound,
    /// The path cannot be a file: part of it is a file, it is too long, or empty.
    InvalidPath,
    /// Something else, in the service's words.
    Other(String),
}

/// A multipart body that can be sent more than once.
#[derive(Clone, Debug)]
pub(crate) struct UploadBody {
    boundary: String,
    pieces: Vec<Bytes>,
    length: u64,
}

impl UploadBody {
    /// One part with the path and one with the content, for each file.
    pub(crate) fn bulk(files: &[UploadFile]) -> Self {
        let mut body = Self::empty();
        for (index, file) in files.iter().enumerate() {
            let boundary = body.boundary.clone();
            body.push(Bytes::from(format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"files[{index}].path\"\r\n\r\n{}\r\n\
                 --{boundary}\r\nContent-Disposition: form-data; name=\"files[{index}].file\"; filename=\"file\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n",
                file.path
            )));
            body.push(file.content.clone());
            body.push(Bytes::from_static(b"\r\n"));
        }
        body.finish()
    }

    /// One part named `file`, whose destination is in the query.
    pub(crate) fn single(content: &Bytes) -> Self {
        let mut body = Self::empty();
        let head = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            body.boundary
        );
        body.push(Bytes::from(head));
        body.push(content.clone());
        body.push(Bytes::from_static(b"\r\n"));
        body.finish()
    }

    fn empty() -> Self {
        // 122 random bits: content that holds the boundary does not occur.
        let boundary = format!("daytona-native-{}", uuid::Uuid::new_v4().simple());
        Self { boundary, pieces: Vec::new(), length: 0 }
    }

    fn push(&mut self, piece: Bytes) {
        self.length += piece.len() as u64;
        self.pieces.push(piece);
    }

    fn finish(mut self) -> Self {
        let end = Bytes::from(format!("--{}--\r\n", self.boundary));
        self.push(end);
        self
    }

    pub(crate) fn content_type(&self) -> HeaderValue {
        HeaderValue::try_from(format!("multipart/form-data; boundary={}", self.boundary))
            .unwrap_or_else(|_| HeaderValue::from_static("multipart/form-data"))
    }

    /// A body of known length. Small ones are one buffer, so that one packet
    /// carries them; large ones are slices of the caller's memory.
    pub(crate) fn to_body(&self) -> reqwest::Body {
        if self.length <= CHUNK as u64 {
            return reqwest::Body::from(self.pieces.concat());
        }
        let pieces = self.pieces.iter().filter(|piece| !piece.is_empty()).cloned().collect();
        reqwest::Body::wrap(Pieces { pieces, left: self.length })
    }
}

struct Pieces {
    pieces: VecDeque<Bytes>,
    left: u64,
}

impl Pieces {
    fn next_chunk(&mut self) -> Option<Bytes> {
        let first = self.pieces.front_mut()?;
        if first.len() > CHUNK {
            return Some(first.split_to(CHUNK));
        }
        if first.len() == CHUNK {
            return self.pieces.pop_front();
        }
        // Heads and small files travel together.
        let mut chunk = Vec::with_capacity(CHUNK);
        while let Some(piece) = self.pieces.front() {
            if chunk.len() + piece.len() > CHUNK {
                break;
            }
            chunk.extend_from_slice(piece);
            self.pieces.pop_front();
        }
        Some(Bytes::from(chunk))
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = self.next_chunk();
        self.left -= chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Why a file failed, from the words in which the toolbox says it. They are the
/// operating system's names of error numbers, so they do not vary.
pub(crate) fn failure_of(words: &str) -> UploadFailure {
    const CAUSES: &[(&str, UploadFailure)] = &[
        ("is a directory", UploadFailure::IsDirectory),
        ("permission denied", UploadFailure::PermissionDenied),
        ("read-only file system", UploadFailure::PermissionDenied),
        ("operation not permitted", UploadFailure::PermissionDenied),
        ("not a directory", UploadFailure::InvalidPath),
        ("file name too long", UploadFailure::InvalidPath),
        ("too many levels of symbolic links", UploadFailure::InvalidPath),
        ("invalid argument", UploadFailure::InvalidPath),
        ("empty path", UploadFailure::InvalidPath),
        ("missing .path metadata", UploadFailure::InvalidPath),
        ("no such file or directory", UploadFailure::NotFound),
    ];
    CAUSES
        .iter()
        .find(|(cause, _)| words.trim_end().ends_with(cause))
        .map_or_else(|| UploadFailure::Other(words.to_owned()), |(_, failure)| failure.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_body_keeps_its_bytes_and_announces_its_length() {
        let content = Bytes::from(
            (0..CHUNK * 3 + 5).map(|index| u8::try_from(index % 251).unwrap()).collect::<Vec<_>>(),
        );
        let files = [
            UploadFile { path: "a".into(), content: content.clone() },
            UploadFile { path: "b".into(), content: Bytes::new() },
        ];
        let body = UploadBody::bulk(&files);
        let mut pieces = Pieces { pieces: body.pieces.iter().cloned().collect(), left: body.length };
        let mut joined = Vec::new();
        while let Some(chunk) = pieces.next_chunk() {
            assert!(!chunk.is_empty() && chunk.len() <= CHUNK);
            joined.extend_from_slice(&chunk);
        }
        assert_eq!(joined, body.pieces.concat());
        assert_eq!(joined.len() as u64, body.length);
        assert!(joined.windows(content.len()).any(|window| window == content));
    }

    #[test]
    fn a_large_file_is_sent_from_where_it_lies() {
        let content = Bytes::from(vec![7_u8; CHUNK * 4]);
        let body = UploadBody::bulk(&[UploadFile { path: "a".into(), content: content.clone() }]);
        let lies_in_it = |chunk: &Bytes| content.as_ptr_range().contains(&chunk.as_ptr());
        // A repeat reads the same memory again.
        for _ in 0..2 {
            let mut pieces = Pieces { pieces: body.pieces.iter().cloned().collect(), left: body.length };
            let chunks: Vec<Bytes> = std::iter::from_fn(|| pieces.next_chunk()).collect();
            let in_place: usize = chunks.iter().filter(|chunk| lies_in_it(chunk)).map(Bytes::len).sum();
            assert_eq!(in_place, content.len());
        }
    }

    #[test]
    fn the_cause_is_at_the_end_of_the_words() {
        assert_eq!(failure_of("d: create: open d: is a directory"), UploadFailure::IsDirectory);
        assert_eq!(
            failure_of("is a directory/f: create: open x: permission denied"),
            UploadFailure::PermissionDenied
        );
        assert_eq!(failure_of("f/g: mkdir f: mkdir f: not a directory"), UploadFailure::InvalidPath);
        assert!(matches!(failure_of("f: write: no space left on device"), UploadFailure::Other(_)));
    }
}
