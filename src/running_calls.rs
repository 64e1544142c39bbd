//! What runs for JavaScript, and what becomes of it when nobody can receive its
//! result any more: its worker was terminated, or the process exits.
//!
//! The future of such a call is dropped, which starts what clears away after it: a
//! command is killed, a sandbox that nobody holds is deleted. A worker ends without
//! waiting for that; a process waits, since the clean-up ends with it.

use std::future::Future;
use std::sync::{Condvar, LazyLock, Mutex, Once, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::event_loop;

/// How long the exit of the process waits for clean-ups.
const EXIT_LIMIT: Duration = Duration::from_secs(3);

/// Cancelled when the process exits.
static EXIT: LazyLock<CancellationToken> = LazyLock::new(CancellationToken::new);
/// All running calls of the process.
static CALLS: LazyLock<TaskTracker> = LazyLock::new(TaskTracker::new);
/// Whether everything is cleared away after the calls that the exit has interrupted.
static IS_CLEARED: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

/// The running calls of an environment.
pub(crate) struct RunningCalls(CancellationToken);

impl RunningCalls {
    pub(crate) fn new(runtime: &Handle) -> Self {
        static REGISTER: Once = Once::new();
        REGISTER.call_once(|| {
            runtime.spawn(clear_after_exit());
            // SAFETY: a function without arguments, which unwinds nowhere. Without it, nothing waits.
            let _ = unsafe { libc::atexit(wait_at_exit) };
        });
        Self(EXIT.child_token())
    }

    /// Runs a call. It is dropped when the environment ends before it.
    pub(crate) fn spawn(&self, runtime: &Handle, call: impl Future<Output = ()> + Send + 'static) {
        let ended = self.0.clone();
        let call = async move {
            tokio::select! {
                biased;
                () = ended.cancelled() => {}
                () = call => {}
            }
        };
        CALLS.spawn_on(call, runtime);
    }

    /// Drops the calls, because their environment ends.
    pub(crate) fn end(&self) {
        self.0.cancel();
    }
}

/// Counts a call that runs elsewhere until it has ended or is dropped.
pub(crate) fn counted(call: impl Future<Output = ()> + Send + 'static) -> impl Future<Output = ()> + Send {
    CALLS.track_future(call)
}

async fn clear_after_exit() {
    EXIT.cancelled().await;
    event_loop::drop_all_tasks();
    CALLS.close();
    CALLS.wait().await;
    daytona_client::wait_for_cleanups().await;
    *IS_CLEARED.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
    IS_CLEARED.1.notify_all();
}

/// Runs when the process exits. The thread-local variables of this thread are gone
/// already, so the work is done on the runtime, and a lock is all that is used here.
extern "C" fn wait_at_exit() {
    if CALLS.is_empty() && !daytona_client::has_running_cleanups() {
        return;
    }
    EXIT.cancel();
    let is_cleared = IS_CLEARED.0.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = IS_CLEARED.1.wait_timeout_while(is_cleared, EXIT_LIMIT, |is_cleared| !*is_cleared);
}
