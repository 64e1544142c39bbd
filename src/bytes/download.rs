//! Memory for what JavaScript receives.

use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use daytona_client::{Memory, Storage, advise_huge_pages};
use napi::bindgen_prelude::{Env, Result, ToNapiValue, TypeName};
use napi::{ValueType, sys};
use tokio::sync::oneshot;

use super::{Anchor, COPIED, array_of, new_array_buffer, new_unfilled_array_buffer};
use crate::promise::Queue;

/// Contents up to this size in bytes do not wait for memory of the engine: they are
/// copied there when they are complete.
const MOVED: usize = 256 * 1024;

/// Bytes that JavaScript receives as a `Uint8Array` of their own array buffer.
pub struct Chunk(pub(crate) Bytes);

impl TypeName for Chunk {
    fn type_name() -> &'static str {
        "Uint8Array"
    }

    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ToNapiValue for Chunk {
    unsafe fn to_napi_value(env: sys::napi_env, chunk: Self) -> Result<sys::napi_value> {
        copied(env, &chunk.0)
    }
}

/// Returns a copy of bytes as a `Uint8Array`.
fn copied(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    let buffer = new_filled_array_buffer(&Env::from_raw(env), bytes);
    let buffer = buffer.ok_or_else(|| no_memory(&format!("{} bytes", bytes.len())))?;
    array_of(env, buffer, bytes.len())
}

fn no_memory(what: &str) -> napi::Error {
    napi::Error::from_reason(format!("there is no memory for {what}"))
}

/// Makes an array buffer with a copy of bytes; `None` when there is no memory for it.
fn new_filled_array_buffer(env: &Env, bytes: &[u8]) -> Option<sys::napi_value> {
    if bytes.is_empty() {
        return new_array_buffer(env, 0).map(|(buffer, _)| buffer);
    }
    let (buffer, data) = new_unfilled_array_buffer(env, bytes.len())?;
    // SAFETY: the buffer has just been made, with as many bytes at `data`, and no
    // JavaScript has run since.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len()) };
    Some(buffer)
}

/// The memory of the files that one call downloads.
pub(crate) struct Downloads {
    queue: Arc<Queue>,
    /// How many bytes may still be copied when the call ends.
    left: AtomicUsize,
}

/// The content of a downloaded file, which JavaScript receives as a `Uint8Array`.
pub struct Received(Place);

enum Place {
    /// Content that is copied to the engine when the call ends.
    Heap(Vec<u8>),
    /// Content that is copied to the engine when it is complete, while the next is received.
    Moving(Moving),
    /// Content that is in memory of the engine.
    Engine(Block),
}

/// A small content on its way to the engine.
struct Moving {
    queue: Arc<Queue>,
    bytes: Vec<u8>,
    /// The array buffer and its size, once the JavaScript thread has copied the content.
    /// The queue settles the call after that.
    moved: Arc<OnceLock<Option<(Anchor, usize)>>>,
}

impl Moving {
    fn new(queue: &Arc<Queue>, size: usize) -> Self {
        Self { queue: Arc::clone(queue), bytes: Vec::with_capacity(size), moved: Arc::default() }
    }

    fn complete(&mut self) {
        let (bytes, moved, queue) =
            (std::mem::take(&mut self.bytes), Arc::clone(&self.moved), Arc::clone(&self.queue));
        self.queue.run(move |env| {
            let buffer = new_filled_array_buffer(env, &bytes);
            let anchor = buffer.and_then(|buffer| Anchor::new(env, &queue, buffer).ok());
            // It is set once: a content is complete once.
            let _ = moved.set(anchor.map(|anchor| (anchor, bytes.len())));
        });
    }
}

