//! Giving up a call from JavaScript.

use napi_derive::napi;
use tokio_util::sync::CancellationToken;

/// Ends the calls that it was passed to. The facade makes one for each call
/// with an `AbortSignal`.
#[napi]
pub struct CancelToken {
    token: CancellationToken,
}

#[napi]
impl CancelToken {
    /// A token that has not been used.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self { token: CancellationToken::new() }
    }

    /// Ends the calls: their promises reject, their connections close, and what
    /// they started in a sandbox is killed.
    #[napi]
    pub fn cancel(&self) {
        self.token.cancel();
    }

    pub(crate) fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}
