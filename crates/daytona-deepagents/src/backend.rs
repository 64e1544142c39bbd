//! A sandbox as a backend of deepagents.

use std::collections::BTreeMap;
use std::time::Duration;

use daytona_client::{
    Daytona, Deadline, DownloadedFile, Error, ErrorKind, ExecuteError, ExecuteRequest, FileFailure, LogChunk,
    Sandbox, SandboxState, Storage, Text, Unclaimed, UploadFile,
};
use tokio::sync::mpsc;

use crate::code::{Failure, Operation};
use crate::command::CommandOutput;
use crate::files::{DownloadResult, FileError, UploadResult};
use crate::options::{CreateOptions, ExecuteOptions};
use crate::timeout::timed_out;

/// How long a transfer of files without a timeout waits for data.
pub const IDLE_LIMIT: Duration = Duration::from_secs(60);

/// The script that does nothing.
const NO_OPERATION: &str = ":";

/// A sandbox with the default options of its commands.
#[derive(Clone)]
pub struct Backend {
    daytona: Daytona,
    sandbox: Sandbox,
    defaults: ExecuteOptions,
}

/// The result of deleting sandboxes by label.
#[derive(Debug)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct DeleteAllResult {
    /// Ids of the deleted sandboxes.
    pub deleted: Vec<String>,
    /// The sandboxes that could not be deleted.
    pub failed: Vec<DeleteFailure>,
}

/// A sandbox that could not be deleted.
#[derive(Debug)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct DeleteFailure {
    /// Id of the sandbox.
    pub id: String,
    /// Code of the failure.
    pub code: String,
    /// Message of the failure.
    pub message: String,
}

impl Backend {
    /// Creates a sandbox and writes its initial files. The sandbox is deleted when any
    /// of that fails, and unless the result is claimed.
    ///
    /// # Errors
    /// `SANDBOX_CREATION_FAILED`, `AUTHENTICATION_FAILED`, `RESOURCE_LIMIT_EXCEEDED`;
    /// `FILE_OPERATION_FAILED` when an initial file cannot be written.
    pub async fn create(daytona: Daytona, options: CreateOptions) -> Result<Unclaimed<Self>, Failure> {
        let deadline = Deadline::after(options.create_timeout);
        let created = daytona.create_unclaimed(options.settings, deadline).await;
        let created = created.map_err(Operation::Create.failure())?;
        let created = created.map(|sandbox| Self { daytona, sandbox, defaults: options.execute });
        let written = created.value().write_initial_files(&options.initial_files).await;
        match written {
            Ok(()) => Ok(created),
            Err(failure) => Err(Failure { error: created.delete_after(failure.error).await, ..failure }),
        }
    }

    async fn write_initial_files(&self, files: &[(String, String)]) -> Result<(), Failure> {
        let files = files.iter();
        let files: Vec<_> = files
            .map(|(path, content)| UploadFile { path: path.clone(), content: content.clone().into() })
            .collect();
        let deadline = Deadline::while_active(IDLE_LIMIT);
        let results = self.sandbox.upload(&files, deadline).await.map_err(Operation::Files.failure())?;
        let failed: Vec<_> =
            results.into_iter().filter_map(|file| Some((file.path, file.failure?))).collect();
        let Some((_, first)) = failed.first() else { return Ok(()) };
        let kind = first.write_kind();
        let describe = |(path, failure): &(String, FileFailure)| {
            format!("{path}: {} ({})", FileError::from(failure.cause).as_str(), failure.reason)
        };
        let message = failed.iter().map(describe).collect::<Vec<_>>().join(", ");
        let error = Error::new(kind, "write the initial files", message);
        Err(Operation::Files.failure()(error))
    }

