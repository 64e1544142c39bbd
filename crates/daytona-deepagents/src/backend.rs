//! One sandbox, as an agent uses it.

use std::time::Duration;

use daytona_client::{
    Daytona, Deadline, Error, ErrorKind, ExecuteRequest, Sandbox, SandboxState, UploadFile,
};

use crate::code::{Failure, Operation};
use crate::files::{DownloadResult, UploadResult};
use crate::options::{CreateOptions, ExecuteOptions};

/// Files and folders move at the pace of the network; past this they hang.
const TRANSFER_LIMIT: Duration = Duration::from_secs(30 * 60);
const CALL_LIMIT: Duration = Duration::from_secs(60);
/// How much longer than the toolbox the caller waits for a command without a
/// limit of its own.
const NO_LIMIT: Duration = Deadline::MAX;

/// A sandbox and how commands run in it.
#[derive(Clone)]
pub struct Backend {
    daytona: Daytona,
    sandbox: Sandbox,
    defaults: ExecuteOptions,
}

/// What a command left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Standard output and standard error, in the order written.
    pub output: String,
    /// The shell's status; `None` when the service does not know it.
    pub exit_code: Option<i32>,
    /// Whether output was cut to the bytes that were asked for.
    pub truncated: bool,
}

impl Backend {
    /// Creates a sandbox and writes its initial files. When that fails, at any
    /// point, the sandbox is deleted again.
    ///
    /// # Errors
    /// `SANDBOX_CREATION_FAILED`, `AUTHENTICATION_FAILED`,
    /// `RESOURCE_LIMIT_EXCEEDED`; `FILE_OPERATION_FAILED` for initial files.
    pub async fn create(daytona: Daytona, options: CreateOptions) -> Result<Self, Failure> {
        let deadline = Deadline::after(options.create_timeout);
        let created = daytona.create(options.settings, deadline).await;
        let sandbox = created.map_err(Operation::Create.failure())?;
        let backend = Self { daytona, sandbox, defaults: options.execute };
        let mut guard = AbandonOnDrop(Some(backend.sandbox.clone()));
        let written = backend.write_initial_files(&options.initial_files).await;
        guard.0 = None;
        match written {
            Ok(()) => Ok(backend),
            Err(Failure { code, error }) => {
                Err(Failure { code, error: backend.sandbox.abandon(error).await })
            }
        }
    }

    async fn write_initial_files(&self, files: &[(String, String)]) -> Result<(), Failure> {
        let files = files.iter();
        let files: Vec<_> = files
            .map(|(path, content)| UploadFile { path: path.clone(), content: content.clone().into() })
            .collect();
        let results = self.upload_files(&files).await?;
        let failed: Vec<String> = results
            .iter()
            .filter_map(|result| Some(format!("{}: {}", result.path, result.error?.as_str())))
            .collect();
        if failed.is_empty() {
            return Ok(());
        }
        let words = failed.join(", ");
        Err(Failure::invalid(Operation::Files, "write the initial files", words))
    }

    /// An existing sandbox, by id or name, in whatever state it is.
    ///
    /// # Errors
    /// `SANDBOX_NOT_FOUND`, `AUTHENTICATION_FAILED`; `COMMAND_TIMEOUT` or
    /// `COMMAND_FAILED` when the service cannot be asked.
    pub async fn connect(
        daytona: Daytona,
        id_or_name: &str,
        defaults: ExecuteOptions,
    ) -> Result<Self, Failure> {
        let found = daytona.get(id_or_name, Deadline::after(CALL_LIMIT)).await;
        let sandbox = found.map_err(Operation::Connect.failure())?;
        if sandbox.is_deleted() {
            let message = format!("sandbox {} is {}", sandbox.id(), sandbox.state());
            let error = Error::new(ErrorKind::SandboxNotFound, "find the sandbox", message);
            return Err(Operation::Connect.failure()(error));
        }
        Ok(Self { daytona, sandbox, defaults })
    }

    /// The client that found or made the sandbox.
    #[must_use]
    pub fn daytona(&self) -> &Daytona {
        &self.daytona
    }

    /// The sandbox itself.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// How commands run unless a call says otherwise.
    #[must_use]
    pub fn defaults(&self) -> &ExecuteOptions {
        &self.defaults
    }

