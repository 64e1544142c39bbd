//! Work of a request outside of its future.

use crate::response::Failure;

/// Does work in a task of its own: a client that goes away does not stop it.
///
/// # Errors
/// When the work panics.
pub(super) async fn detached<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Failure> {
    tokio::spawn(work).await.map_err(Failure::internal)
}

/// Does blocking work off the runtime's threads.
///
/// # Errors
/// When the work panics.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(Failure::internal)
}
