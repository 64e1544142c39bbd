//! How many connections a burst of calls opens.
//!
//! Without TLS, and so without HTTP/2, each call holds a connection, and a call
//! that finds none idle opens one, even if one becomes idle a moment later. So
//! calls wait for a permit; a call that turns out to take long, such as a
//! command, returns its permit and keeps its connection. A burst of short calls
//! shares few connections, and long ones hold nobody up.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use daytona_api::control_plane::sandbox;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::request::Request;
use super::url::Base;

/// How many calls that have just started run at once in the process.
static CALLS: Semaphore = Semaphore::const_new(50);
/// How many sandboxes are created at once: that takes long everywhere.
static CREATES: Semaphore = Semaphore::const_new(48);
/// After this long a call counts as long, unless others end meanwhile, which shows that calls
/// wait for each other and not for what they do.
const SHORT: Duration = Duration::from_millis(100);
/// After this long a call counts as long in any case.
const LONG: Duration = Duration::from_secs(1);
/// How many calls have ended that ran at once with others.
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// Runs a call once few enough others run.
pub(super) async fn limited<T>(base: &Base, request: &Request, call: impl Future<Output = T>) -> T {
    if base.is_secure {
        return call.await;
    }
    let is_create = std::ptr::eq(request.operation, sandbox::CREATE.operation());
    // The semaphores are never closed.
    let _create = if is_create { CREATES.acquire().await.ok() } else { None };
    let permit = CALLS.acquire().await;
    let mut call = pin!(call);
    let begin = Instant::now();
    loop {
        let ended = ENDED.load(Ordering::Relaxed);
        if let Ok(output) = timeout(SHORT, &mut call).await {
            ENDED.fetch_add(1, Ordering::Relaxed);
            return output;
        }
        if ENDED.load(Ordering::Relaxed) == ended || begin.elapsed() >= LONG {
            break;
        }
    }
    drop(permit);
    call.await
}
