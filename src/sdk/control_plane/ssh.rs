//! SSH access.

use daytona_client::{SshAccess, SshAccessValidation, Whole};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use super::sandbox::Sandbox;
use crate::call::{CALL, CallOptions, Promised, Resource as _};

#[napi]
impl Sandbox {
    /// Creates a token to log in to the sandbox with by SSH: `POST /sandbox/{id}/ssh-access`. The earlier tokens of the
    /// sandbox are no longer valid.
    /// @param expiresInMinutes For how many minutes the token is valid. Default: 60.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The token, and the command that logs in.
    /// @throws {DaytonaValidationError} The service does not allow `expiresInMinutes`.
    /// @throws {DaytonaError} The local server has no SSH access (status 501).
    /// @example
    /// ```typescript
    /// const { sshCommand, token } = await sandbox.createSshAccess(30);
    /// console.log(sshCommand);
    /// await sandbox.revokeSshAccess(token);
    /// ```
    #[napi(ts_return_type = "Promise<SshAccess>")]
    pub fn create_ssh_access(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number | null")] expires_in_minutes: Option<Whole<u32>>,
        options: Option<CallOptions>,
    ) -> Promised<SshAccess> {
        let minutes = expires_in_minutes.map(|minutes| minutes.0);
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.create_ssh_access(minutes, deadline).await
        })
    }

    /// Ends the validity of a token for SSH: `DELETE /sandbox/{id}/ssh-access`.
    /// @param token The token. Default: all tokens of the sandbox.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaInvalidArgumentError} `token` is an empty string.
    /// @throws {DaytonaError} The local server has no SSH access (status 501).
    #[napi(ts_return_type = "Promise<void>")]
    pub fn revoke_ssh_access(
        &self,
        env: Env,
        #[napi(ts_arg_type = "string | null")] token: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.revoke_ssh_access(token.as_deref(), deadline).await
        })
    }

    /// Returns whether a token for SSH is valid: `GET /sandbox/ssh-access/validate`.
    /// @param token The token.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns Whether it is valid, and the id of its sandbox.
    /// @throws {DaytonaAuthorizationError} The service answers only its SSH gateway.
    /// @throws {DaytonaError} The local server has no SSH access (status 501).
    #[napi(ts_return_type = "Promise<SshAccessValidation>")]
    pub fn validate_ssh_access(
        &self,
        env: Env,
        token: String,
        options: Option<CallOptions>,
    ) -> Promised<SshAccessValidation> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.validate_ssh_access(&token, deadline).await
        })
    }
}
