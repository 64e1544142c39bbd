//! The one door from a future to a promise.

use std::future::Future;

use napi::bindgen_prelude::{AsyncBlock, AsyncBlockBuilder, Env, Result, ToNapiValue};

use crate::cancel::CancelToken;
use crate::error::Rejection;

/// Runs a future to its end, or until the caller gives up; then it is dropped.
pub(crate) fn promise<T, E, J>(
    env: &Env,
    cancel: Option<&CancelToken>,
    future: impl Future<Output = std::result::Result<T, E>> + Send + 'static,
    convert: impl FnOnce(T) -> J + 'static,
) -> Result<AsyncBlock<J>>
where
    T: Send + 'static,
    E: Into<Rejection>,
    J: ToNapiValue + 'static,
{
    let token = cancel.map(CancelToken::token);
    let outcome = async move {
        let Some(token) = token else { return Ok(future.await.map_err(Into::into)) };
        Ok(tokio::select! {
            biased;
            () = token.cancelled() => Err(Rejection::Cancelled),
            result = future => result.map_err(Into::into),
        })
    };
    AsyncBlockBuilder::build_with_map(env, Box::pin(outcome), move |env, outcome| {
        outcome.map(convert).map_err(|rejection: Rejection| rejection.into_napi(&env))
    })
}
