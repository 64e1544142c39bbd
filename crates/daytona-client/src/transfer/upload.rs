//! The body of a bulk upload, streamed from the caller's memory.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderValue;
use http_body::{Body, Frame, SizeHint};

use crate::error::{Error, ErrorKind};

/// Size of a chunk of the body in bytes.
const CHUNK: usize = 256 * 1024;

/// A file to write in a sandbox.
#[derive(Clone, Debug)]
pub struct UploadFile {
    /// Destination; relative paths start at the sandbox's working directory.
    pub path: String,
    /// Content. It is not copied: the upload reads it in place.
    pub content: Bytes,
}

/// The result of writing one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedFile {
    /// The requested destination.
    pub path: String,
    /// Why it was not written; `None` on success.
    pub failure: Option<UploadFailure>,
}

/// Why one file of an upload was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadFailure {
    /// The destination is a folder.
    IsDirectory,
    /// The user of the sandbox has no permission to write there.
    PermissionDenied,
    /// A parent folder does not exist and could not be created.
    NotFound,
    /// The path is not a valid file path: a parent is a file, or it is too long or
    /// empty.
    InvalidPath,
    /// Any other reason, with the service's message.
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
    /// Creates the body of a bulk upload: a part with the path and a part with the
    /// content for each file.
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

    /// Returns the bytes before and after the content in a bulk upload of one file,
    /// and the content type of the body.
    pub(crate) fn around(path: &str) -> (Bytes, Bytes, HeaderValue) {
        let file = UploadFile { path: path.to_owned(), content: Bytes::new() };
        let body = Self::bulk(std::slice::from_ref(&file));
        let content_type = body.content_type();
        let [head, _, end, close] = <[Bytes; 4]>::try_from(body.pieces).unwrap_or_default();
        (head, Bytes::from([end, close].concat()), content_type)
    }

    /// Creates the body of an upload of one file, whose path is in the query.
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
        // With 122 random bits, the content cannot contain the boundary by chance.
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

    /// Returns a body of known length. A small one is a single buffer, so that it fits
    /// into one packet; a large one consists of slices of the caller's memory.
    pub(crate) fn to_body(&self) -> reqwest::Body {
        if self.length <= CHUNK as u64 {
            return reqwest::Body::from(self.pieces.concat());
        }
        let pieces = self.pieces.iter().filter(|piece| !piece.is_empty()).cloned().collect();
        reqwest::Body::wrap(Pieces { pieces, left: self.length })
    }
}

/// Returns the error of an upload of one file, with the service's error for the file.
pub(crate) fn upload_error(error: Error) -> Error {
    let Some(message) = error.upload().and_then(|upload| upload.errors.first()) else { return error };
    let failure = upload_failure(message);
    let (kind, message) = failure.kind_and_message();
    let message = message.to_owned();
    error.with_kind(kind, message)
}

impl UploadFailure {
    /// Returns the kind of error and the reason.
    #[must_use]
    pub fn kind_and_message(&self) -> (ErrorKind, &str) {
        match self {
            Self::IsDirectory => (ErrorKind::InvalidFilePath, "it is a folder"),
            Self::PermissionDenied => (ErrorKind::FileAccessDenied, "permission denied"),
            Self::NotFound => (ErrorKind::FileNotFound, "file not found"),
            Self::InvalidPath => (ErrorKind::InvalidFilePath, "the path is not a valid file path"),
            Self::Other(message) => (ErrorKind::BadRequest, message),
        }
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
        // Combines part headers and small files.
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

/// Returns the reason of a failure from the toolbox's message, which ends with the
/// operating system's fixed description of an error number.
pub(crate) fn upload_failure(message: &str) -> UploadFailure {
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
        .find(|(cause, _)| message.trim_end().ends_with(cause))
        .map_or_else(|| UploadFailure::Other(message.to_owned()), |(_, failure)| failure.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_body_is_chunked_without_loss_and_has_a_known_length() {
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
    fn a_large_file_is_read_in_place() {
        let content = Bytes::from(vec![7_u8; CHUNK * 4]);
        let body = UploadBody::bulk(&[UploadFile { path: "a".into(), content: content.clone() }]);
        let is_slice_of_content = |chunk: &Bytes| content.as_ptr_range().contains(&chunk.as_ptr());
        // A retry reads the same memory again.
        for _ in 0..2 {
            let mut pieces = Pieces { pieces: body.pieces.iter().cloned().collect(), left: body.length };
            let chunks: Vec<Bytes> = std::iter::from_fn(|| pieces.next_chunk()).collect();
            let in_place: usize =
                chunks.iter().filter(|chunk| is_slice_of_content(chunk)).map(Bytes::len).sum();
            assert_eq!(in_place, content.len());
        }
    }

    #[test]
    fn the_cause_is_read_from_the_end_of_the_message() {
        assert_eq!(upload_failure("d: create: open d: is a directory"), UploadFailure::IsDirectory);
        assert_eq!(
            upload_failure("is a directory/f: create: open x: permission denied"),
            UploadFailure::PermissionDenied
        );
        assert_eq!(upload_failure("f/g: mkdir f: mkdir f: not a directory"), UploadFailure::InvalidPath);
        assert!(matches!(upload_failure("f: write: no space left on device"), UploadFailure::Other(_)));
    }
}
