//! The body of a whole response, while it is received.

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::loop_connections;
use crate::huge_pages::advise_huge_pages;

/// Bodies of this size in bytes are collected elsewhere than on an event loop: to prepare the
/// memory takes longer than to receive what it is for.
const LARGE: usize = 1024 * 1024;
/// How many chunks wait at most to be appended.
const WAITING: usize = 16;

/// The bytes of a body so far.
pub(super) struct CollectedBody {
    pub(super) length: usize,
    place: Place,
}

enum Place {
    Here(Vec<u8>),
    /// On the thread of the runtime.
    Runtime {
        chunks: mpsc::Sender<Bytes>,
        body: JoinHandle<Vec<u8>>,
    },
}

impl CollectedBody {
    /// Prepares for a body that is expected to have this size in bytes.
    pub(super) fn new(expected: usize) -> Self {
        let body = Vec::with_capacity(expected);
        advise_huge_pages(body.as_ptr(), body.capacity());
        Self { length: 0, place: Place::Here(body) }
    }

    /// Appends bytes.
    pub(super) async fn append(&mut self, chunk: Bytes) {
        self.length += chunk.len();
        if let Place::Here(body) = &mut self.place
            && self.length >= LARGE
            && loop_connections::is_current()
        {
            let (chunks, receiver) = mpsc::channel(WAITING);
            let body = tokio::spawn(collect(std::mem::take(body), receiver));
            self.place = Place::Runtime { chunks, body };
        }
        match &mut self.place {
            Place::Here(body) => body.extend_from_slice(&chunk),
            // It is received until there are no more, unless the runtime ends with the process.
            Place::Runtime { chunks, .. } => drop(chunks.send(chunk).await),
        }
    }

    /// Returns all bytes.
    pub(super) async fn bytes(self) -> Vec<u8> {
        match self.place {
            Place::Here(body) => body,
            Place::Runtime { chunks, body } => {
                drop(chunks);
                // It is complete, unless the process ends; an empty body is no response then.
                body.await.unwrap_or_default()
            }
        }
    }
}

async fn collect(mut body: Vec<u8>, mut chunks: mpsc::Receiver<Bytes>) -> Vec<u8> {
    while let Some(chunk) = chunks.recv().await {
        body.extend_from_slice(&chunk);
    }
    body
}
