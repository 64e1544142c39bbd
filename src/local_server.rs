//! The local Daytona, started as a program of its own.

use std::path::Path;
use std::sync::Arc;

use daytona_client::LocalServer as Server;
use napi::bindgen_prelude::{AsyncBlock, Env, Result};
use napi_derive::napi;
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;

use crate::promise::promise;

/// The server of `target: "local"`, one for the process: worker threads have
/// their own JavaScript, but share this.
static SHARED: Mutex<Option<Arc<Server>>> = Mutex::const_new(None);

/// A running local Daytona.
#[napi]
pub struct LocalServer {
    inner: Arc<Server>,
}

#[napi]
impl LocalServer {
    /// Starts the program at this path and waits until it is ready. Without a
    /// key it makes one.
    #[napi(ts_return_type = "Promise<LocalServer>")]
    pub fn start(
        env: Env,
        program: String,
        arguments: Vec<String>,
        api_key: Option<String>,
    ) -> Result<AsyncBlock<Self>> {
        let started =
            async move { Server::start(Path::new(&program), &arguments, api_key.map(Into::into)).await };
        promise(&env, None, started, |inner| Self { inner: Arc::new(inner) })
    }

    /// The server that this process shares; started at the first call, and
    /// again when it has ended since.
    #[napi(ts_return_type = "Promise<LocalServer>")]
    pub fn shared(env: Env, program: String) -> Result<AsyncBlock<Self>> {
        promise(&env, None, shared(program), |inner| Self { inner })
    }

    /// Address of its control plane.
    #[napi(getter)]
    pub fn api_url(&self) -> String {
        self.inner.api_url().to_owned()
    }

    /// The key that it accepts.
    #[napi(getter)]
    pub fn api_key(&self) -> String {
        self.inner.api_key().expose_secret().to_owned()
    }

    /// How its sandboxes are walled in: `namespaces`, `landlock` or `none`.
    #[napi(getter)]
    pub fn isolation(&self) -> String {
        self.inner.isolation().to_owned()
    }

    /// Ends it with all its sandboxes, and waits until its port is free.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self, env: Env) -> Result<AsyncBlock<()>> {
        let server = Arc::clone(&self.inner);
        let closed = async move {
            server.close().await;
            Ok::<_, daytona_client::Error>(())
        };
        promise(&env, None, closed, |()| ())
    }
}

async fn shared(program: String) -> std::result::Result<Arc<Server>, daytona_client::Error> {
    // Held while starting, so that calls side by side start one server.
    let mut shared = SHARED.lock().await;
    if let Some(server) = shared.as_ref()
        && server.is_running().await
    {
        return Ok(Arc::clone(server));
    }
    let server = Arc::new(Server::start(Path::new(&program), &[], None).await?);
    *shared = Some(Arc::clone(&server));
    Ok(server)
}
