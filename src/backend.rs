//! The native half of `DaytonaSandbox`.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use daytona_client::{Deadline, UploadFile};
use daytona_deepagents::{
    Backend, CreateOptions, DownloadResult, ExecuteOptions, Operation, Output, UploadResult,
};
use napi::bindgen_prelude::{AsyncBlock, Either, Env, Null, Result, Uint8Array};
use napi_derive::napi;
use serde_json::Value;

use crate::cancel::CancelToken;
use crate::config::ClientConfig;
use crate::daytona::Daytona;
use crate::promise::promise;
use crate::sandbox::Sandbox;
use crate::text::{Text, text};

/// Contents up to this size are copied, so that a caller who reuses a small
/// buffer at once cannot spoil the upload; larger ones are read in place.
const COPIED: usize = 64 * 1024;

/// One sandbox, as an agent uses it.
#[napi]
pub struct SandboxBackend {
    inner: Backend,
}

/// A file to write.
#[napi(object, object_to_js = false)]
pub struct UploadEntry {
    /// Destination.
    pub path: String,
    /// Content. Not to be changed before the promise settles.
    pub content: Uint8Array,
}

/// What became of one file of an upload.
#[napi(object, object_from_js = false)]
pub struct UploadOutcome {
    /// The path, as given.
    pub path: String,
    /// Why it was not written, or null.
    #[napi(ts_type = "'file_not_found' | 'permission_denied' | 'is_directory' | 'invalid_path' | null")]
    pub error: Either<&'static str, Null>,
}

/// What became of one file of a download.
#[napi(object, object_from_js = false)]
pub struct DownloadOutcome {
    /// The path, as given.
    pub path: String,
    /// The bytes, or null.
    pub content: Either<Uint8Array, Null>,
    /// Why there are none, or null.
    #[napi(ts_type = "'file_not_found' | 'permission_denied' | 'is_directory' | 'invalid_path' | null")]
    pub error: Either<&'static str, Null>,
}

/// What a command left.
#[napi(object, object_from_js = false)]
pub struct CommandOutput {
    /// Standard output and standard error, in the order written.
    #[napi(ts_type = "string")]
    pub output: Text,
    /// The shell's status, or null when the service does not know it.
    pub exit_code: Either<i32, Null>,
    /// Whether output was cut.
    pub truncated: bool,
}

/// What deleting by label did.
#[napi(object, object_from_js = false)]
pub struct DeleteAllOutcome {
    /// Ids of the deleted sandboxes.
    pub deleted: Vec<String>,
    /// Those that are still there.
    pub failed: Vec<DeleteFailure>,
}

/// A sandbox that could not be deleted.
#[napi(object, object_from_js = false)]
pub struct DeleteFailure {
    /// Its id.
    pub id: String,
    /// The code that the failure has.
    pub code: &'static str,
    /// Why.
    pub message: String,
}

#[napi]
impl SandboxBackend {
    /// Creates a sandbox: `POST /sandbox`, and a bulk upload of initial files.
    #[napi(ts_return_type = "Promise<SandboxBackend>")]
    pub fn create(
        env: Env,
        config: ClientConfig,
        options: Value,
        cancel: Option<&CancelToken>,
    ) -> Result<AsyncBlock<Self>> {
        let created = async move {
            let options = CreateOptions::from_json(&options)?;
            let daytona = config.client().map_err(Operation::Create.failure())?;
            Backend::create(daytona, options).await
        };
        promise(&env, cancel, created, |inner| Self { inner })
    }

    /// Finds an existing sandbox: `GET /sandbox/{idOrName}`.
    #[napi(ts_return_type = "Promise<SandboxBackend>")]
    pub fn connect(
        env: Env,
        config: ClientConfig,
        id_or_name: String,
        options: Value,
    ) -> Result<AsyncBlock<Self>> {
        let found = async move {
            let defaults = ExecuteOptions::from_connect_json(&options)?;
            let daytona = config.client().map_err(Operation::Connect.failure())?;
            Backend::connect(daytona, &id_or_name, defaults).await
        };
        promise(&env, None, found, |inner| Self { inner })
    }

    /// Deletes all sandboxes with these labels: `GET /sandbox`, all pages, and
    /// `DELETE /sandbox/{id}` for each.
    #[napi(ts_return_type = "Promise<DeleteAllOutcome>")]
    pub fn delete_all(
        env: Env,
        config: ClientConfig,
        labels: std::collections::HashMap<String, String>,
    ) -> Result<AsyncBlock<DeleteAllOutcome>> {
        let labels: BTreeMap<String, String> = labels.into_iter().collect();
        let deleted = async move {
            let failure = Operation::Manage.failure();
            let daytona = config.client().map_err(&failure)?;
            daytona.delete_all(&labels, Deadline::seconds(300)).await.map_err(failure)
        };
        promise(&env, None, deleted, |report| DeleteAllOutcome {
            deleted: report.deleted,
            failed: report
                .failed
                .into_iter()
                .map(|(id, error)| DeleteFailure {
                    id,
                    code: Operation::Manage.code(error.kind()).as_str(),
                    message: error.to_string(),
                })
                .collect(),
        })
    }

