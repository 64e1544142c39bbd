//! Previews of ports.

use daytona_client::{PortPreviewUrl, SignedPortPreviewUrl, Whole};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use super::sandbox::Sandbox;
use crate::call::{CALL, CallOptions, Promised, Resource as _};

#[napi]
impl Sandbox {
    /// Returns the URL of a program of the sandbox that listens on a port:
    /// `GET /sandbox/{id}/ports/{port}/preview-url`. Requests to it need the token, as the header `X-Daytona-Preview-Token`
    /// or the query parameter `DAYTONA_SANDBOX_AUTH_KEY`, unless previews of the sandbox are public. The token changes when
    /// the sandbox is started.
    /// @param port Port, 1 to 65535. Nothing has to listen on it yet.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The URL and the token.
    /// @throws {DaytonaInvalidArgumentError} `port` is not a port.
    /// @example
    /// ```typescript
    /// await sandbox.process.start("python3 -m http.server 3000");
    /// const { url, token } = await sandbox.getPreviewLink(3000);
    /// const response = await fetch(url, { headers: { "X-Daytona-Preview-Token": token } });
    /// ```
    #[napi(ts_return_type = "Promise<PortPreviewUrl>")]
    pub fn get_preview_link(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] port: Whole<u16>,
        options: Option<CallOptions>,
    ) -> Promised<PortPreviewUrl> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.preview_url(port.0, deadline).await
        })
    }

    /// Returns a URL of a program of the sandbox that needs no token, and expires:
    /// `GET /sandbox/{id}/ports/{port}/signed-preview-url`. Whoever has it can use the program, so it can be opened in a
    /// browser or sent to someone.
    /// @param port Port, 1 to 65535. Nothing has to listen on it yet.
    /// @param expiresInSeconds For how many seconds the URL is valid, 1 to 86400. Default: 60.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The URL, and the token to end its validity with.
    /// @throws {DaytonaInvalidArgumentError} `port` is not a port.
    /// @throws {DaytonaValidationError} The service does not allow `expiresInSeconds`.
    /// @example
    /// ```typescript
    /// const { url } = await sandbox.getSignedPreviewUrl(3000, 600);
    /// console.log(`Open ${url} within ten minutes`);
    /// ```
    #[napi(ts_return_type = "Promise<SignedPortPreviewUrl>")]
    pub fn get_signed_preview_url(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] port: Whole<u16>,
        #[napi(ts_arg_type = "number | null")] expires_in_seconds: Option<Whole<u32>>,
        options: Option<CallOptions>,
    ) -> Promised<SignedPortPreviewUrl> {
        let seconds = expires_in_seconds.map(|seconds| seconds.0);
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.signed_preview_url(port.0, seconds, deadline).await
        })
    }

    /// Ends the validity of a signed URL:
    /// `POST /sandbox/{id}/ports/{port}/signed-preview-url/{token}/expire`. Has no effect if there is no such URL.
    /// @param port Port of the URL.
    /// @param token Token of the URL.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaInvalidArgumentError} `port` is not a port, or `token` is empty.
    /// @example
    /// ```typescript
    /// const { url, port, token } = await sandbox.getSignedPreviewUrl(3000);
    /// await sandbox.expireSignedPreviewUrl(port, token);
    /// ```
    #[napi(ts_return_type = "Promise<void>")]
    pub fn expire_signed_preview_url(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] port: Whole<u16>,
        token: String,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.expire_signed_preview_url(port.0, &token, deadline).await
        })
    }
}
