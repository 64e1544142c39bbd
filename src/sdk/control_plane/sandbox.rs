//! One sandbox.

use std::collections::BTreeMap;

use daytona_client::{SandboxData, SandboxMetrics, Timestamp, UpdateSandboxNetworkSettings};
use napi::bindgen_prelude::{Env, Result};
use napi_derive::napi;

use crate::call::{CALL, CallOptions, Promised, Resource};
use crate::cancel::Signal;
use crate::error::Rejection;
use crate::sdk::toolbox::computer_use::ComputerUse;
use crate::sdk::toolbox::files::FileSystem;
use crate::sdk::toolbox::git::Git;
use crate::sdk::toolbox::interpreter::CodeInterpreter;
use crate::sdk::toolbox::lsp::LspServer;
use crate::sdk::toolbox::process::Process;

/// A sandbox. Its properties are the last known ones; `refreshData()` updates them.
///
/// Methods reject with `DaytonaNotFoundError` (the sandbox does not exist),
/// `DaytonaAuthenticationError` (the API key is rejected), `DaytonaAuthorizationError` (the key
/// lacks a permission), `DaytonaTimeoutError` (the timeout passed), `DaytonaConnectionError` (the
/// service cannot be reached), another `DaytonaError`, or the reason of an aborted signal.
#[napi]
pub struct Sandbox {
    inner: daytona_client::Sandbox,
}

/// Options of `updateEnv`.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct UpdateEnvOptions {
    /// Names of variables to remove, before the others are set. Default: none.
    pub unset: Option<Vec<String>>,
    /// Timeout in seconds; 0 for none. Default: 60.
    pub timeout: Option<f64>,
    /// A signal that aborts the call.
    #[napi(ts_type = "AbortSignal | null")]
    pub signal: Option<Signal>,
}

impl From<daytona_client::Sandbox> for Sandbox {
    fn from(inner: daytona_client::Sandbox) -> Self {
        Self { inner }
    }
}

impl Resource for Sandbox {
    type Handle = daytona_client::Sandbox;

    fn handle(&self) -> &Self::Handle {
        &self.inner
    }
}

