//! The native part of `DaytonaSandbox`.

use std::collections::BTreeMap;

use daytona_client::Limit;
use daytona_deepagents::{
    Backend, CommandOutput, CreateOptions, DeleteAllResult, ExecuteOptions, Failure, FileError, IDLE_LIMIT,
    Operation,
};
use napi::bindgen_prelude::{Either, Env, Null};
use napi_derive::napi;
use serde_json::Value;

use crate::bytes::download::{Downloads, Received};
use crate::bytes::upload::{Given, uploads};
use crate::call::{CALL, CALLS, CallOptions, Claimed, Kind, OPEN, Promised, Resource, UNLIMITED, call};
use crate::command_stream::CommandStream;
use crate::config::ClientConfig;
use crate::sdk::{Daytona, Sandbox};

/// How long a transfer may take: as long as data moves.
const TRANSFER: Kind = Kind::on_runtime(Limit::Idle(IDLE_LIMIT));

/// A sandbox as a backend of deepagents.
#[napi]
pub struct SandboxBackend {
    inner: Backend,
}

/// A file to write.
#[napi(object, object_to_js = false)]
pub struct UploadEntry {
    /// Destination path.
    pub path: String,
    /// Content. Contents of more than 8 MiB together must not be modified before the promise settles.
    #[napi(ts_type = "Uint8Array")]
    pub content: Given,
}

/// The result of one file of an upload.
#[napi(object, object_from_js = false)]
pub struct UploadResult {
    /// The requested path.
    pub path: String,
    /// Why the file was not written; null on success.
    pub error: Either<FileError, Null>,
    /// The reason for `error` in the words of the service; absent on success.
    pub reason: Option<String>,
}

impl From<daytona_deepagents::UploadResult> for UploadResult {
    fn from(file: daytona_deepagents::UploadResult) -> Self {
        let daytona_deepagents::UploadResult { path, error, reason } = file;
        Self { path, error: or_null(error), reason }
    }
}

/// The result of one file of a download.
#[napi(object, object_from_js = false)]
pub struct DownloadResult {
    /// The requested path.
    pub path: String,
    /// The content; null when the file could not be read.
    #[napi(ts_type = "Uint8Array | null")]
    pub content: Either<Received, Null>,
    /// Why the file could not be read; null on success.
    pub error: Either<FileError, Null>,
    /// The reason for `error` in the words of the service; absent on success.
    pub reason: Option<String>,
}

impl From<daytona_deepagents::DownloadResult<Received>> for DownloadResult {
    fn from(file: daytona_deepagents::DownloadResult<Received>) -> Self {
        let daytona_deepagents::DownloadResult { path, content, error, reason } = file;
        Self { path, content: or_null(content), error: or_null(error), reason }
    }
}

fn or_null<T>(value: Option<T>) -> Either<T, Null> {
    value.map_or(Either::B(Null), Either::A)
}

impl Resource for SandboxBackend {
    type Handle = Backend;

    fn handle(&self) -> &Backend {
        &self.inner
    }
}

#[napi]
impl SandboxBackend {
    /// Creates a sandbox and writes its initial files: `POST /sandbox` and
    /// `POST /files/bulk-upload`.
    #[napi(ts_return_type = "Promise<SandboxBackend>")]
    pub fn create(
        env: Env,
        config: ClientConfig,
        options: Value,
        call_options: Option<CallOptions>,
    ) -> Promised<Claimed<SandboxBackend>> {
        call(&env, call_options, UNLIMITED, |_| async move {
            let options = CreateOptions::from_json(&options)?;
            let daytona = config.client().map_err(Operation::Create.failure())?;
            Ok::<_, Failure>(Claimed(Backend::create(daytona, options).await?.map(|inner| Self { inner })))
        })
    }

    /// Finds an existing sandbox: `GET /sandbox/{idOrName}`.
    #[napi(ts_return_type = "Promise<SandboxBackend>")]
    pub fn connect(
        env: Env,
        config: ClientConfig,
        id_or_name: String,
        options: Value,
        call_options: Option<CallOptions>,
    ) -> Promised<SandboxBackend> {
        call(&env, call_options, CALL, |deadline| async move {
            let defaults = ExecuteOptions::from_connect_json(&options)?;
            let daytona = config.client().map_err(Operation::Connect.failure())?;
            Ok::<_, Failure>(Self {
                inner: Backend::connect(daytona, &id_or_name, defaults, deadline).await?,
            })
        })
    }

