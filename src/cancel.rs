//! Aborting a call from JavaScript.

use napi::bindgen_prelude::{FromNapiValue, Result};
use napi::sys;
use napi_derive::napi;
use tokio_util::sync::CancellationToken;

/// Aborts the calls that it is passed to. The facade creates one for each
/// `AbortSignal`.
#[napi]
pub struct CancelToken {
    token: CancellationToken,
}

#[napi]
impl CancelToken {
    /// Creates a token.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self { token: CancellationToken::new() }
    }

    /// Aborts the calls: their promises reject, their connections are closed, and
    /// the commands that they started are killed.
    #[napi]
    pub fn cancel(&self) {
        self.token.cancel();
    }
}

/// The token that the facade passes in place of an `AbortSignal`.
pub struct Signal(CancellationToken);

impl Signal {
    /// Waits until the signal is aborted.
    pub(crate) async fn aborted(&self) {
        self.0.cancelled().await;
    }
}

impl FromNapiValue for Signal {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: called with the environment and the value that this function was called with.
        let token = unsafe { <&CancelToken>::from_napi_value(env, value) }?;
        Ok(Self(token.token.clone()))
    }
}