    /// Finds an existing sandbox by id or name, in any state.
    ///
    /// # Errors
    /// `SANDBOX_NOT_FOUND`, `AUTHENTICATION_FAILED`; `COMMAND_TIMEOUT` or
    /// `COMMAND_FAILED` when the request fails.
    pub async fn connect(
        daytona: Daytona,
        id_or_name: &str,
        defaults: ExecuteOptions,
        deadline: Deadline,
    ) -> Result<Self, Failure> {
        let found = daytona.get(id_or_name, deadline).await;
        let sandbox = found.map_err(Operation::Connect.failure())?;
        if sandbox.is_deleted() {
            let message = format!("sandbox {} is {}", sandbox.id(), sandbox.state());
            let error = Error::new(ErrorKind::SandboxNotFound, "find the sandbox", message);
            return Err(Operation::Connect.failure()(error));
        }
        Ok(Self { daytona, sandbox, defaults })
    }

    /// Deletes the sandboxes with these labels.
    ///
    /// # Errors
    /// `COMMAND_FAILED` without a label, and the errors of every call.
    pub async fn delete_all(
        daytona: &Daytona,
        labels: &BTreeMap<String, String>,
        deadline: Deadline,
    ) -> Result<DeleteAllResult, Failure> {
        let report = daytona.delete_all(labels, deadline).await;
        let report = report.map_err(Operation::Manage.failure())?;
        let failed = report.failed.into_iter().map(|(id, error)| DeleteFailure {
            id,
            code: Operation::Manage.code(error.kind()).as_str().to_owned(),
            message: error.to_string(),
        });
        Ok(DeleteAllResult { deleted: report.deleted, failed: failed.collect() })
    }

    /// Returns the client of the sandbox.
    #[must_use]
    pub fn daytona(&self) -> &Daytona {
        &self.daytona
    }

    /// Returns the handle of the sandbox.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Returns the default options of commands.
    #[must_use]
    pub fn defaults(&self) -> &ExecuteOptions {
        &self.defaults
    }

