//! The local server, which runs as a separate process.

use std::path::PathBuf;
use std::sync::Arc;

use daytona_client::Error;
use daytona_launcher::LocalServer as Server;
use napi::bindgen_prelude::Env;
use napi_derive::napi;
use secrecy::ExposeSecret as _;

use crate::call::{CallOptions, OPEN, Promised, call};

/// A running local server.
#[napi]
pub struct LocalServer {
    inner: Arc<Server>,
}

#[napi]
impl LocalServer {
    /// Starts the local server and waits until it is ready.
    /// @param program Path of the program `daytona-local`.
    /// @param arguments Command-line arguments.
    /// @param apiKey The API key to accept. Default: a random key.
    /// @param sandboxEnv JSON object with the environment of all sandboxes. Default: none.
    /// @param options A signal. The timeout to start is 20 s.
    /// @returns The server.
    /// @throws {DaytonaServiceUnavailableError} The program cannot be run on this machine; the
    /// message contains the reason.
    /// @throws {DaytonaTimeoutError} The server was not ready in time.
    #[napi(ts_return_type = "Promise<LocalServer>")]
    pub fn start(
        env: Env,
        program: String,
        arguments: Vec<String>,
        api_key: Option<String>,
        sandbox_env: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<LocalServer> {
        call(&env, options, OPEN, |_| async move {
            let (api_key, sandbox_env) = (api_key.map(Into::into), sandbox_env.map(Into::into));
            let server = Server::start(&PathBuf::from(program), &arguments, api_key, sandbox_env).await?;
            Ok::<_, Error>(Self { inner: Arc::new(server) })
        })
    }

    /// Returns the local server that this process shares. Starts it at the first call, and
    /// again when it has exited.
    /// @param program Path of the program `daytona-local`.
    /// @param options A signal.
    /// @returns The server.
    /// @throws The errors of `start`.
    #[napi(ts_return_type = "Promise<LocalServer>")]
    pub fn shared(env: Env, program: String, options: Option<CallOptions>) -> Promised<LocalServer> {
        call(&env, options, OPEN, |_| async move {
            Ok::<_, Error>(Self { inner: Server::shared(&PathBuf::from(program)).await? })
        })
    }

    /// Base URL of the control plane.
    #[napi(getter)]
    pub fn api_url(&self) -> String {
        self.inner.api_url().to_owned()
    }

    /// The API key that the server accepts.
    #[napi(getter)]
    pub fn api_key(&self) -> String {
        self.inner.api_key().expose_secret().to_owned()
    }

    /// Isolation of its sandboxes: `namespaces`, `landlock` or `none`.
    #[napi(getter, ts_return_type = "'namespaces' | 'landlock' | 'none'")]
    pub fn isolation(&self) -> String {
        self.inner.isolation().to_owned()
    }

    /// Stops the server, deletes its sandboxes, and waits until its port is free. Has no
    /// effect on a stopped server.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        let server = Arc::clone(&self.inner);
        call(&env, options, OPEN, |_| async move {
            server.close().await;
            Ok::<_, Error>(())
        })
    }
}