    /// Deletes the sandboxes with these labels: `GET /sandbox` for all pages, and
    /// `DELETE /sandbox/{id}` for each sandbox.
    #[napi(ts_return_type = "Promise<DeleteAllResult>")]
    pub fn delete_all(
        env: Env,
        config: ClientConfig,
        labels: BTreeMap<String, String>,
        call_options: Option<CallOptions>,
    ) -> Promised<DeleteAllResult> {
        call(&env, call_options, CALLS, |deadline| async move {
            let daytona = config.client().map_err(Operation::Manage.failure())?;
            Backend::delete_all(&daytona, &labels, deadline).await
        })
    }

    /// The sandbox's id.
    #[napi(getter)]
    pub fn id(&self) -> String {
        self.inner.sandbox().id().to_owned()
    }

    /// Whether the last known state is started.
    #[napi(getter)]
    pub fn is_running(&self) -> bool {
        self.inner.is_running()
    }

    /// Isolation of a local sandbox; absent for sandboxes of the service.
    #[napi(getter, ts_return_type = "'namespaces' | 'landlock' | 'none' | null")]
    pub fn isolation(&self) -> Option<String> {
        self.inner.sandbox().data().isolation
    }

    /// The sandbox as an object of the SDK.
    #[napi]
    pub fn sandbox(&self) -> Sandbox {
        Sandbox::from(self.inner.sandbox().clone())
    }

    /// The client as an object of the SDK.
    #[napi]
    pub fn client(&self) -> Daytona {
        Daytona::from(self.inner.daytona().clone())
    }

    /// Runs a shell script: `POST /process/execute`.
    #[napi(ts_return_type = "Promise<CommandOutput>")]
    pub fn execute(
        &self,
        env: Env,
        command: String,
        options: Value,
        call_options: Option<CallOptions>,
    ) -> Promised<CommandOutput> {
        self.call(&env, call_options, UNLIMITED, |backend, _| async move {
            let options = ExecuteOptions::from_json(&options, backend.defaults())?;
            backend.execute(&command, options).await
        })
    }

    /// Prepares a command whose output is read while it runs.
    #[napi(ts_return_type = "Promise<CommandStream>")]
    pub fn open_command(&self, env: Env, options: Option<CallOptions>) -> Promised<CommandStream> {
        self.call(
            &env,
            options,
            OPEN,
            |backend, _| async move { Ok::<_, Failure>(CommandStream::new(backend)) },
        )
    }

    /// Writes files: `POST /files/bulk-upload`.
    #[napi(ts_return_type = "Promise<Array<UploadResult>>")]
    pub fn upload_files(
        &self,
        env: Env,
        files: Vec<UploadEntry>,
        options: Option<CallOptions>,
    ) -> Promised<Vec<UploadResult>> {
        let files = files.into_iter().map(|entry| (entry.path, entry.content)).collect();
        let files = uploads(&env, files);
        self.call(&env, options, TRANSFER, |backend, deadline| async move {
            let files = files.map_err(Operation::Files.failure())?;
            let files = backend.upload_files(&files, deadline).await?;
            Ok::<_, Failure>(files.into_iter().map(UploadResult::from).collect())
        })
    }

    /// Reads files: `POST /files/bulk-download`. `limit` is the maximum size of a
    /// file in bytes.
    #[napi(ts_return_type = "Promise<Array<DownloadResult>>")]
    pub fn download_files(
        &self,
        env: Env,
        paths: Vec<String>,
        limit: f64,
        options: Option<CallOptions>,
    ) -> Promised<Vec<DownloadResult>> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
        let limit = limit as u64;
        let memory = Downloads::new(&env)?;
        self.call(&env, options, TRANSFER, move |backend, deadline| async move {
            let files = backend.download_files_into(&paths, limit, &memory, deadline).await?;
            Ok::<_, Failure>(files.into_iter().map(DownloadResult::from).collect())
        })
    }

    /// Starts the sandbox: `POST /sandbox/{id}/start`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn start(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |backend, deadline| async move { backend.start(deadline).await })
    }

    /// Stops the sandbox: `POST /sandbox/{id}/stop`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn stop(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |backend, deadline| async move { backend.stop(deadline).await })
    }

    /// Deletes the sandbox: `DELETE /sandbox/{id}`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |backend, deadline| async move { backend.delete(deadline).await })
    }

    /// Returns the default working directory of commands: `GET /work-dir`.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn work_dir(&self, env: Env, options: Option<CallOptions>) -> Promised<String> {
        self.call(&env, options, CALL, |backend, deadline| async move { backend.work_dir(deadline).await })
    }

    /// Returns the home folder of the sandbox's user: `GET /user-home-dir`.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn user_home_dir(&self, env: Env, options: Option<CallOptions>) -> Promised<String> {
        self.call(
            &env,
            options,
            CALL,
            |backend, deadline| async move { backend.user_home_dir(deadline).await },
        )
    }
}