    /// Waits until what was given up is killed and deleted; keeps the process
    /// alive for as long.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn cleanups_settled(env: Env) -> Result<AsyncBlock<()>> {
        let settled = async {
            daytona_client::cleanups_settled().await;
            Ok::<_, daytona_client::Error>(())
        };
        promise(&env, None, settled, |()| ())
    }

    /// The sandbox's id.
    #[napi(getter)]
    pub fn id(&self) -> String {
        self.inner.sandbox().id().to_owned()
    }

    /// Whether it was running when last seen.
    #[napi(getter)]
    pub fn is_running(&self) -> bool {
        self.inner.is_running()
    }

    /// How a local sandbox is walled in; absent at the service.
    #[napi(getter)]
    pub fn isolation(&self) -> Option<String> {
        self.inner.sandbox().data().isolation
    }

    /// The sandbox as the SDK has it.
    #[napi]
    pub fn sandbox(&self) -> Sandbox {
        Sandbox::new(self.inner.sandbox().clone())
    }

    /// The client as the SDK has it.
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
        cancel: Option<&CancelToken>,
    ) -> Result<AsyncBlock<CommandOutput>> {
        let backend = self.inner.clone();
        let executed = async move {
            let options = ExecuteOptions::from_json(&options, backend.defaults())?;
            let Output { output, exit_code, truncated } = backend.execute(&command, options).await?;
            Ok::<_, daytona_deepagents::Failure>((text(output), exit_code, truncated))
        };
        promise(&env, cancel, executed, |(output, exit_code, truncated)| CommandOutput {
            output,
            exit_code: exit_code.map_or(Either::B(Null), Either::A),
            truncated,
        })
    }

    /// Writes files: `POST /files/bulk-upload`.
    #[napi(ts_return_type = "Promise<Array<UploadOutcome>>")]
    pub fn upload_files(
        &self,
        env: Env,
        files: Vec<UploadEntry>,
        cancel: Option<&CancelToken>,
    ) -> Result<AsyncBlock<Vec<UploadOutcome>>> {
        let backend = self.inner.clone();
        let files: Vec<UploadFile> = files.into_iter().map(upload_file).collect();
        let uploaded = async move { backend.upload_files(&files).await };
        promise(&env, cancel, uploaded, |results| results.into_iter().map(upload_outcome).collect())
    }

    /// Reads files: `POST /files/bulk-download`. `limit` is the largest size in
    /// bytes that a buffer can have.
    #[napi(ts_return_type = "Promise<Array<DownloadOutcome>>")]
    pub fn download_files(
        &self,
        env: Env,
        paths: Vec<String>,
        limit: f64,
        cancel: Option<&CancelToken>,
    ) -> Result<AsyncBlock<Vec<DownloadOutcome>>> {
        let backend = self.inner.clone();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
        let downloaded = async move { backend.download_files(&paths, limit as u64).await };
        promise(&env, cancel, downloaded, |results| results.into_iter().map(download_outcome).collect())
    }

    /// Starts it: `POST /sandbox/{id}/start`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn start(&self, env: Env, timeout_seconds: f64) -> Result<AsyncBlock<()>> {
        let backend = self.inner.clone();
        let limit = Duration::try_from_secs_f64(timeout_seconds)
            .ok()
            .filter(|limit| !limit.is_zero())
            .unwrap_or(Deadline::MAX);
        promise(&env, None, async move { backend.start(limit).await }, |()| ())
    }

    /// Stops it: `POST /sandbox/{id}/stop`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn stop(&self, env: Env) -> Result<AsyncBlock<()>> {
        let backend = self.inner.clone();
        promise(&env, None, async move { backend.stop().await }, |()| ())
    }

    /// Deletes it: `DELETE /sandbox/{id}`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete(&self, env: Env) -> Result<AsyncBlock<()>> {
        let backend = self.inner.clone();
        promise(&env, None, async move { backend.delete().await }, |()| ())
    }

    /// The folder in which commands start: `GET /work-dir`.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn work_dir(&self, env: Env) -> Result<AsyncBlock<String>> {
        let backend = self.inner.clone();
        promise(&env, None, async move { backend.work_dir().await }, |dir| dir)
    }

    /// The home folder of its user: `GET /user-home-dir`.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn user_home_dir(&self, env: Env) -> Result<AsyncBlock<String>> {
        let backend = self.inner.clone();
        promise(&env, None, async move { backend.user_home_dir().await }, |dir| dir)
    }
}

fn upload_file(entry: UploadEntry) -> UploadFile {
    let content = if entry.content.len() <= COPIED {
        Bytes::copy_from_slice(&entry.content)
    } else {
        Bytes::from_owner(entry.content)
    };
    UploadFile { path: entry.path, content }
}

fn upload_outcome(result: UploadResult) -> UploadOutcome {
    let error = result.error.map_or(Either::B(Null), |error| Either::A(error.as_str()));
    UploadOutcome { path: result.path, error }
}

fn download_outcome(result: DownloadResult) -> DownloadOutcome {
    let (content, error) = match result.content {
        Ok(bytes) => (Either::A(Uint8Array::new(bytes)), Either::B(Null)),
        Err(error) => (Either::B(Null), Either::A(error.as_str())),
    };
    DownloadOutcome { path: result.path, content, error }
}
