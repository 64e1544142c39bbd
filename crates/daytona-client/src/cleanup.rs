//! Background work that continues after a call has returned: killing aborted
//! commands and deleting sandboxes without a handle.

use std::future::Future;
use std::sync::LazyLock;

use tokio::sync::watch;
use tokio::task::JoinHandle;

static RUNNING: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

/// Returns whether a clean-up is running in this process.
pub fn has_running_cleanups() -> bool {
    *RUNNING.borrow() > 0
}

/// Waits until no clean-up is running in this process.
pub async fn wait_for_cleanups() {
    let mut running = RUNNING.subscribe();
    // Cannot fail: the sender is static and never closes.
    let _ = running.wait_for(|count| *count == 0).await;
}

/// Starts a clean-up in the background. Returns `None` when there is no runtime.
pub(crate) fn clean_up<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Option<JoinHandle<T>> {
    let runtime = tokio::runtime::Handle::try_current().ok()?;
    RUNNING.send_modify(|count| *count += 1);
    let running = Running;
    Some(runtime.spawn(async move {
        let _running = running;
        work.await
    }))
}

struct Running;

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.send_modify(|count| *count -= 1);
    }
}
