//! Wakes an event loop to poll its tasks.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;
use std::thread::{self, ThreadId};

use super::uv::{RawHandle, Uv};

/// The waker of all tasks of a loop.
pub(super) struct LoopWaker {
    is_woken: AtomicBool,
    thread: ThreadId,
    uv: &'static Uv,
    /// The handle that wakes the loop from other threads, while it is open.
    handle: Mutex<Option<AtomicPtr<c_void>>>,
}

impl LoopWaker {
    /// Of the loop of this thread.
    pub(super) fn new(uv: &'static Uv) -> Arc<Self> {
        let (is_woken, handle) = (AtomicBool::new(false), Mutex::new(None));
        Arc::new(Self { is_woken, thread: thread::current().id(), uv, handle })
    }

    /// Sets the handle, or removes it before it is closed.
    pub(super) fn set_handle(&self, handle: Option<*mut RawHandle>) {
        *self.handle.lock().unwrap_or_else(PoisonError::into_inner) = handle.map(AtomicPtr::new);
    }

    pub(super) fn is_woken(&self) -> bool {
        self.is_woken.load(Ordering::Acquire)
    }

    /// Returns whether it was woken since the last call.
    pub(super) fn take(&self) -> bool {
        self.is_woken.swap(false, Ordering::AcqRel)
    }
}

impl Wake for LoopWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Its own thread looks before it waits.
        if self.is_woken.swap(true, Ordering::AcqRel) || thread::current().id() == self.thread {
            return;
        }
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = &*handle {
            // SAFETY: a handle is removed from here before it is closed.
            unsafe { (self.uv.async_send)(handle.load(Ordering::Relaxed)) };
        }
    }
}
