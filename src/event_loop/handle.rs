//! Handles of libuv.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_uint};
use std::ptr;
use std::rc::Rc;

use super::uv::{self, Loop, RawHandle, Uv};

/// A handle of libuv, on the thread of its loop. It does not keep the process alive, and is
/// closed when it is dropped.
pub(super) struct Handle {
    uv: &'static Uv,
    raw: *mut RawHandle,
}

/// What happened to a handle.
pub(super) struct Event {
    raw: *mut RawHandle,
    /// Of a socket: a negative number of the system if it has failed.
    pub(super) status: c_int,
    /// Of a socket: what it is ready for.
    pub(super) events: c_int,
}

type Callback = Box<dyn Fn(&Event)>;

struct Data {
    uv: &'static Uv,
    kind: c_uint,
    callback: Callback,
    open: Rc<OpenHandles>,
}

impl Handle {
    /// Makes a handle. `init` is a function of libuv for handles of this kind; its failure is
    /// a negative number of the system.
    pub(super) fn new(
        uv: &'static Uv,
        open: &Rc<OpenHandles>,
        kind: c_uint,
        init: impl FnOnce(*mut RawHandle) -> c_int,
        callback: impl Fn(&Event) + 'static,
    ) -> Result<Self, c_int> {
        let raw = allocate(uv, kind);
        let status = init(raw);
        if status < 0 {
            // SAFETY: allocated above, and unknown to libuv.
            unsafe { free(uv, kind, raw) };
            return Err(status);
        }
        open.opened();
        let data = Data { uv, kind, callback: Box::new(callback), open: Rc::clone(open) };
        // SAFETY: a handle that was just initialized; `closed` takes the data back.
        unsafe {
            (uv.handle_set_data)(raw, Box::into_raw(Box::new(data)).cast());
            (uv.unref)(raw);
        }
        Ok(Self { uv, raw })
    }

    /// For functions of libuv, while this value exists.
    pub(super) fn raw(&self) -> *mut RawHandle {
        self.raw
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: open until now; its memory is freed in `closed`.
        unsafe { (self.uv.close)(self.raw, Some(closed)) };
    }
}

/// libuv says how large its handles are only at run time.
fn allocate(uv: &Uv, kind: c_uint) -> *mut RawHandle {
    Box::into_raw(vec![0_u64; words(uv, kind)].into_boxed_slice()).cast()
}

unsafe fn free(uv: &Uv, kind: c_uint, raw: *mut RawHandle) {
    let memory = ptr::slice_from_raw_parts_mut(raw.cast::<u64>(), words(uv, kind));
    // SAFETY: from `allocate`, with the same length.
    drop(unsafe { Box::from_raw(memory) });
}

fn words(uv: &Uv, kind: c_uint) -> usize {
    // SAFETY: a function without effects.
    unsafe { (uv.handle_size)(kind) }.div_ceil(size_of::<u64>())
}

/// Called by libuv at an event of any handle but a socket's.
pub(super) unsafe extern "C" fn fired(raw: *mut RawHandle) {
    // SAFETY: as for the callback of a socket.
    unsafe { socket_fired(raw, 0, 0) };
}

/// Called by libuv at an event of a socket.
pub(super) unsafe extern "C" fn socket_fired(raw: *mut RawHandle, status: c_int, events: c_int) {
    let Some(uv) = Uv::of_host() else { return };
    // SAFETY: the data of a handle of this module, which exists until the handle is closed; it
    // cannot be in this callback.
    let data = unsafe { &*(uv.handle_get_data)(raw).cast::<Data>() };
    (data.callback)(&Event { raw, status, events });
}

/// Called by libuv once it has let go of a handle.
unsafe extern "C" fn closed(raw: *mut RawHandle) {
    let Some(uv) = Uv::of_host() else { return };
    // SAFETY: the data that was given away with the handle, which has no events any more.
    let data = unsafe { Box::from_raw((uv.handle_get_data)(raw).cast::<Data>()) };
    // SAFETY: nobody has the handle any more.
    unsafe { free(data.uv, data.kind, raw) };
    data.open.closed();
}

/// Counts the handles of a loop, which has to run until all are closed.
#[derive(Default)]
pub(super) struct OpenHandles {
    count: Cell<usize>,
    when_none: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl OpenHandles {
    fn opened(&self) {
        self.count.set(self.count.get() + 1);
    }

    fn closed(&self) {
        self.count.set(self.count.get() - 1);
        self.call_when_none();
    }

    /// Calls a function once all handles are closed.
    pub(super) fn when_none(&self, call: impl FnOnce() + 'static) {
        *self.when_none.borrow_mut() = Some(Box::new(call));
        self.call_when_none();
    }

    fn call_when_none(&self) {
        if self.count.get() > 0 {
            return;
        }
        if let Some(call) = self.when_none.take() {
            call();
        }
    }
}

/// Makes a handle that watches a socket, for nothing at first.
pub(super) fn watch_socket(
    uv: &'static Uv,
    open: &Rc<OpenHandles>,
    event_loop: *mut Loop,
    descriptor: c_int,
    callback: impl Fn(&Event) + 'static,
) -> Result<Handle, c_int> {
    // SAFETY: a loop that runs on this thread, and an open socket.
    let init = |raw| unsafe { (uv.poll_init)(event_loop, raw, descriptor) };
    Handle::new(uv, open, uv::POLL, init, callback)
}

impl Handle {
    /// Changes which events of a socket are looked for.
    pub(super) fn look_for(&self, events: c_int) {
        look_for(self.uv, self.raw, events);
    }
}

impl Event {
    /// Changes which events of the socket are looked for.
    pub(super) fn look_for(&self, uv: &Uv, events: c_int) {
        look_for(uv, self.raw, events);
    }
}

fn look_for(uv: &Uv, raw: *mut RawHandle, events: c_int) {
    // SAFETY: the open handle of a socket, on the thread of its loop.
    unsafe {
        if events == 0 {
            (uv.poll_stop)(raw);
        } else {
            (uv.poll_start)(raw, events, Some(socket_fired));
        }
    }
}
