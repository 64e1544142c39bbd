//! Watching files of a sandbox.

use std::sync::Arc;

use daytona_client::{Error, FileEvent};
use napi::bindgen_prelude::Env;
use napi_derive::napi;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::files::FileSystem;
use crate::call::{CallOptions, OPEN, Promised, Resource, STREAM, call};

/// Changes of files, as they happen. It is closed when it is garbage-collected.
#[napi]
pub struct EventStream {
    watcher: Arc<Mutex<Option<daytona_client::FileWatcher>>>,
    closed: CancellationToken,
}

#[napi]
impl FileSystem {
    /// Opens a watch. `watch` makes an iterator of it.
    /// @param path Path of a file or folder.
    /// @param recursive Whether to watch everything below the folder.
    /// @param options Timeout of opening it in seconds (default 60, 0 for none) and a signal.
    /// @returns The native watch.
    #[napi(ts_return_type = "Promise<EventStream>")]
    pub fn open_watch(
        &self,
        env: Env,
        path: String,
        recursive: bool,
        options: Option<CallOptions>,
    ) -> Promised<EventStream> {
        self.call(&env, options, OPEN, |sandbox, deadline| async move {
            let watcher = sandbox.watch_files(&path, recursive, deadline).await?;
            let watcher = Arc::new(Mutex::new(Some(watcher)));
            Ok::<_, Error>(EventStream { watcher, closed: CancellationToken::new() })
        })
    }
}

#[napi]
impl EventStream {
    /// Returns the next change; null once what is watched is gone or the watch is closed.
    #[napi(ts_return_type = "Promise<FileEvent | null>")]
    pub fn next(&self, env: Env, options: Option<CallOptions>) -> Promised<Option<FileEvent>> {
        let (watcher, closed) = (Arc::clone(&self.watcher), self.closed.clone());
        call(&env, options, STREAM, |_| async move {
            let mut watcher = watcher.lock().await;
            let Some(watcher) = watcher.as_mut() else { return Ok(None) };
            tokio::select! {
                biased;
                () = closed.cancelled() => Ok(None),
                event = watcher.next() => event,
            }
        })
    }

    /// Closes the connection. A pending `next()` resolves to null.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.closed.cancel();
        let watcher = Arc::clone(&self.watcher);
        call(&env, options, STREAM, |_| async move {
            watcher.lock().await.take();
            Ok::<_, Error>(())
        })
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}
