//! Lists of sandboxes.

use std::sync::Arc;

use daytona_client::Error;
use napi::bindgen_prelude::Env;
use napi_derive::napi;
use tokio::sync::Mutex;

use super::sandbox::Sandbox;
use crate::call::{CALL, CallOptions, Promised, call};

/// The sandboxes that match a query, page by page.
#[napi]
pub struct SandboxPages {
    pages: Arc<Mutex<daytona_client::SandboxPages>>,
}

impl From<daytona_client::SandboxPages> for SandboxPages {
    fn from(pages: daytona_client::SandboxPages) -> Self {
        Self { pages: Arc::new(Mutex::new(pages)) }
    }
}

#[napi]
impl SandboxPages {
    /// Returns the sandboxes of the next page: `GET /sandbox`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The sandboxes, or null after the last page.
    #[napi(ts_return_type = "Promise<Array<Sandbox> | null>")]
    pub fn next(&self, env: Env, options: Option<CallOptions>) -> Promised<Option<Vec<Sandbox>>> {
        let pages = Arc::clone(&self.pages);
        call(&env, options, CALL, |deadline| async move {
            let page = pages.lock().await.next(deadline).await?;
            Ok::<_, Error>(page.map(|page| page.into_iter().map(Sandbox::from).collect()))
        })
    }
}
