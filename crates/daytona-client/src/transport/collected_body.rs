//! The body of a whole response, while it is received.

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::execute_body::ExecuteBody;
use super::loop_connections;
use crate::huge_pages::reserve;

/// Bodies above this size in bytes are collected and parsed elsewhere than on an event loop: to
/// prepare the memory takes longer than to receive what it is for.
pub(super) const LARGE: usize = 256 * 1024;
/// How many chunks wait at most to be appended.
const WAITING: usize = 2;

/// What is collected of a body.
pub(super) enum Contents {
    Bytes(Vec<u8>),
    /// The result of a command.
    Execute(ExecuteBody),
}

impl Contents {
    fn push(&mut self, chunk: &[u8]) {
        match self {
            Self::Bytes(bytes) => bytes.extend_from_slice(chunk),
            Self::Execute(body) => body.push(chunk),
        }
    }
}

/// What was received of a body so far.
pub(super) struct CollectedBody {
    pub(super) length: usize,
    place: Place,
}

enum Place {
    Here(Contents),
    /// On the thread of the runtime.
    Runtime {
        chunks: mpsc::Sender<Bytes>,
        contents: JoinHandle<Contents>,
    },
}

impl CollectedBody {
    /// Prepares for a body that is expected to have this size in bytes.
    pub(super) fn new(expected: usize, is_execute: bool) -> Self {
        let contents = if is_execute {
            Contents::Execute(ExecuteBody::new(expected))
        } else {
            Contents::Bytes(reserve(expected).unwrap_or_default())
        };
        Self { length: 0, place: Place::Here(contents) }
    }

    /// Appends bytes.
    pub(super) async fn append(&mut self, chunk: Bytes) {
        self.length += chunk.len();
        if let Place::Here(contents) = &mut self.place
            && self.length > LARGE
            && loop_connections::is_current()
        {
            let (chunks, receiver) = mpsc::channel(WAITING);
            let contents = std::mem::replace(contents, Contents::Bytes(Vec::new()));
            let contents = tokio::spawn(collect(contents, receiver));
            self.place = Place::Runtime { chunks, contents };
        }
        match &mut self.place {
            Place::Here(contents) => contents.push(&chunk),
            // It is received until there are no more, unless the runtime ends with the process.
            Place::Runtime { chunks, .. } => drop(chunks.send(chunk).await),
        }
    }

    /// Returns everything.
    pub(super) async fn contents(self) -> Contents {
        match self.place {
            Place::Here(contents) => contents,
            Place::Runtime { chunks, contents } => {
                drop(chunks);
                // It is complete, unless the process ends; an empty body is no response then.
                contents.await.unwrap_or(Contents::Bytes(Vec::new()))
            }
        }
    }
}

async fn collect(mut contents: Contents, mut chunks: mpsc::Receiver<Bytes>) -> Contents {
    while let Some(chunk) = chunks.recv().await {
        contents.push(&chunk);
    }
    contents
}
