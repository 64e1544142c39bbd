//! Access to the caller's memory, which no other module reads.

use bytes::Bytes;
use napi::bindgen_prelude::Uint8Array;

/// Contents up to this size in bytes are copied, so that a caller may reuse a small
/// buffer immediately; larger ones are read in place.
const MAX_COPIED: usize = 64 * 1024;

/// Returns the bytes of a file to upload. Large files are not copied: their memory
/// must not be modified before the promise settles.
pub(crate) fn content(array: Uint8Array) -> Bytes {
    if array.len() <= MAX_COPIED { Bytes::copy_from_slice(&array) } else { Bytes::from_owner(array) }
}

/// Returns a copy, which may be read after the call returns.
pub(crate) fn copy(array: &Uint8Array) -> Bytes {
    Bytes::copy_from_slice(array)
}
