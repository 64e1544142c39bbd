//! Memory that crosses the border between JavaScript and Rust.
//!
//! This module, with its parts, is the only one that may read memory of the engine or
//! give memory to it; `clippy.toml` forbids the types and functions for that elsewhere.
//!
//! **Contents to upload** ([`upload`]) belong to the program, which can take their
//! memory away at any time: a transfer to a worker or the growth of a WebAssembly
//! memory detaches an array buffer, `resize` unmaps pages of it, and another thread
//! may write to a shared one. All of that but the last happens on the JavaScript
//! thread. So contents are read on that thread only, by functions that look up where
//! the memory is and how large it is before each copy and keep no pointer after it:
//!
//! - Small contents are copied at the call.
//! - Larger ones are anchored by a reference to their array buffer, which keeps it
//!   from being collected, and are read in pieces while the upload is sent. A buffer
//!   that has been detached or has become too small fails the upload.
//! - Shared memory is copied at the call, by atomic loads, or refused.
//!
//! **Downloaded contents** ([`download`]) get memory of the engine, because only such
//! an array buffer can be transferred to a worker. It may be written on another thread
//! for as long as no program has seen the array buffer, see [`download::Block`].
//!
//! **Long strings** ([`text`]) are given to the engine with the memory they are in.

#![expect(clippy::disallowed_methods, reason = "this is the module that may")]

pub(crate) mod download;
mod text;
pub(crate) mod upload;

use std::ptr;
use std::sync::Arc;

use napi::bindgen_prelude::{Env, Result};
use napi::{check_status, sys};

use crate::promise::Queue;

/// How many bytes of contents one call copies, upwards or downwards: that takes one to
/// three milliseconds. Contents beyond that are read or written piece by piece.
const COPIED: usize = 8 * 1024 * 1024;

/// Array buffers up to this size in bytes are taken to fit into memory.
const ALWAYS_FITS: usize = 1024 * 1024;

/// Prepares what the conversions of other crates need of this module.
pub(crate) fn install() {
    daytona_client::hand_over_text_with(text::hand_over);
}

/// Lets the engine free large strings that nobody needs any more, before a call.
pub(crate) fn drop_unneeded_text(env: &Env) {
    text::drop_unneeded(env);
}

/// A reference that keeps a JavaScript object from being collected.
struct Anchor {
    queue: Arc<Queue>,
    reference: sys::napi_ref,
}

// SAFETY: the reference is used in tasks of the queue only, which run on the
// JavaScript thread of the environment that made it.
unsafe impl Send for Anchor {}
// SAFETY: as above.
unsafe impl Sync for Anchor {}

impl Anchor {
    fn new(env: &Env, queue: &Arc<Queue>, object: sys::napi_value) -> Result<Self> {
        let mut reference = ptr::null_mut();
        // SAFETY: on the JavaScript thread, with a value of the running call.
        check_status!(unsafe { sys::napi_create_reference(env.raw(), object, 1, &mut reference) })?;
        Ok(Self { queue: Arc::clone(queue), reference })
    }

    /// Returns the object. Has to be called on the JavaScript thread.
    fn object(&self, env: &Env) -> Result<sys::napi_value> {
        let mut object = ptr::null_mut();
        // SAFETY: the reference exists until this is dropped.
        check_status!(unsafe { sys::napi_get_reference_value(env.raw(), self.reference, &mut object) })?;
        Ok(object)
    }
}

impl Drop for Anchor {
    fn drop(&mut self) {
        struct Reference(sys::napi_ref);
        // SAFETY: the reference is used on the JavaScript thread only.
        unsafe impl Send for Reference {}
        let reference = Reference(self.reference);
        // The end of an environment deletes its references itself.
        self.queue.run(move |env| {
            let Reference(reference) = { reference };
            // SAFETY: on the JavaScript thread; nobody else has the reference.
            unsafe { sys::napi_delete_reference(env.raw(), reference) };
        });
    }
}

/// Returns where the bytes of an array buffer are and how many they are, until
/// JavaScript runs again.
fn memory_of(env: &Env, buffer: sys::napi_value) -> Option<(*mut u8, usize)> {
    let (mut data, mut length) = (ptr::null_mut(), 0);
    // SAFETY: on the JavaScript thread; both pointers are to locals. The engine refuses
    // what is not an array buffer.
    let status = unsafe { sys::napi_get_arraybuffer_info(env.raw(), buffer, &mut data, &mut length) };
    (status == sys::Status::napi_ok).then_some((data.cast(), length))
}

/// Makes an array buffer with memory of the engine; `None` when there is not enough.
/// No code of the program runs, which a constructor that it has replaced would be.
fn new_array_buffer(env: &Env, length: usize) -> Option<(sys::napi_value, *mut u8)> {
    check_memory(length)?;
    let (mut data, mut buffer) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: on the JavaScript thread, in an open handle scope; both pointers are to locals.
    let status = unsafe { sys::napi_create_arraybuffer(env.raw(), length, &mut data, &mut buffer) };
    (status == sys::Status::napi_ok).then_some((buffer, data.cast()))
}

/// Makes an array buffer whose bytes are whatever was in its memory, because they are all
/// written at once. Unlike an array buffer, a `Buffer` is made without filling it with zeros.
fn new_unfilled_array_buffer(env: &Env, length: usize) -> Option<(sys::napi_value, *mut u8)> {
    check_memory(length)?;
    let (mut data, mut array) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: on the JavaScript thread, in an open handle scope; both pointers are to locals.
    let status = unsafe { sys::napi_create_buffer(env.raw(), length, &mut data, &mut array) };
    if status != sys::Status::napi_ok {
        return None;
    }
    let (mut buffer, mut offset) = (ptr::null_mut(), 0);
    // SAFETY: as above; the parts that nobody asks for may be null.
    let status = unsafe {
        let (kind, length, data) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        sys::napi_get_typedarray_info(env.raw(), array, kind, length, data, &mut buffer, &mut offset)
    };
    // Its array buffer is shared with nothing else in Node.js; another host may take a part of one.
    let is_whole = status == sys::Status::napi_ok && offset == 0 && memory_of(env, buffer)?.1 == length;
    if is_whole { Some((buffer, data.cast())) } else { new_array_buffer(env, length) }
}

/// Returns `None` when there is no memory: the engine ends the process when it gets none, so
/// it is asked for here first.
fn check_memory(length: usize) -> Option<()> {
    if length > ALWAYS_FITS {
        let mut probe = Vec::<u8>::new();
        probe.try_reserve_exact(length).ok()?;
        std::hint::black_box(&probe);
    }
    Some(())
}

/// Returns a `Uint8Array` of a whole array buffer.
fn array_of(env: sys::napi_env, buffer: sys::napi_value, length: usize) -> Result<sys::napi_value> {
    let mut array = ptr::null_mut();
    let kind = sys::TypedarrayType::uint8_array;
    // SAFETY: on the JavaScript thread, with an array buffer of this length.
    check_status!(unsafe { sys::napi_create_typedarray(env, kind, length, buffer, 0, &mut array) })?;
    Ok(array)
}
