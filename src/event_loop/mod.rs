//! Calls on the event loop of Node.js.
//!
//! A call on a thread of its own wakes that thread, and then the JavaScript thread for its
//! result. For a command in a local sandbox that is a third of its time. So on Linux, where
//! local sandboxes are, calls that send and receive little run on the loop itself: their
//! tasks are polled before the loop waits for events and after, and their sockets are watched
//! by libuv. No thread is woken, and no system call is made but to send, wait and receive.
//!
//! Bun and Deno have no libuv, and Electron runs JavaScript also outside of its loop; there,
//! calls run on the thread.

#[cfg(target_os = "linux")]
mod handle;
#[cfg(target_os = "linux")]
mod local;
#[cfg(target_os = "linux")]
mod loop_waker;
#[cfg_attr(not(target_os = "linux"), path = "no_loop.rs")]
mod node_loop;
#[cfg(target_os = "linux")]
mod socket_watcher;
#[cfg(target_os = "linux")]
mod thread_bound;
#[cfg(target_os = "linux")]
mod uv;

use std::sync::Arc;

use napi::bindgen_prelude::Env;

pub(crate) use node_loop::{NodeLoop, drop_all_tasks};

/// What waits to be delivered to JavaScript.
pub(crate) trait Inbox: Send + Sync {
    /// Lets what is added from now on wait for [`Inbox::deliver`].
    fn hold(&self);

    /// Returns whether something waits. If not, what is added is delivered by itself again.
    fn release(&self) -> bool;

    /// Delivers what waits, on the JavaScript thread.
    fn deliver(self: Arc<Self>, env: &Env);
}
