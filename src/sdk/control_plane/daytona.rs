//! The client of the control plane.

use std::collections::BTreeMap;

use daytona_client::{CreateSandboxParams, Error, SandboxQuery};
use napi::bindgen_prelude::{Env, Result};
use napi_derive::napi;

use super::list::SandboxPages;
use super::sandbox::Sandbox;
use crate::call::{CALL, CALLS, CallOptions, Claimed, Promised, call};
use crate::config::ClientConfig;
use crate::error::Rejection;

/// Client of the sandboxes of an organization.
///
/// Methods reject with `DaytonaAuthenticationError` (the API key is missing or rejected),
/// `DaytonaAuthorizationError` (the key lacks a permission), `DaytonaTimeoutError` (the timeout
/// passed), `DaytonaConnectionError` (the service cannot be reached), `DaytonaRateLimitError` (too
/// many requests), `DaytonaInvalidArgumentError` (an argument is invalid), another `DaytonaError`,
/// or the reason of an aborted signal.
#[napi]
pub struct Daytona {
    inner: daytona_client::Daytona,
}

impl From<daytona_client::Daytona> for Daytona {
    fn from(inner: daytona_client::Daytona) -> Self {
        Self { inner }
    }
}

impl Daytona {
    pub(super) fn client(&self) -> &daytona_client::Daytona {
        &self.inner
    }
}

#[napi]
impl Daytona {
    /// Creates a client. Sends no request.
    /// @param config The API URL and the credentials.
    /// @throws {DaytonaInvalidArgumentError} The API URL or the key is invalid.
    #[napi(constructor)]
    pub fn new(env: Env, config: ClientConfig) -> Result<Self> {
        let inner = config.client().map_err(|error| Rejection::from(error).into_napi(&env))?;
        Ok(Self { inner })
    }

    /// Creates a sandbox and waits until it is started: `POST /sandbox`. If creation fails, the
    /// sandbox is deleted; if that fails too, the error contains its id.
    /// @param params Options for the new sandbox.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The sandbox.
    /// @throws {DaytonaInvalidArgumentError} The parameters cannot be combined.
    /// @throws {DaytonaAuthorizationError} The key lacks a permission, or a quota is exceeded.
    /// @throws {DaytonaValidationError} The service rejected a parameter.
    /// @throws {DaytonaTimeoutError} The sandbox did not start in time.
    /// @throws {DaytonaError} The sandbox entered an error state.
    #[napi(ts_return_type = "Promise<Sandbox>")]
    pub fn create(
        &self,
        env: Env,
        params: Option<CreateSandboxParams>,
        options: Option<CallOptions>,
    ) -> Promised<Claimed<Sandbox>> {
        let daytona = self.inner.clone();
        call(&env, options, CALL, |deadline| async move {
            let created = daytona.create_unclaimed(params.unwrap_or_default().try_into()?, deadline).await?;
            Ok::<_, Error>(Claimed(created.map(Sandbox::from)))
        })
    }

    /// Returns a sandbox, in any state: `GET /sandbox/{idOrName}`.
    /// @param sandboxIdOrName Id or name of the sandbox.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The sandbox.
    /// @throws {DaytonaNotFoundError} The sandbox does not exist.
    #[napi(ts_return_type = "Promise<Sandbox>")]
    pub fn get(
        &self,
        env: Env,
        sandbox_id_or_name: String,
        options: Option<CallOptions>,
    ) -> Promised<Sandbox> {
        let daytona = self.inner.clone();
        call(&env, options, CALL, |deadline| async move {
            daytona.get(&sandbox_id_or_name, deadline).await.map(Sandbox::from)
        })
    }

    /// Returns the sandboxes with these labels, from all pages: `GET /sandbox`.
    /// @param labels Labels that the sandboxes must have. Default: none, for all sandboxes.
    /// @param options Timeout in seconds (default 300, 0 for none) and a signal.
    /// @returns The sandboxes.
    #[napi(ts_return_type = "Promise<Array<Sandbox>>")]
    pub fn list_all(
        &self,
        env: Env,
        labels: Option<BTreeMap<String, String>>,
        options: Option<CallOptions>,
    ) -> Promised<Vec<Sandbox>> {
        let daytona = self.inner.clone();
        call(&env, options, CALLS, |deadline| async move {
            let found = daytona.list(&labels.unwrap_or_default(), deadline).await?;
            Ok::<_, Error>(found.into_iter().map(Sandbox::from).collect())
        })
    }

    /// Opens the list of the sandboxes that match a query. `list` iterates over it. Sends no request.
    /// @param query Filters and order.
    /// @returns The pages.
    #[napi]
    pub fn open_list(&self, query: Option<SandboxQuery>) -> SandboxPages {
        self.inner.pages(query.unwrap_or_default()).into()
    }

    /// Starts a sandbox and waits until it is started: `POST /sandbox/{id}/start`.
    /// @param sandbox The sandbox.
    /// @param timeout Timeout in seconds. Default: 60; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaNotFoundError} The sandbox does not exist.
    /// @throws {DaytonaTimeoutError} The sandbox did not start in time.
    /// @throws {DaytonaError} The sandbox entered an error state.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn start(
        &self,
        env: Env,
        sandbox: &Sandbox,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        sandbox.start(env, timeout, options)
    }

    /// Stops a sandbox and waits until it is stopped: `POST /sandbox/{id}/stop`.
    /// @param sandbox The sandbox.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The sandbox does not exist.
    /// @throws {DaytonaTimeoutError} The sandbox did not stop in time.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn stop(&self, env: Env, sandbox: &Sandbox, options: Option<CallOptions>) -> Promised<()> {
        sandbox.stop(env, None, None, options)
    }

    /// Deletes a sandbox and everything in it: `DELETE /sandbox/{id}`. Succeeds if the sandbox
    /// does not exist.
    /// @param sandbox The sandbox.
    /// @param timeout Timeout in seconds. Default: 60; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaConflictError} Another state change did not finish in time.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete(
        &self,
        env: Env,
        sandbox: &Sandbox,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        sandbox.delete(env, timeout, options)
    }
}
