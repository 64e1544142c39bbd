//! Streaming upload of one file.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::upload::{UploadBody, upload_error};
use crate::error::{Error, ErrorKind};
use crate::transport::request_body::RequestBody;

/// Number of buffered chunks. The writer waits when the buffer is full, so that a
/// fast source does not fill the memory.
const WAITING: usize = 2;

type Pieces = mpsc::Receiver<io::Result<Bytes>>;

/// The body of a request that is written while it is sent. It can be sent only once.
#[derive(Clone, Debug)]
pub(crate) struct StreamedBody {
    content_type: HeaderValue,
    pieces: Arc<Mutex<Option<Pieces>>>,
}

impl StreamedBody {
    pub(crate) fn content_type(&self) -> HeaderValue {
        self.content_type.clone()
    }

    /// Returns the body the first time, and an empty one afterwards.
    pub(crate) fn to_send(&self) -> RequestBody {
        let pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner).take();
        let frames = stream::unfold(pieces, async |pieces| {
            let mut pieces = pieces?;
            Some((pieces.recv().await?.map(Frame::data), Some(pieces)))
        });
        StreamBody::new(frames).boxed_unsync()
    }
}

/// Receives the chunks of a file that is being uploaded.
///
/// Dropping it before [`UploadSink::finish`] aborts the request, so that the
/// service can tell that the file is incomplete.
#[derive(Debug)]
pub struct UploadSink {
    path: String,
    pieces: mpsc::Sender<io::Result<Bytes>>,
    request: JoinHandle<Result<(), Error>>,
    tail: Bytes,
    written: u64,
}

impl UploadSink {
    /// Starts a request whose body is written to the sink.
    pub(crate) fn open<F>(path: &str, send: impl FnOnce(StreamedBody) -> F) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let (head, tail, content_type) = UploadBody::around(path);
        let (pieces, receiver) = mpsc::channel(WAITING);
        let body = StreamedBody { content_type, pieces: Arc::new(Mutex::new(Some(receiver))) };
        // Cannot fail: the buffer is empty.
        let _ = pieces.try_send(Ok(head));
        let request = tokio::spawn(send(body));
        Self { path: path.to_owned(), pieces, request, tail, written: 0 }
    }

    /// Writes a chunk; waits while the buffer is full.
    ///
    /// # Errors
    /// The error of the request, if it has failed.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), Error> {
        if piece.is_empty() {
            return Ok(());
        }
        let length = piece.len() as u64;
        if self.pieces.send(Ok(piece)).await.is_err() {
            return Err(self.ended().await);
        }
        self.written += length;
        Ok(())
    }

    /// Ends the file and waits until the service has written it.
    ///
    /// # Errors
    /// The errors of every call to a sandbox, and those of a file.
    pub async fn finish(mut self) -> Result<(), Error> {
        let tail = std::mem::take(&mut self.tail);
        if self.pieces.send(Ok(tail)).await.is_err() {
            return Err(self.ended().await);
        }
        // Closing the channel ends the body.
        let (closed, _) = mpsc::channel(1);
        drop(std::mem::replace(&mut self.pieces, closed));
        self.outcome().await
    }

    /// Returns the number of bytes written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Returns the reason why the request accepts no more data.
    async fn ended(&mut self) -> Error {
        match self.outcome().await {
            Err(error) => error,
            Ok(()) => Error::new(
                ErrorKind::InvalidResponse,
                format!("write {:?}", self.path),
                "the service responded before the whole file was sent",
            ),
        }
    }

    async fn outcome(&mut self) -> Result<(), Error> {
        let sent = (&mut self.request).await;
        let sent = sent.unwrap_or_else(|failed| {
            let message = "the upload was interrupted";
            Err(Error::new(ErrorKind::Other, format!("write {:?}", self.path), message).with_source(failed))
        });
        sent.map_err(|error| upload_error(&self.path, error).with_operation(format!("write {:?}", self.path)))
    }
}

impl Drop for UploadSink {
    fn drop(&mut self) {
        // An error at the end makes the body incomplete.
        let _ = self.pieces.try_send(Err(io::Error::other("the upload was aborted")));
        self.request.abort();
    }
}
