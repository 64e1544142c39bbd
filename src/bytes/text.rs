//! Strings that the engine takes over instead of copying them.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::Env;
use napi::sys;

/// Strings of this size in bytes are worth a look: by the engine, for those that nobody needs.
const LARGE: usize = 4 * 1024 * 1024;
/// After large strings of this size in bytes together, it looks.
const MANY: usize = 16 * 1024 * 1024;
/// How much new memory in bytes lets the engine look.
const NOTICED: i64 = 64 * 1024 * 1024;

thread_local! {
    /// The size in bytes of the large strings that were handed over since the engine has looked.
    static HANDED_OVER: Cell<usize> = const { Cell::new(0) };
}

/// Lets the engine look for strings that nobody needs any more, if there may be large ones.
/// By itself, it looks when more than 64 MB are new, and a program that handles one large output
/// after another would keep four of 32 MB. So it hears of that much for a moment: when the next
/// call starts, because the program has dropped most of its results by then.
pub(super) fn drop_unneeded(env: &Env) {
    if HANDED_OVER.get() < MANY {
        return;
    }
    HANDED_OVER.set(0);
    // SAFETY: on the JavaScript thread.
    unsafe {
        adjust_external_memory(env.raw(), NOTICED);
        adjust_external_memory(env.raw(), -NOTICED);
    }
}

/// Makes a JavaScript string of the memory of an ASCII string, which the engine
/// frees with it. Gives the string back where the host cannot do that. Has to be called
/// on the thread of the environment.
pub(super) unsafe fn hand_over(
    env: sys::napi_env,
    text: String,
) -> std::result::Result<sys::napi_value, String> {
    static IS_MISSING: AtomicBool = AtomicBool::new(false);
    if IS_MISSING.load(Ordering::Relaxed) {
        return Err(text);
    }
    let Ok(length) = isize::try_from(text.len()) else { return Err(text) };
    let text = Box::into_raw(Box::new(text));
    let (mut value, mut copied) = (ptr::null_mut(), false);
    // SAFETY: the string is ASCII, and so Latin-1; it stays where it is until
    // `free_string` is called, which owns it, also when the engine copies it.
    unsafe {
        let start = (*text).as_ptr().cast();
        let status = sys::node_api_create_external_string_latin1(
            env,
            start,
            length,
            Some(free_string),
            text.cast(),
            &mut value,
            &mut copied,
        );
        if status == sys::Status::napi_ok {
            // The collector has to know what it would free: the string itself is small.
            adjust_external_memory(env, i64::try_from(length).unwrap_or_default());
            if length.unsigned_abs() >= LARGE {
                HANDED_OVER.set(HANDED_OVER.get().saturating_add(length.unsigned_abs()));
            }
            return Ok(value);
        }
        IS_MISSING.store(true, Ordering::Relaxed);
        Err(*Box::from_raw(text))
    }
}

/// Called by the engine once it needs the memory no longer.
unsafe extern "C" fn free_string(env: sys::node_api_basic_env, _data: *mut c_void, hint: *mut c_void) {
    // SAFETY: the box that `hand_over` has given away, once.
    let text = unsafe { Box::from_raw(hint.cast::<String>()) };
    // SAFETY: called with the environment of the string.
    unsafe { adjust_external_memory(env.cast(), -i64::try_from(text.len()).unwrap_or_default()) };
}

unsafe fn adjust_external_memory(env: sys::napi_env, change: i64) {
    let mut total = 0;
    // SAFETY: called with an environment on its own thread.
    unsafe { sys::napi_adjust_external_memory(env, change, &mut total) };
}