#[napi]
impl Sandbox {
    /// Returns the names of the properties of a sandbox.
    #[napi]
    pub fn property_names() -> Vec<&'static str> {
        daytona_client::sandbox_properties()
    }

    /// Files of the sandbox.
    #[napi(getter)]
    pub fn fs(&self) -> FileSystem {
        FileSystem::from(self.inner.clone())
    }

    /// Git repositories of the sandbox.
    #[napi(getter)]
    pub fn git(&self) -> Git {
        Git::from(self.inner.clone())
    }

    /// Commands and sessions of the sandbox.
    #[napi(getter)]
    pub fn process(&self) -> Process {
        Process::from(self.inner.clone())
    }

    /// The desktop of the sandbox.
    #[napi(getter)]
    pub fn computer_use(&self) -> ComputerUse {
        ComputerUse::from(self.inner.clone())
    }

    /// Python that keeps its state between two runs.
    #[napi(getter)]
    pub fn code_interpreter(&self) -> CodeInterpreter {
        CodeInterpreter::from(self.inner.clone())
    }

    /// All properties, as last known.
    #[napi(getter)]
    pub fn data(&self) -> SandboxData {
        self.inner.data()
    }

    /// Returns the default working directory of commands: `GET /work-dir`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns An absolute path.
    /// @throws {DaytonaConflictError} The sandbox is not started.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn get_work_dir(&self, env: Env, options: Option<CallOptions>) -> Promised<String> {
        self.call(&env, options, CALL, |sandbox, deadline| async move { sandbox.work_dir(deadline).await })
    }

    /// Returns the home folder of the sandbox's user: `GET /user-home-dir`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns An absolute path.
    /// @throws {DaytonaConflictError} The sandbox is not started.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn get_user_home_dir(&self, env: Env, options: Option<CallOptions>) -> Promised<String> {
        self.call(
            &env,
            options,
            CALL,
            |sandbox, deadline| async move { sandbox.user_home_dir(deadline).await },
        )
    }

    /// Former name of `getUserHomeDir()`.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn get_user_root_dir(&self, env: Env, options: Option<CallOptions>) -> Promised<String> {
        self.get_user_home_dir(env, options)
    }

    /// Returns the current use of processors, memory and disk: `GET /system/metrics`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns A sample.
    /// @throws {DaytonaConflictError} The sandbox is not started.
    /// @example
    /// ```typescript
    /// const { cpuUsedPct, memUsed, memTotal } = await sandbox.getMetricsLatest();
    /// ```
    #[napi(ts_return_type = "Promise<SandboxMetrics>")]
    pub fn get_metrics_latest(&self, env: Env, options: Option<CallOptions>) -> Promised<SandboxMetrics> {
        self.call(
            &env,
            options,
            CALL,
            |sandbox, deadline| async move { sandbox.metrics_latest(deadline).await },
        )
    }

    /// Returns the use of processors, memory and disk over time:
    /// `GET /sandbox/{id}/telemetry/metrics`, or from the analytics service where the deployment
    /// has one.
    /// @param start Start of the range. Default: when the sandbox was created.
    /// @param end End of the range. Default: now.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns Samples in order of time.
    #[napi(ts_return_type = "Promise<Array<SandboxMetrics>>")]
    pub fn get_metrics(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Date | null")] start: Option<Timestamp>,
        #[napi(ts_arg_type = "Date | null")] end: Option<Timestamp>,
        options: Option<CallOptions>,
    ) -> Promised<Vec<SandboxMetrics>> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.metrics(start, end, deadline).await
        })
    }

    /// Returns a language server for a project. Sends no request: `start()` starts the server.
    /// @param languageId `python`, `typescript` or `javascript`.
    /// @param pathToProject Folder of the project, relative to the working directory.
    /// @returns The language server.
    /// @throws {DaytonaInvalidArgumentError} The language has no server.
    /// @example
    /// ```typescript
    /// const lsp = await sandbox.createLspServer("typescript", "project");
    /// await lsp.start();
    /// ```
    #[napi(ts_return_type = "Promise<LspServer>")]
    pub fn create_lsp_server(
        &self,
        env: Env,
        language_id: String,
        path_to_project: String,
    ) -> Result<LspServer> {
        let server = self.inner.lsp_server(&language_id, &path_to_project);
        server.map(LspServer::from).map_err(|error| Rejection::from(error).into_napi(&env))
    }

    /// Starts a stopped or archived sandbox and waits until it is started:
    /// `POST /sandbox/{id}/start`.
    /// @param timeout Timeout in seconds. Default: 60; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaTimeoutError} The sandbox did not start in time.
    /// @throws {DaytonaError} The sandbox entered an error state.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn start(&self, env: Env, timeout: Option<f64>, options: Option<CallOptions>) -> Promised<()> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, CALL, |sandbox, deadline| async move { sandbox.start(deadline).await })
    }

    /// Stops the sandbox and waits until it is stopped: `POST /sandbox/{id}/stop`. Its files are
    /// kept.
    /// @param timeout Timeout in seconds. Default: 60; 0 for none.
    /// @param force Whether to kill the processes immediately. Default: false.
    /// @param options A signal.
    /// @throws {DaytonaTimeoutError} The sandbox did not stop in time.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn stop(
        &self,
        env: Env,
        timeout: Option<f64>,
        force: Option<bool>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let options = CallOptions::or_timeout(options, timeout);
        let force = force.unwrap_or(false);
        self.call(
            &env,
            options,
            CALL,
            move |sandbox, deadline| async move { sandbox.stop(force, deadline).await },
        )
    }

    /// Waits until the sandbox is started. Resolves at once if it is, as last known.
    /// @param timeout Timeout in seconds. Default: 60; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaTimeoutError} The sandbox did not start in time.
    /// @throws {DaytonaError} The sandbox entered an error state.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn wait_until_started(
        &self,
        env: Env,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.wait_until_started(deadline).await
        })
    }

    /// Waits until the sandbox is stopped or deleted. Resolves at once if it is, as last known.
    /// @param timeout Timeout in seconds. Default: 60; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaTimeoutError} The sandbox did not stop in time.
    /// @throws {DaytonaError} The sandbox entered an error state.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn wait_until_stopped(
        &self,
        env: Env,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.wait_until_stopped(deadline).await
        })
    }

    /// Keeps the processes of the sandbox in memory without running them, and waits until it is paused:
    /// `POST /sandbox/{id}/pause`. `start()` continues them. Virtual machines only.
    /// @param timeout Timeout in seconds. Default: 60; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaUnprocessableEntityError} Sandboxes of its class cannot be paused, such as those of the local server.
    /// @throws {DaytonaValidationError} The sandbox is not started.
    /// @throws {DaytonaTimeoutError} The sandbox was not paused in time.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn pause(&self, env: Env, timeout: Option<f64>, options: Option<CallOptions>) -> Promised<()> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, CALL, |sandbox, deadline| async move { sandbox.pause(deadline).await })
    }

    /// Moves the stopped sandbox to object storage: `POST /sandbox/{id}/archive`. Does not wait until it is archived.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaValidationError} The sandbox is not stopped.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn archive(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move { sandbox.archive(deadline).await })
    }

    /// Recovers the sandbox from an error state and waits until it is started: `POST /sandbox/{id}/recover`.
    /// @param timeout Timeout in seconds. Default: 60; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaValidationError} The sandbox is not in an error state that it can be recovered from.
    /// @throws {DaytonaTimeoutError} The sandbox did not start in time.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn recover(&self, env: Env, timeout: Option<f64>, options: Option<CallOptions>) -> Promised<()> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, CALL, |sandbox, deadline| async move { sandbox.recover(deadline).await })
    }

    /// Postpones the automatic stop: `POST /sandbox/{id}/last-activity`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn refresh_activity(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.call(
            &env,
            options,
            CALL,
            |sandbox, deadline| async move { sandbox.refresh_activity(deadline).await },
        )
    }

    /// Changes the environment of the processes that are started in the sandbox from now on: `POST /env`. Running
    /// processes keep theirs.
    /// @param variables Variables to set.
    /// @param options Names of variables to remove first, timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaConflictError} The sandbox is not started.
    /// @throws {DaytonaValidationError} The service rejected a name.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn update_env(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Record<string, string>")] variables: BTreeMap<String, String>,
        options: Option<UpdateEnvOptions>,
    ) -> Promised<()> {
        let UpdateEnvOptions { unset, timeout, signal } = options.unwrap_or_default();
        let unset = unset.unwrap_or_default();
        self.call(&env, Some(CallOptions { timeout, signal }), CALL, |sandbox, deadline| async move {
            sandbox.update_env(variables, unset, deadline).await
        })
    }

    /// Returns a URL that reads a file with `GET`, in any HTTP client and without a key, while the sandbox is started.
    /// Whoever has the URL can read the file. Requests the signing key, `GET /sandbox/{id}/signing-key`, unless it is
    /// younger than 15 seconds.
    /// @param path Path in the sandbox.
    /// @param ttlSeconds For how many seconds the URL is valid. Default: 3600; 0 or less for no end.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The URL.
    /// @throws {DaytonaInvalidArgumentError} `ttlSeconds` is not a finite number.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn download_url(
        &self,
        env: Env,
        path: String,
        ttl_seconds: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<String> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.download_url(&path, ttl_seconds, deadline).await
        })
    }

    /// Returns a URL that writes a file with `POST`, in any HTTP client and without a key, while the sandbox is started.
    /// The body is a form with the field `file`, or the content itself. Whoever has the URL can write the file.
    /// @param path Path in the sandbox.
    /// @param ttlSeconds For how many seconds the URL is valid. Default: 3600; 0 or less for no end.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The URL.
    /// @throws {DaytonaInvalidArgumentError} `ttlSeconds` is not a finite number.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn upload_url(
        &self,
        env: Env,
        path: String,
        ttl_seconds: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<String> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.upload_url(&path, ttl_seconds, deadline).await
        })
    }

    /// Replaces the signing key, so that no URL of `downloadUrl()` and `uploadUrl()` of before is valid any more:
    /// `POST /sandbox/{id}/signing-key/rotate`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn rotate_signing_key(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.rotate_signing_key(deadline).await
        })
    }

    /// Deletes the sandbox and everything in it: `DELETE /sandbox/{id}`. Succeeds if the sandbox
    /// does not exist.
    /// @param timeout Timeout in seconds. Default: 60; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaConflictError} Another state change did not finish in time.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete(&self, env: Env, timeout: Option<f64>, options: Option<CallOptions>) -> Promised<()> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, CALL, |sandbox, deadline| async move { sandbox.delete(deadline).await })
    }

    /// Updates the properties from the service: `GET /sandbox/{id}`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn refresh_data(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move { sandbox.refresh(deadline).await })
    }

    /// Replaces all labels: `PUT /sandbox/{id}/labels`.
    /// @param labels The new labels.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The new labels.
    #[napi(ts_return_type = "Promise<Record<string, string>>")]
    pub fn set_labels(
        &self,
        env: Env,
        labels: BTreeMap<String, String>,
        options: Option<CallOptions>,
    ) -> Promised<BTreeMap<String, String>> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.set_labels(labels, deadline).await
        })
    }

    /// Changes what the sandbox may connect to, while it runs: `POST /sandbox/{id}/network-settings`. Connections that
    /// are no longer allowed are reset.
    /// @param settings What to change, at least one of them.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaInvalidArgumentError} No setting was given.
    /// @throws {DaytonaValidationError} The service rejected a setting.
    /// @example
    /// ```typescript
    /// await sandbox.updateNetworkSettings({ domainAllowList: "example.com,*.example.org" });
    /// await sandbox.updateNetworkSettings({ networkBlockAll: true });
    /// ```
    #[napi(ts_return_type = "Promise<void>")]
    pub fn update_network_settings(
        &self,
        env: Env,
        settings: UpdateSandboxNetworkSettings,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.update_network_settings(settings, deadline).await
        })
    }
}
