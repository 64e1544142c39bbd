//! Work that goes on after its caller was answered: killing what was given up,
//! deleting what nobody holds.

use std::future::Future;
use std::sync::LazyLock;

use tokio::sync::watch;
use tokio::task::JoinHandle;

static RUNNING: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

/// Waits until no clean-up is under way in this process.
pub async fn cleanups_settled() {
    let mut running = RUNNING.subscribe();
    // The sender is static: it never closes.
    let _ = running.wait_for(|count| *count == 0).await;
}

/// Runs a clean-up to its end. `None` where no runtime is left to run it.
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
