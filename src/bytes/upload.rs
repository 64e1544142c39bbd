//! Contents that the program passes to a call.

use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use daytona_client::{Content, ContentSource, Error, ErrorKind, UploadFile, UploadRequest, UploadSource};
use napi::bindgen_prelude::{Env, FromNapiValue, Result};
use napi::{check_status, sys};
use tokio::sync::oneshot;

use super::{Anchor, COPIED, memory_of};
use crate::promise::Queue;

/// A `Uint8Array` that the program passed to the running call.
pub struct Given {
    env: sys::napi_env,
    // Valid until the call returns. It has a raw pointer, so it cannot leave the thread.
    value: sys::napi_value,
}

/// Where the bytes of a [`Given`] are, until JavaScript runs again.
struct View {
    buffer: sys::napi_value,
    data: *const u8,
    offset: usize,
    length: usize,
    is_shared: bool,
}

impl FromNapiValue for Given {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let mut is_array = false;
        // SAFETY: called with the environment and the value that this function was called with.
        check_status!(unsafe { sys::napi_is_typedarray(env, value, &mut is_array) })?;
        let given = Self { env, value };
        if is_array && given.view().is_some() {
            return Ok(given);
        }
        Err(napi::Error::new(napi::Status::InvalidArg, "content must be a Uint8Array".to_owned()))
    }
}

/// Content that the program passed, or the path of a local file with it.
pub enum GivenOrPath {
    /// Content.
    Content(Given),
    /// Path of a local file.
    Path(String),
}

impl FromNapiValue for GivenOrPath {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let mut kind = 0;
        // SAFETY: called with the environment and the value that this function was called with.
        check_status!(unsafe { sys::napi_typeof(env, value, &mut kind) })?;
        // SAFETY: as above.
        unsafe {
            if kind == sys::ValueType::napi_string {
                String::from_napi_value(env, value).map(Self::Path)
            } else {
                Given::from_napi_value(env, value).map(Self::Content)
            }
        }
    }
}

impl Given {
    /// Looks up where the bytes are; `None` for an array of other elements.
    fn view(&self) -> Option<View> {
        let (mut kind, mut length, mut offset) = (0, 0, 0);
        let (mut data, mut buffer) = (ptr::null_mut(), ptr::null_mut());
        let mut is_array_buffer = false;
        // SAFETY: on the JavaScript thread during the call that received the value; all
        // pointers are to locals.
        let status = unsafe {
            match sys::napi_get_typedarray_info(
                self.env,
                self.value,
                &mut kind,
                &mut length,
                &mut data,
                &mut buffer,
                &mut offset,
            ) {
                sys::Status::napi_ok => sys::napi_is_arraybuffer(self.env, buffer, &mut is_array_buffer),
                failed => failed,
            }
        };
        let is_bytes = status == sys::Status::napi_ok && kind == sys::TypedarrayType::uint8_array;
        is_bytes.then_some(View { buffer, data: data.cast(), offset, length, is_shared: !is_array_buffer })
    }

    /// Returns a copy of the bytes.
    pub(crate) fn copy(&self) -> Bytes {
        self.view().map(|view| view.copy()).unwrap_or_default()
    }

    /// Returns whether the program has given the memory away before the call.
    fn is_detached(&self, view: &View) -> bool {
        let mut is_detached = false;
        // SAFETY: on the JavaScript thread during the call that received the value.
        unsafe { sys::napi_is_detached_arraybuffer(self.env, view.buffer, &mut is_detached) };
        is_detached
    }
}

impl View {
    fn copy(&self) -> Bytes {
        if self.length == 0 {
            return Bytes::new();
        }
        if !self.is_shared {
            // SAFETY: the engine has just told where the bytes are; no JavaScript has run
            // since, so nothing can have taken them away, and no other thread may write
            // to a buffer that is not shared. The slice ends with this statement.
            return Bytes::copy_from_slice(unsafe { slice::from_raw_parts(self.data, self.length) });
        }
        // SAFETY: shared memory never shrinks and is never detached, so the bytes are
        // there. Other threads may write to them meanwhile, so that no reference to
        // them may exist: they are loaded atomically, one by one, as the engine does.
        let load = |at| unsafe { AtomicU8::from_ptr(self.data.add(at).cast_mut()).load(Ordering::Relaxed) };
        (0..self.length).map(load).collect::<Vec<u8>>().into()
    }
}

