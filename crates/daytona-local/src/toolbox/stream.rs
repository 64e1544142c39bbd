//! Bodies between the runtime and the threads for blocking work.

use std::io::{self, Read};
use std::task::Poll;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::{TryStreamExt, stream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::mpsc;
use tokio_util::io::{StreamReader, SyncIoBridge};

/// Size of the pieces that are sent.
pub(in crate::toolbox) const PIECE: usize = 128 * 1024;

/// How many pieces may wait for a slow client.
const WAITING: usize = 2;

/// A request's body for a thread that may block.
pub(in crate::toolbox) fn reader(body: Incoming) -> impl Read + Send + 'static {
    SyncIoBridge::new(StreamReader::new(body.into_data_stream().map_err(io::Error::other)))
}

/// A body that a thread writes while it is sent. When `work` fails, the client
/// sees the response break off.
pub(in crate::toolbox) fn written(work: impl FnOnce(&mut Sink) -> io::Result<()> + Send + 'static) -> Body {
    let (sender, mut receiver) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut sink = Sink { sender, buffer: BytesMut::with_capacity(PIECE) };
        if let Err(error) = work(&mut sink).and_then(|()| sink.flush()) {
            // Nobody is there any more when this fails too.
            let _ = sink.sender.blocking_send(Err(error));
        }
    });
    Body::from_stream(stream::poll_fn(move |context| -> Poll<Option<io::Result<Bytes>>> {
        receiver.poll_recv(context)
    }))
}

/// Where a body is written to.
///
/// Writing waits while the client does not read.
pub(in crate::toolbox) struct Sink {
    sender: mpsc::Sender<io::Result<Bytes>>,
    buffer: BytesMut,
}

impl Sink {
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
        self.sender.blocking_send(Ok(piece)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
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
