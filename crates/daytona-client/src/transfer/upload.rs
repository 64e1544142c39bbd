//! The body of an upload, and its failures.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::BodyExt as _;

use super::content::{Content, Loss};
use super::failure::FileFailure;
use super::pieces::{CHUNK, Piece, Pieces};
use super::progress::Progress;
use crate::error::Error;
use crate::transport::request_body::{RequestBody, whole};

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
    pub failure: Option<FileFailure>,
}

/// A multipart body that can be sent more than once.
#[derive(Clone, Debug)]
pub(crate) struct UploadBody {
    boundary: String,
    pieces: Vec<Piece>,
    length: u64,
    loss: Loss,
    progress: Progress,
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
        let (loss, progress) = (Loss::default(), Progress::default());
        Self { boundary, pieces: Vec::new(), length: 0, loss, progress }
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
    pub(crate) fn to_send(&self) -> RequestBody {
        if self.length <= CHUNK as u64 {
            let frames: Option<Vec<&[u8]>> =
                self.pieces.iter().map(|piece| piece.bytes().map(|bytes| &bytes[..])).collect();
            if let Some(frames) = frames {
                self.progress.advance(true);
                return whole(frames.concat().into());
            }
        }
        self.progress.advance(false);
        Pieces::new(&self.pieces, self.loss.clone(), self.progress.clone()).boxed_unsync()
    }

    /// Returns the error of a call whose content was lost while it was sent.
    pub(crate) fn loss(&self) -> Option<Error> {
        self.loss.error()
    }

    /// Waits until no chunk was sent, or no response came after the last one, for
    /// longer than the idle limit. The response may take longer after a large body,
    /// of which a part may still be on its way.
    pub(crate) async fn stalled(&self, idle: Duration) {
        self.progress.stalled(idle, self.length).await;
    }
}

/// Returns the error of an upload of one file, with the service's error for the file.
pub(crate) fn upload_error(path: &str, error: Error) -> Error {
    let Some(message) = error.upload().and_then(|upload| upload.errors.first()) else { return error };
    let message = message.strip_prefix(path).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(message);
    let failure = FileFailure::from_message(message);
    let kind = failure.write_kind();
    error.with_kind(kind, failure.reason)
}