/// An array buffer that no program has seen.
///
/// Its memory is written on other threads. That is sound because
///
/// - it stays where it is: it belongs to an array buffer of fixed length that the anchor
///   keeps from being collected, and that cannot be detached or written by a program, because
///   no program has it before the block has become a `Uint8Array`, and the block with it;
/// - only one thread writes it at a time: `append` needs the block exclusively, and the
///   queue, a lock, lies between the last write and the first read in JavaScript;
/// - it is not written once the environment ends, which frees it: each write happens in
///   `while_alive`, for which the end waits.
struct Block {
    anchor: Anchor,
    data: *mut u8,
    size: usize,
    written: usize,
}

// SAFETY: see above.
unsafe impl Send for Block {}

impl Downloads {
    pub(crate) fn new(env: &Env) -> Result<Self> {
        Ok(Self { queue: Queue::of(env)?, left: AtomicUsize::new(COPIED) })
    }
}

impl Storage for Downloads {
    type Memory = Received;

    async fn allocate(&self, size: usize) -> Option<Received> {
        let take = |left: usize| left.checked_sub(size);
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            return Some(Received(Place::Heap(Vec::with_capacity(size))));
        }
        if size <= MOVED {
            return Some(Received(Place::Moving(Moving::new(&self.queue, size))));
        }
        let (sender, receiver) = oneshot::channel();
        let queue = Arc::clone(&self.queue);
        self.queue.run(move |env| {
            let _ = sender.send(Block::new(env, &queue, size));
        });
        receiver.await.ok().flatten().map(|block| Received(Place::Engine(block)))
    }
}

impl Memory for Received {
    fn append(&mut self, piece: &[u8]) -> bool {
        match &mut self.0 {
            Place::Heap(bytes) => {
                bytes.extend_from_slice(piece);
                true
            }
            Place::Moving(moving) => {
                moving.bytes.extend_from_slice(piece);
                true
            }
            Place::Engine(block) => block.append(piece),
        }
    }

    fn complete(&mut self) {
        if let Place::Moving(moving) = &mut self.0 {
            moving.complete();
        }
    }

    fn to_vec(&self) -> Vec<u8> {
        match &self.0 {
            Place::Heap(bytes) => bytes.clone(),
            Place::Moving(moving) => moving.bytes.clone(),
            Place::Engine(block) => block.to_vec(),
        }
    }
}

impl Block {
    /// Has to be called on the JavaScript thread.
    fn new(env: &Env, queue: &Arc<Queue>, size: usize) -> Option<Self> {
        let (buffer, data) = new_array_buffer(env, size)?;
        advise_huge_pages(data, size);
        let anchor = Anchor::new(env, queue, buffer).ok()?;
        Some(Self { anchor, data, size, written: 0 })
    }

    fn append(&mut self, piece: &[u8]) -> bool {
        if self.size - self.written < piece.len() {
            return false;
        }
        // SAFETY: the environment exists during the call, and the memory with it; the
        // piece fits into the rest of it. See `Block` for who else may use it.
        let write = || unsafe {
            ptr::copy_nonoverlapping(piece.as_ptr(), self.data.add(self.written), piece.len());
        };
        let is_written = self.anchor.queue.while_alive(write).is_some();
        self.written += if is_written { piece.len() } else { 0 };
        is_written
    }

    fn to_vec(&self) -> Vec<u8> {
        // SAFETY: as for `append`; these bytes are written.
        let read = || unsafe { slice::from_raw_parts(self.data, self.written) }.to_vec();
        self.anchor.queue.while_alive(read).unwrap_or_default()
    }
}

impl TypeName for Received {
    fn type_name() -> &'static str {
        "Uint8Array"
    }

    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ToNapiValue for Received {
    unsafe fn to_napi_value(env: sys::napi_env, received: Self) -> Result<sys::napi_value> {
        match received.0 {
            Place::Heap(bytes) => copied(env, &bytes),
            Place::Moving(moving) => match moving.moved.get() {
                Some(Some((anchor, size))) => array_of(env, anchor.object(&Env::from_raw(env))?, *size),
                _ => Err(no_memory("a file")),
            },
            Place::Engine(block) => array_of(env, block.anchor.object(&Env::from_raw(env))?, block.size),
        }
    }
}
