//! Values that belong to one thread.

use std::mem::ManuallyDrop;
use std::thread::{self, ThreadId};

/// A value that only the thread that made it can use. Dropped on another one, it is leaked.
pub(super) struct ThreadBound<T> {
    value: ManuallyDrop<T>,
    thread: ThreadId,
}

// SAFETY: the value is used and dropped on its own thread only, whoever has this one.
unsafe impl<T> Send for ThreadBound<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for ThreadBound<T> {}

impl<T> ThreadBound<T> {
    pub(super) fn new(value: T) -> Self {
        Self { value: ManuallyDrop::new(value), thread: thread::current().id() }
    }

    /// Returns the value, on its own thread.
    pub(super) fn get(&self) -> Option<&T> {
        (thread::current().id() == self.thread).then_some(&self.value)
    }
}

impl<T> Drop for ThreadBound<T> {
    fn drop(&mut self) {
        if thread::current().id() == self.thread {
            // SAFETY: once, as this is dropped once.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}
