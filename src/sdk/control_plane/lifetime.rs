//! After which time a sandbox stops, pauses, is archived and is deleted.

use daytona_client::Whole;
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use super::sandbox::Sandbox;
use crate::call::{CALL, CallOptions, Promised, Resource as _};

#[napi]
impl Sandbox {
    /// Sets after which idle time the sandbox stops: `POST /sandbox/{id}/autostop/{interval}`.
    /// @param interval Minutes; 0 for never.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_autostop_interval(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] interval: Whole<u32>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.set_auto_stop_interval(interval.0, deadline).await
        })
    }

    /// Sets how long after stopping the sandbox is archived:
    /// `POST /sandbox/{id}/autoarchive/{interval}`.
    /// @param interval Minutes; 0 for the longest interval that the service allows.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_auto_archive_interval(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] interval: Whole<u32>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.set_auto_archive_interval(interval.0, deadline).await
        })
    }

    /// Sets how long after stopping the sandbox is deleted:
    /// `POST /sandbox/{id}/autodelete/{interval}`.
    /// @param interval Minutes; negative for never, 0 for immediately.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_auto_delete_interval(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] interval: Whole<i32>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.set_auto_delete_interval(interval.0.into(), deadline).await
        })
    }

    /// Sets after which idle time the sandbox pauses: `POST /sandbox/{id}/autopause/{interval}`.
    /// @param interval Minutes; 0 for never.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaUnprocessableEntityError} Sandboxes of its class cannot be paused, such as those of the local server.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_auto_pause_interval(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] interval: Whole<u32>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.set_auto_pause_interval(interval.0, deadline).await
        })
    }

    /// Sets in which time the sandbox is deleted, in use or not: `POST /sandbox/{id}/ttl/{ttlMinutes}`. Then
    /// `autoDestroyAt` says when. It bounds what a sandbox can cost that nobody deletes.
    /// @param ttlMinutes Minutes from now; 0 for never.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @example
    /// ```typescript
    /// await sandbox.setTtl(120);
    /// console.log(`is deleted at ${sandbox.autoDestroyAt}`);
    /// ```
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_ttl(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] ttl_minutes: Whole<u32>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.set_ttl(ttl_minutes.0, deadline).await
        })
    }
}
