//! The client of the control plane, as the SDK has it.

use std::collections::HashMap;

use daytona_client::{BuildInfo, CreateSandbox, Deadline, LANGUAGE_LABEL};
use napi::bindgen_prelude::{AsyncBlock, Env, Result};
use napi_derive::napi;

use crate::config::ClientConfig;
use crate::promise::promise;
use crate::sandbox::{Sandbox, limit};

/// The client of an organization's sandboxes.
#[napi]
pub struct Daytona {
    inner: daytona_client::Daytona,
}

/// What a new sandbox shall be.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct CreateSandboxParams {
    /// Name; the id when absent.
    pub name: Option<String>,
    /// Language of `codeRun`: `python` (default), `typescript` or `javascript`.
    pub language: Option<String>,
    /// Snapshot to start from, by name or id. Excludes `image`.
    pub snapshot: Option<String>,
    /// Image to start from, e.g. `node:20`. Excludes `snapshot`.
    pub image: Option<String>,
    /// Processors, memory (GiB) and disk (GiB); needs `image`.
    pub resources: Option<Resources>,
    /// Operating-system user.
    pub user: Option<String>,
    /// Environment of every process.
    pub env_vars: Option<HashMap<String, String>>,
    /// Labels.
    pub labels: Option<HashMap<String, String>>,
    /// Whether previews need no key.
    pub public: Option<bool>,
    /// Idle minutes until it stops; 0 never. The service's default is 15.
    pub auto_stop_interval: Option<u32>,
    /// Stopped minutes until it is archived; 0 as late as possible.
    pub auto_archive_interval: Option<u32>,
    /// Stopped minutes until it is deleted; negative never, 0 at once.
    pub auto_delete_interval: Option<i32>,
    /// Deleted as soon as it stops; the same as `autoDeleteInterval: 0`.
    pub ephemeral: Option<bool>,
    /// Whether it gets no network.
    pub network_block_all: Option<bool>,
    /// Networks it may reach, comma-separated.
    pub network_allow_list: Option<String>,
}

/// Resources of a sandbox that is made from an image.
#[napi(object, object_to_js = false)]
pub struct Resources {
    /// Processors.
    pub cpu: Option<u32>,
    /// Graphics units.
    pub gpu: Option<u32>,
    /// Memory in GiB.
    pub memory: Option<u32>,
    /// Disk in GiB.
    pub disk: Option<u32>,
}

/// How a sandbox is created.
#[napi(object, object_to_js = false)]
pub struct CreateSandboxOptions {
    /// Seconds until the call gives up; 0 for no limit. Default 60.
    pub timeout: Option<f64>,
}

impl From<daytona_client::Daytona> for Daytona {
    fn from(inner: daytona_client::Daytona) -> Self {
        Self { inner }
    }
}

#[napi]
impl Daytona {
    /// A client with this configuration. Sends nothing.
    #[napi(constructor)]
    pub fn new(env: Env, config: ClientConfig) -> Result<Self> {
        let inner = config.client().map_err(|error| crate::error::Rejection::from(error).into_napi(&env))?;
        Ok(Self { inner })
    }

    /// Creates a sandbox and waits until it runs: `POST /sandbox`. A sandbox
    /// that fails on the way is deleted again.
    #[napi(ts_return_type = "Promise<Sandbox>")]
    pub fn create(
        &self,
        env: Env,
        params: Option<CreateSandboxParams>,
        options: Option<CreateSandboxOptions>,
    ) -> Result<AsyncBlock<Sandbox>> {
        let daytona = self.inner.clone();
        let deadline = limit(options.and_then(|options| options.timeout));
        let settings = settings(params.unwrap_or_default());
        promise(&env, None, async move { daytona.create(settings, deadline).await }, Sandbox::new)
    }

    /// Finds a sandbox by id or name: `GET /sandbox/{idOrName}`.
    #[napi(ts_return_type = "Promise<Sandbox>")]
    pub fn get(&self, env: Env, sandbox_id_or_name: String) -> Result<AsyncBlock<Sandbox>> {
        let daytona = self.inner.clone();
        let found = async move { daytona.get(&sandbox_id_or_name, Deadline::seconds(60)).await };
        promise(&env, None, found, Sandbox::new)
    }

    /// All sandboxes with these labels, of all pages: `GET /sandbox`. The
    /// facade makes an async iterator of it.
    #[napi(ts_return_type = "Promise<Array<Sandbox>>")]
    pub fn list_all(
        &self,
        env: Env,
        labels: Option<HashMap<String, String>>,
    ) -> Result<AsyncBlock<Vec<Sandbox>>> {
        let daytona = self.inner.clone();
        let labels = labels.unwrap_or_default().into_iter().collect();
        let listed = async move { daytona.list(&labels, Deadline::seconds(300)).await };
        promise(&env, None, listed, |found| found.into_iter().map(Sandbox::new).collect())
    }

    /// Starts a sandbox: `POST /sandbox/{id}/start`. `timeout` in seconds, default 60.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn start(&self, env: Env, sandbox: &Sandbox, timeout: Option<f64>) -> Result<AsyncBlock<()>> {
        sandbox.start(env, timeout)
    }

    /// Stops a sandbox: `POST /sandbox/{id}/stop`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn stop(&self, env: Env, sandbox: &Sandbox) -> Result<AsyncBlock<()>> {
        sandbox.stop(env, None, None)
    }

    /// Deletes a sandbox: `DELETE /sandbox/{id}`. `timeout` in seconds, default 60.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete(&self, env: Env, sandbox: &Sandbox, timeout: Option<f64>) -> Result<AsyncBlock<()>> {
        sandbox.delete(env, timeout)
    }
}

fn settings(params: CreateSandboxParams) -> CreateSandbox {
    let resources = params.resources.unwrap_or(Resources { cpu: None, gpu: None, memory: None, disk: None });
    let mut labels: std::collections::BTreeMap<_, _> =
        params.labels.unwrap_or_default().into_iter().collect();
    labels.insert(LANGUAGE_LABEL.to_owned(), params.language.unwrap_or_else(|| "python".to_owned()));
    CreateSandbox {
        name: params.name,
        snapshot: params.snapshot,
        build_info: params.image.map(|image| BuildInfo {
            dockerfile_content: Some(format!("FROM {image}\n")),
            ..BuildInfo::default()
        }),
        user: params.user,
        env: params.env_vars.unwrap_or_default().into_iter().collect(),
        labels,
        public: params.public,
        cpu: resources.cpu,
        gpu: resources.gpu,
        memory: resources.memory,
        disk: resources.disk,
        auto_stop_interval: params.auto_stop_interval.map(i64::from),
        auto_archive_interval: params.auto_archive_interval.map(i64::from),
        auto_delete_interval: match params.ephemeral {
            Some(true) => Some(0),
            _ => params.auto_delete_interval.map(i64::from),
        },
        network_block_all: params.network_block_all,
        network_allow_list: params.network_allow_list,
        ..CreateSandbox::default()
    }
}
