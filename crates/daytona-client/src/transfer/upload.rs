//! The body of an upload, and its failures.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;

use super::content::{Content, Loss};
use super::pieces::{CHUNK, Piece, Pieces};
use crate::error::{Error, ErrorKind};

/// A file to write in a sandbox.
#[derive(Clone, Debug)]
pub struct UploadFile {
    /// Destination; relative paths start at the sandbox's working directory.
    pub path: String,
    /// Content. It is not copied as a whole.
    pub content: Content,
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
    pieces: Vec<Piece>,
    length: u64,
    loss: Loss,
}

impl UploadBody {
    /// Creates the body of a bulk upload: a part with the path and a part with the
    /// content for each file.
    pub(crate) fn bulk(files: &[UploadFile]) -> Self {
        let mut body = Self::empty();
        for (index, file) in files.iter().enumerate() {
            let boundary = body.boundary.clone();
            body.push_frame(format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"files[{index}].path\"\r\n\r\n{}\r\n\
                 --{boundary}\r\nContent-Disposition: form-data; name=\"files[{index}].file\"; filename=\"file\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n",
                file.path
            ));
            body.push(Piece::Content(file.path.as_str().into(), file.content.clone()));
            body.push_frame("\r\n");
        }
        body.finish()
    }

    /// Returns the bytes before and after the content in a bulk upload of one file,
    /// and the content type of the body.
    pub(crate) fn around(path: &str) -> (Bytes, Bytes, HeaderValue) {
        let file = UploadFile { path: path.to_owned(), content: Bytes::new().into() };
        let body = Self::bulk(std::slice::from_ref(&file));
        let is_content = |piece: &Piece| matches!(piece, Piece::Content(..));
        let mut sides = body.pieces.split(is_content).map(|side| {
            let frames: Vec<_> = side.iter().filter_map(Piece::bytes).cloned().collect();
            Bytes::from(frames.concat())
        });
        let (head, tail) = (sides.next().unwrap_or_default(), sides.next().unwrap_or_default());
        (head, tail, body.content_type())
    }

    /// Creates the body of an upload of one file, whose path is in the query.
    pub(crate) fn single(file: &UploadFile) -> Self {
        let mut body = Self::empty();
        let head = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            body.boundary
        );
        body.push_frame(head);
        body.push(Piece::Content(Arc::from(file.path.as_str()), file.content.clone()));
        body.push_frame("\r\n");
        body.finish()
    }

    fn empty() -> Self {
        // With 122 random bits, the content cannot contain the boundary by chance.
        let boundary = format!("daytona-native-{}", uuid::Uuid::new_v4().simple());
        Self { boundary, pieces: Vec::new(), length: 0, loss: Loss::default() }
    }

    fn push_frame(&mut self, frame: impl Into<Bytes>) {
        self.push(Piece::Frame(frame.into()));
    }

    fn push(&mut self, piece: Piece) {
        self.length += piece.size();
        self.pieces.push(piece);
    }

    fn finish(mut self) -> Self {
        self.push_frame(format!("--{}--\r\n", self.boundary));
        self
    }

    pub(crate) fn content_type(&self) -> HeaderValue {
        HeaderValue::try_from(format!("multipart/form-data; boundary={}", self.boundary))
            .unwrap_or_else(|_| HeaderValue::from_static("multipart/form-data"))
    }

    /// Returns a body of known length. A small one is a single buffer, so that it fits
    /// into one packet; contents of a large one are sent in place or read on the way.
    pub(crate) fn to_body(&self) -> reqwest::Body {
        if self.length <= CHUNK as u64 {
            let frames: Option<Vec<&[u8]>> =
                self.pieces.iter().map(|piece| piece.bytes().map(|bytes| &bytes[..])).collect();
            if let Some(frames) = frames {
                return reqwest::Body::from(frames.concat());
            }
        }
        reqwest::Body::wrap(Pieces::new(&self.pieces, self.loss.clone()))
    }

    /// Returns the error of a call whose content was lost while it was sent.
    pub(crate) fn loss(&self) -> Option<Error> {
        self.loss.error()
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