    /// Whether it was running when last seen.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.sandbox.state() == SandboxState::Started
    }

    /// Runs a shell script to its end.
    ///
    /// # Errors
    /// `COMMAND_TIMEOUT` at the limit, with everything killed that it started;
    /// `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`, `COMMAND_FAILED`.
    pub async fn execute(&self, command: &str, options: ExecuteOptions) -> Result<Output, Failure> {
        if command.trim().is_empty() {
            let message = "the command is empty";
            return Err(Failure::invalid(Operation::Execute, "run a command", message));
        }
        let request = ExecuteRequest {
            command: command.to_owned(),
            cwd: options.cwd,
            envs: options.env,
            timeout: options.timeout.map(whole_seconds),
        };
        let deadline = Deadline::after(options.timeout.unwrap_or(NO_LIMIT));
        let answer = self.sandbox.execute(&request, deadline).await;
        let answer = answer.map_err(Operation::Execute.failure())?;
        let mut output = answer.result;
        let truncated = options.max_output_bytes.is_some_and(|limit| cut(&mut output, limit));
        Ok(Output { output, exit_code: answer.exit_code, truncated })
    }

    /// Writes files in one request, with results in the order given.
    ///
    /// # Errors
    /// `FILE_OPERATION_FAILED` for what is no fault of a single file,
    /// `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`.
    pub async fn upload_files(&self, files: &[UploadFile]) -> Result<Vec<UploadResult>, Failure> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let uploaded = self.sandbox.upload(files, Deadline::after(TRANSFER_LIMIT)).await;
        let results = uploaded.and_then(|files| files.into_iter().map(UploadResult::of).collect());
        results.map_err(Operation::Files.failure())
    }

    /// Reads files in one request, with results in the order given. `limit` is
    /// the largest size that the caller can hold.
    ///
    /// # Errors
    /// Those of [`Backend::upload_files`].
    pub async fn download_files(&self, paths: &[String], limit: u64) -> Result<Vec<DownloadResult>, Failure> {
        let downloaded = self.sandbox.download(paths, limit, Deadline::after(TRANSFER_LIMIT)).await;
        let results = downloaded.and_then(|files| files.into_iter().map(DownloadResult::of).collect());
        results.map_err(Operation::Files.failure())
    }

    /// Starts it and waits until it runs.
    ///
    /// # Errors
    /// `SANDBOX_NOT_STARTED` when it does not, `SANDBOX_NOT_FOUND`.
    pub async fn start(&self, limit: Duration) -> Result<(), Failure> {
        self.sandbox.start(Deadline::after(limit)).await.map_err(Operation::Start.failure())
    }

    /// Stops it and keeps its files.
    ///
    /// # Errors
    /// `SANDBOX_NOT_FOUND`, `COMMAND_TIMEOUT`, `COMMAND_FAILED`.
    pub async fn stop(&self) -> Result<(), Failure> {
        self.sandbox.stop(false, Deadline::after(CALL_LIMIT)).await.map_err(Operation::Manage.failure())
    }

    /// Deletes it with everything in it.
    ///
    /// # Errors
    /// Those of [`Backend::stop`].
    pub async fn delete(&self) -> Result<(), Failure> {
        self.sandbox.delete(Deadline::after(CALL_LIMIT)).await.map_err(Operation::Manage.failure())
    }

    /// The folder in which commands start.
    ///
    /// # Errors
    /// Those of [`Backend::stop`], `SANDBOX_NOT_STARTED`.
    pub async fn work_dir(&self) -> Result<String, Failure> {
        self.sandbox.work_dir(Deadline::after(CALL_LIMIT)).await.map_err(Operation::Manage.failure())
    }

    /// The home folder of the sandbox's user.
    ///
    /// # Errors
    /// Those of [`Backend::work_dir`].
    pub async fn user_home_dir(&self) -> Result<String, Failure> {
        self.sandbox.user_home_dir(Deadline::after(CALL_LIMIT)).await.map_err(Operation::Manage.failure())
    }
}

struct AbandonOnDrop(Option<Sandbox>);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        if let Some(sandbox) = &self.0 {
            sandbox.abandon_in_background();
        }
    }
}

/// The toolbox takes whole seconds; the caller's own clock is exact.
fn whole_seconds(limit: Duration) -> u32 {
    let seconds = limit.as_secs() + u64::from(limit.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

/// Cuts a text to so many bytes, never inside a character.
fn cut(text: &mut String, limit: usize) -> bool {
    if text.len() <= limit {
        return false;
    }
    let end = (0..=limit).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(0);
    text.truncate(end);
    text.shrink_to_fit();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_cut_between_characters() {
        let mut text = "aé世".to_owned();
        assert!(!cut(&mut text, 6));
        assert!(cut(&mut text, 5));
        assert_eq!(text, "aé");
        assert!(cut(&mut text, 2));
        assert_eq!(text, "a");
    }

    #[test]
    fn a_limit_is_rounded_up() {
        assert_eq!(whole_seconds(Duration::from_millis(100)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
        assert_eq!(whole_seconds(Duration::from_millis(2_001)), 3);
    }
}
