//! Bodies between the runtime and the threads for blocking work.

use std::io::{self, Read};
use std::task::Poll;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::client::gone;
use crate::request_body::RequestBody;

/// Size of the pieces that are sent.
pub(in crate::toolbox) const PIECE: usize = 128 * 1024;

/// How many pieces may wait for a slow client.
const WAITING: usize = 2;

/// A request's body for a thread that may block.
pub(in crate::toolbox) fn reader(body: RequestBody<Incoming>) -> impl Read + Send + 'static {
    SyncIoBridge::new(StreamReader::new(body.into_data_stream().map_err(io::Error::other)))
}

/// A body that a thread writes while it is sent. When `work` fails, the client
/// sees the response break off.
pub(in crate::toolbox) fn written(work: impl FnOnce(&mut Sink) -> io::Result<()> + Send + 'static) -> Body {
    sent([], start(work))
}

/// A body that a thread writes: in one piece when it is small, so that its length
/// is known and a failure can still be told; else it is sent while it is written.
///
/// # Errors
/// When `work` fails before the first pieces are there.
pub(in crate::toolbox) async fn collected(
    work: impl FnOnce(&mut Sink) -> io::Result<()> + Send + 'static,
) -> io::Result<Body> {
    let mut receiver = start(work);
    let Some(first) = receiver.recv().await.transpose()? else { return Ok(Body::empty()) };
    match receiver.recv().await.transpose()? {
        None => Ok(Body::from(first)),
        Some(second) => Ok(sent([first, second], receiver)),
    }
}

fn start(
    work: impl FnOnce(&mut Sink) -> io::Result<()> + Send + 'static,
) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut sink = Sink { sender, buffer: BytesMut::new() };
        if let Err(error) = work(&mut sink).and_then(|()| sink.flush()) {
            // Nobody is there any more when this fails too.
            let _ = sink.sender.blocking_send(Err(error));
        }
    });
    receiver
}

fn sent<const COUNT: usize>(first: [Bytes; COUNT], mut rest: mpsc::Receiver<io::Result<Bytes>>) -> Body {
    let rest = stream::poll_fn(move |context| -> Poll<Option<io::Result<Bytes>>> { rest.poll_recv(context) });
    Body::from_stream(stream::iter(first.map(Ok)).chain(rest))
}

/// Where a body is written to.
///
/// Writing waits while the client does not read.
pub(in crate::toolbox) struct Sink {
    sender: mpsc::Sender<io::Result<Bytes>>,
    buffer: BytesMut,
}

impl Sink {
    /// Fails when nobody reads the body any more.
    pub(in crate::toolbox) fn check(&self) -> io::Result<()> {
        if self.sender.is_closed() { Err(gone()) } else { Ok(()) }
    }

    /// Adds bytes to the body.
    pub(in crate::toolbox) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    /// Adds what a reader has, `limit` bytes at most, and counts it.
    pub(in crate::toolbox) fn copy(&mut self, source: &mut impl Read, limit: u64) -> io::Result<u64> {
        let mut copied = 0;
        while copied < limit {
            if self.buffer.len() >= PIECE {
                self.flush()?;
            }
            let filled = self.buffer.len();
            let room = usize::try_from(limit - copied).unwrap_or(usize::MAX).min(PIECE - filled);
            self.buffer.resize(filled + room, 0);
            let read = source.read(&mut self.buffer[filled..]);
            self.buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => break,
                Ok(read) => copied += read as u64,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(copied)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let piece = self.buffer.split().freeze();
        self.sender.blocking_send(Ok(piece)).map_err(|_| gone())
    }
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::write(self, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Self::flush(self)
    }
}

/// A JSON array in a body, written element by element.
pub(in crate::toolbox) struct JsonArray<'a> {
    sink: &'a mut Sink,
    is_empty: bool,
}

impl<'a> JsonArray<'a> {
    /// Writes the array that `fill` adds elements to.
    pub(in crate::toolbox) fn write(
        sink: &'a mut Sink,
        fill: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        sink.write(b"[")?;
        let mut array = Self { sink, is_empty: true };
        fill(&mut array)?;
        array.sink.write(b"]")
    }

    /// Adds an element.
    pub(in crate::toolbox) fn push<T: Serialize>(&mut self, element: &T) -> io::Result<()> {
        if !std::mem::take(&mut self.is_empty) {
            self.sink.write(b",")?;
        }
        serde_json::to_writer(&mut *self.sink, element).map_err(io::Error::from)
    }

    /// Fails when nobody reads the body any more.
    pub(in crate::toolbox) fn check(&self) -> io::Result<()> {
        self.sink.check()
    }
}