/// Returns what an upload writes, see [`uploads`]; local files are opened later.
pub(crate) fn upload_requests(
    env: &Env,
    files: Vec<(String, GivenOrPath)>,
) -> std::result::Result<Vec<UploadRequest>, Error> {
    let (mut requests, mut contents, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (destination, source) in files {
        match source {
            GivenOrPath::Path(path) => {
                let source = UploadSource::LocalFile(path.into());
                requests.push(UploadRequest { source, destination });
            }
            GivenOrPath::Content(given) => {
                places.push(requests.len() + places.len());
                contents.push((destination, given));
            }
        }
    }
    for (place, UploadFile { path, content }) in places.into_iter().zip(uploads(env, contents)?) {
        requests.insert(place, UploadRequest { source: UploadSource::Content(content), destination: path });
    }
    Ok(requests)
}

/// Returns the files of an upload. Contents of at most [`COPIED`] bytes together are
/// copied; others are read while they are sent.
pub(crate) fn uploads(env: &Env, files: Vec<(String, Given)>) -> std::result::Result<Vec<UploadFile>, Error> {
    let mut left = COPIED;
    // Shared memory can be copied only, so it comes first.
    for (path, given) in &files {
        let Some(view) = given.view() else { continue };
        if view.is_shared {
            left = left.checked_sub(view.length).ok_or_else(|| shared_too_large(path, view.length))?;
        } else if given.is_detached(&view) {
            let reason = "its content was detached, for example by a transfer to a worker. Pass a copy of it";
            return Err(refusal(path, reason.to_owned()));
        }
    }
    let queue = Queue::of(env).map_err(|error| refusal("", error.to_string()))?;
    let file = |(path, given): (String, Given)| {
        let view =
            given.view().ok_or_else(|| refusal(&path, "its content is not a Uint8Array".to_owned()))?;
        let is_small = view.is_shared || view.length <= left;
        let content = if is_small {
            left -= if view.is_shared { 0 } else { view.length };
            view.copy().into()
        } else {
            let anchor =
                Anchor::new(env, &queue, view.buffer).map_err(|error| refusal(&path, error.to_string()))?;
            let (offset, length) = (view.offset, view.length);
            let source = Source { anchor, offset, length, sent: Arc::default() };
            Content::Source(Arc::new(source))
        };
        Ok(UploadFile { path, content })
    };
    files.into_iter().map(file).collect()
}

fn shared_too_large(path: &str, length: usize) -> Error {
    let reason = format!(
        "its content is a SharedArrayBuffer of {length} bytes, which other threads could change while it is sent; \
         one call accepts {COPIED} bytes of them. Pass a copy that is not shared: new Uint8Array(content)"
    );
    refusal(path, reason)
}

fn refusal(path: &str, reason: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, format!("write {path:?}"), reason)
}

/// Content that is read on the JavaScript thread while it is sent.
struct Source {
    /// The array buffer.
    anchor: Anchor,
    offset: usize,
    length: usize,
    /// Buffers that were sent, for the next reads: new memory costs more than the copy.
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A part of a content, whose buffer is used again once it is sent.
struct Part {
    bytes: Vec<u8>,
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }
}

impl ContentSource for Source {
    fn size(&self) -> u64 {
        self.length as u64
    }

    fn read(
        self: Arc<Self>,
        offset: u64,
        length: usize,
    ) -> oneshot::Receiver<std::result::Result<Bytes, String>> {
        let (sender, receiver) = oneshot::channel();
        let queue = Arc::clone(&self.anchor.queue);
        queue.run(move |env| {
            // The request may have ended meanwhile.
            if !sender.is_closed() {
                let _ = sender.send(self.copy(env, usize::try_from(offset).unwrap_or(usize::MAX), length));
            }
        });
        receiver
    }
}

impl Source {
    /// Copies a part of the content, if all of it is still there. Has to be called on
    /// the JavaScript thread.
    fn copy(&self, env: &Env, offset: usize, length: usize) -> std::result::Result<Bytes, String> {
        let buffer = self.anchor.object(env).map_err(|error| error.to_string())?;
        let (data, size) = memory_of(env, buffer).unwrap_or((ptr::null_mut(), 0));
        let is_whole = self.offset.checked_add(self.length).is_some_and(|end| end <= size);
        if !is_whole {
            let what = if size == 0 { "was detached or resized" } else { "was resized" };
            return Err(format!(
                "{what} while it was sent. Pass a copy of it, or wait for the upload before the buffer is \
                 transferred, resized or grown"
            ));
        }
        if length == 0 || offset.checked_add(length).is_none_or(|end| end > self.length) {
            return Ok(Bytes::new());
        }
        // SAFETY: the engine has just told that the buffer has `size` bytes at `data`,
        // and `self.offset + offset + length <= self.offset + self.length <= size`. On
        // the JavaScript thread nothing can take them away or change them before this
        // statement ends, and with it the slice; the buffer is not shared.
        let bytes = unsafe { slice::from_raw_parts(data.add(self.offset + offset), length) };
        let used = self.sent.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut copy = used.unwrap_or_default();
        copy.clear();
        copy.extend_from_slice(bytes);
        Ok(Bytes::from_owner(Part { bytes: copy, sent: Arc::clone(&self.sent) }))
    }
}