    /// Returns whether the last known state is started.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.sandbox.state() == SandboxState::Started
    }

    /// Runs a shell script and waits for it to exit.
    ///
    /// # Errors
    /// `COMMAND_TIMEOUT` with the output so far when the timeout passes, unless
    /// `options.on_timeout` says otherwise; the command and everything it started are
    /// killed. `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`, `COMMAND_FAILED`.
    pub async fn execute(&self, command: &str, options: ExecuteOptions) -> Result<CommandOutput, Failure> {
        let (request, deadline) = plan(command, &options);
        let limit = options.max_output_bytes;
        let executed = self.sandbox.execute_keeping_output(&request, limit, deadline).await;
        let executed = executed.map(|response| (response.result, response.exit_code));
        command_output(&request.command, &options, executed)
    }

    /// Runs a shell script like [`Backend::execute`], and sends its output while it
    /// runs. A slow receiver slows the output down.
    ///
    /// # Errors
    /// The errors of [`Backend::execute`]; `COMMAND_FAILED` when the connection breaks
    /// while the command runs, which is killed then.
    pub async fn execute_streaming(
        &self,
        command: &str,
        options: ExecuteOptions,
        chunks: mpsc::Sender<LogChunk>,
    ) -> Result<CommandOutput, Failure> {
        let (request, deadline) = plan(command, &options);
        let limit = options.max_output_bytes;
        let executed = self.sandbox.execute_streaming(&request, limit, chunks, deadline).await;
        let executed = executed.map(|streamed| (streamed.output, streamed.exit_code));
        command_output(&request.command, &options, executed)
    }

    /// Writes files in one request. The results have the order of `files`.
    ///
    /// # Errors
    /// `FILE_OPERATION_FAILED` for a failure that does not concern a single file,
    /// `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`.
    pub async fn upload_files(
        &self,
        files: &[UploadFile],
        deadline: Deadline,
    ) -> Result<Vec<UploadResult>, Failure> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let uploaded = self.sandbox.upload(files, deadline).await.map_err(Operation::Files.failure())?;
        Ok(uploaded.into_iter().map(UploadResult::from).collect())
    }

    /// Reads files in one request, and in another for those after a file that cannot be
    /// read to its end. The results have the order of `paths`. `limit` is the largest
    /// size in bytes that the caller can hold.
    ///
    /// # Errors
    /// The errors of [`Backend::upload_files`].
    pub async fn download_files(
        &self,
        paths: &[String],
        limit: u64,
        deadline: Deadline,
    ) -> Result<Vec<DownloadResult>, Failure> {
        download_results(self.sandbox.download(paths, limit, deadline).await)
    }

    /// Reads files in one request, into the memory that `storage` provides, see
    /// [`Backend::download_files`].
    ///
    /// # Errors
    /// The errors of [`Backend::upload_files`].
    pub async fn download_files_into<S: Storage>(
        &self,
        paths: &[String],
        limit: u64,
        storage: &S,
        deadline: Deadline,
    ) -> Result<Vec<DownloadResult<S::Memory>>, Failure> {
        download_results(self.sandbox.download_into(paths, limit, storage, deadline).await)
    }

    /// Starts the sandbox and waits until it is started.
    ///
    /// # Errors
    /// `SANDBOX_NOT_STARTED` when it does not start, `SANDBOX_NOT_FOUND`.
    pub async fn start(&self, deadline: Deadline) -> Result<(), Failure> {
        self.sandbox.start(deadline).await.map_err(Operation::Start.failure())
    }

    /// Stops the sandbox and keeps its files.
    ///
    /// # Errors
    /// `SANDBOX_NOT_FOUND`, `COMMAND_TIMEOUT`, `COMMAND_FAILED`.
    pub async fn stop(&self, deadline: Deadline) -> Result<(), Failure> {
        self.sandbox.stop(false, deadline).await.map_err(Operation::Manage.failure())
    }

    /// Deletes the sandbox and everything in it.
    ///
    /// # Errors
    /// The errors of [`Backend::stop`].
    pub async fn delete(&self, deadline: Deadline) -> Result<(), Failure> {
        self.sandbox.delete(deadline).await.map_err(Operation::Manage.failure())
    }

    /// Returns the default working directory of commands.
    ///
    /// # Errors
    /// The errors of [`Backend::stop`], `SANDBOX_NOT_STARTED`.
    pub async fn work_dir(&self, deadline: Deadline) -> Result<String, Failure> {
        self.sandbox.work_dir(deadline).await.map_err(Operation::Manage.failure())
    }

    /// Returns the home folder of the sandbox's user.
    ///
    /// # Errors
    /// The errors of [`Backend::work_dir`].
    pub async fn user_home_dir(&self, deadline: Deadline) -> Result<String, Failure> {
        self.sandbox.user_home_dir(deadline).await.map_err(Operation::Manage.failure())
    }
}

/// Returns the request of a command, and its deadline.
fn plan(command: &str, options: &ExecuteOptions) -> (ExecuteRequest, Deadline) {
    // An empty script succeeds, but the service refuses it.
    let command = if command.trim().is_empty() { NO_OPERATION } else { command };
    let (cwd, envs) = (options.cwd.clone(), options.env.clone());
    let request = ExecuteRequest { command: command.to_owned(), cwd, envs, timeout: None };
    (request, Deadline::after(options.timeout.unwrap_or(Deadline::MAX)))
}

/// Returns the result of a command with this output and exit code.
fn command_output(
    command: &str,
    options: &ExecuteOptions,
    executed: Result<(Text, Option<i32>), ExecuteError>,
) -> Result<CommandOutput, Failure> {
    let (mut output, exit_code) = match executed {
        Ok(executed) => executed,
        Err(failed) if failed.error.kind().is_timeout() => return timed_out(command, options, failed),
        Err(ExecuteError { error, .. }) => return Err(Operation::Execute.failure()(error)),
    };
    let truncated = options.max_output_bytes.is_some_and(|limit| output.truncate(limit));
    Ok(CommandOutput { output, exit_code, truncated })
}

fn download_results<Memory>(
    files: Result<Vec<DownloadedFile<Memory>>, Error>,
) -> Result<Vec<DownloadResult<Memory>>, Failure> {
    let files = files.map_err(Operation::Files.failure())?;
    Ok(files.into_iter().map(DownloadResult::from).collect())
}
