//! Memory for the content of downloaded files.

use std::future::Future;

use crate::huge_pages::reserve;

/// Memory taken at once for a file on the heap, however long it claims to be.
const RESERVE_LIMIT: usize = 1 << 30;

/// Where the content of downloaded files is kept.
pub trait Storage: Send + Sync {
    /// The memory of one file.
    type Memory: Memory;

    /// Returns memory for this many bytes; `None` when there is not enough.
    fn allocate(&self, size: usize) -> impl Future<Output = Option<Self::Memory>> + Send;
}

/// Memory that the content of a file is appended to.
pub trait Memory: Send {
    /// Appends bytes, of which there are never more than were allocated. Returns
    /// false when nobody needs the content any more.
    fn append(&mut self, piece: &[u8]) -> bool;

    /// Tells that all bytes are appended.
    fn complete(&mut self) {}

    /// Returns a copy of the bytes so far. Not called once they are complete.
    fn to_vec(&self) -> Vec<u8>;
}

/// The heap of this process.
pub(crate) struct Heap;

impl Storage for Heap {
    type Memory = Vec<u8>;

    async fn allocate(&self, size: usize) -> Option<Vec<u8>> {
        reserve(size.min(RESERVE_LIMIT))
    }
}

impl Memory for Vec<u8> {
    fn append(&mut self, piece: &[u8]) -> bool {
        self.extend_from_slice(piece);
        true
    }

    fn to_vec(&self) -> Vec<u8> {
        self.clone()
    }
}
