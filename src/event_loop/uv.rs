//! The functions of libuv that this module needs. Node.js has them, and exports them.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::sync::OnceLock;

/// `uv_loop_t`, whose fields are libuv's own.
pub(super) type Loop = c_void;
/// `uv_handle_t`, of any type.
pub(super) type RawHandle = c_void;

pub(super) type HandleCallback = unsafe extern "C" fn(*mut RawHandle);
pub(super) type PollCallback = unsafe extern "C" fn(*mut RawHandle, c_int, c_int);

// `uv_handle_type`.
pub(super) const ASYNC: c_uint = 1;
pub(super) const CHECK: c_uint = 2;
pub(super) const IDLE: c_uint = 6;
pub(super) const POLL: c_uint = 8;
pub(super) const PREPARE: c_uint = 9;

// `uv_poll_event`.
pub(super) const READABLE: c_int = 1;
pub(super) const WRITABLE: c_int = 2;

/// The functions, under their names without the prefix `uv_`.
pub(super) struct Uv {
    pub(super) handle_size: unsafe extern "C" fn(c_uint) -> usize,
    pub(super) handle_get_data: unsafe extern "C" fn(*const RawHandle) -> *mut c_void,
    pub(super) handle_set_data: unsafe extern "C" fn(*mut RawHandle, *mut c_void),
    pub(super) unref: unsafe extern "C" fn(*mut RawHandle),
    pub(super) close: unsafe extern "C" fn(*mut RawHandle, Option<HandleCallback>),
    /// Milliseconds when the loop last looked for events.
    pub(super) now: unsafe extern "C" fn(*const Loop) -> u64,
    /// Nanoseconds of the same clock now.
    pub(super) hrtime: unsafe extern "C" fn() -> u64,
    pub(super) async_init: unsafe extern "C" fn(*mut Loop, *mut RawHandle, Option<HandleCallback>) -> c_int,
    pub(super) async_send: unsafe extern "C" fn(*mut RawHandle) -> c_int,
    pub(super) prepare_init: unsafe extern "C" fn(*mut Loop, *mut RawHandle) -> c_int,
    pub(super) prepare_start: unsafe extern "C" fn(*mut RawHandle, Option<HandleCallback>) -> c_int,
    pub(super) check_init: unsafe extern "C" fn(*mut Loop, *mut RawHandle) -> c_int,
    pub(super) check_start: unsafe extern "C" fn(*mut RawHandle, Option<HandleCallback>) -> c_int,
    pub(super) idle_init: unsafe extern "C" fn(*mut Loop, *mut RawHandle) -> c_int,
    pub(super) idle_start: unsafe extern "C" fn(*mut RawHandle, Option<HandleCallback>) -> c_int,
    pub(super) idle_stop: unsafe extern "C" fn(*mut RawHandle) -> c_int,
    pub(super) poll_init: unsafe extern "C" fn(*mut Loop, *mut RawHandle, c_int) -> c_int,
    pub(super) poll_start: unsafe extern "C" fn(*mut RawHandle, c_int, Option<PollCallback>) -> c_int,
    pub(super) poll_stop: unsafe extern "C" fn(*mut RawHandle) -> c_int,
}

impl Uv {
    /// Returns the functions, if the host has them all.
    pub(super) fn of_host() -> Option<&'static Self> {
        static FUNCTIONS: OnceLock<Option<Uv>> = OnceLock::new();
        FUNCTIONS.get_or_init(Self::load).as_ref()
    }

    fn load() -> Option<Self> {
        // SAFETY: each function has had this type since libuv 1.19, which is older than every
        // supported Node.js, and keeps it in all versions 1.
        unsafe {
            Some(Self {
                handle_size: find(c"uv_handle_size")?,
                handle_get_data: find(c"uv_handle_get_data")?,
                handle_set_data: find(c"uv_handle_set_data")?,
                unref: find(c"uv_unref")?,
                close: find(c"uv_close")?,
                now: find(c"uv_now")?,
                hrtime: find(c"uv_hrtime")?,
                async_init: find(c"uv_async_init")?,
                async_send: find(c"uv_async_send")?,
                prepare_init: find(c"uv_prepare_init")?,
                prepare_start: find(c"uv_prepare_start")?,
                check_init: find(c"uv_check_init")?,
                check_start: find(c"uv_check_start")?,
                idle_init: find(c"uv_idle_init")?,
                idle_start: find(c"uv_idle_start")?,
                idle_stop: find(c"uv_idle_stop")?,
                poll_init: find(c"uv_poll_init")?,
                poll_start: find(c"uv_poll_start")?,
                poll_stop: find(c"uv_poll_stop")?,
            })
        }
    }
}

/// Returns a function of the host. `F` has to be a pointer to a function of its type.
unsafe fn find<F: Copy>(name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) }
    // SAFETY: the name ends with NUL.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    // SAFETY: an address is a pointer to a function, of the type that the caller answers for.
    (!address.is_null()).then(|| unsafe { std::mem::transmute_copy(&address) })
}
