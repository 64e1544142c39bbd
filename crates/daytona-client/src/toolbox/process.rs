//! Commands and code that run once.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use daytona_api::Text;
use daytona_api::toolbox::process::{CODE_RUN, CodeRunRequest, EXECUTE, ExecuteRequest, ExecuteResponse};
use tokio::time::{timeout, timeout_at};

use super::kill::{ARRIVAL, KillOnDrop, MARKER, new_marker};
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

/// How long a timed-out call waits for the kill of its command.
pub(super) const KILL_GRACE: Duration = Duration::from_millis(150);
/// How long a timed-out call waits for the output of its command, which the
/// toolbox sends once the command is killed.
pub(super) const OUTPUT_GRACE: Duration = Duration::from_secs(2);
/// Seconds after the timeout at which the toolbox kills the command itself, in case
/// the client no longer can. The toolbox discards the output then.
const BACKSTOP_SECONDS: u32 = 5;

/// The error of a command, and what it has written.
#[derive(Debug)]
pub struct ExecuteError {
    /// The error.
    pub error: Error,
    /// What a command that timed out had written when it was killed. `None` for other
    /// errors, and when the sandbox did not send it in time.
    pub output: Option<Text>,
}

impl From<Error> for ExecuteError {
    fn from(error: Error) -> Self {
        Self { error, output: None }
    }
}

impl fmt::Display for ExecuteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for ExecuteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl Sandbox {
    /// Runs a shell script and waits for it to exit: `POST /process/execute`.
    ///
    /// `request.timeout` is the timeout of the command inside the sandbox, in whole
    /// seconds; `deadline` is that of the call. When the deadline passes or the
    /// future is dropped, the command and everything it started are killed.
    ///
    /// # Errors
    /// [`ErrorKind::ProcessTimeout`] when either of them passes, and the errors of every
    /// call to a sandbox. A non-zero exit code is not an error.
    pub async fn execute(
        &self,
        request: &ExecuteRequest,
        deadline: Deadline,
    ) -> Result<ExecuteResponse, Error> {
        let (marker, mut guard) = self.kill_on_drop();
        let mut marked = request.clone();
        marked.envs.get_or_insert_default().insert(MARKER.to_owned(), marker);
        let result = self.call(&EXECUTE).json(&marked).execute(deadline).await.map_err(of_command);
        guard.kill_after(&result).await;
        result
    }

    /// Runs a shell script like [`Sandbox::execute`], and returns what it has written
    /// when its time is over.
    ///
    /// `request.timeout` is not used: both timeouts are that of `deadline`. When it
    /// passes, the command is killed while the call still waits for the response, so
    /// that the toolbox responds with the output so far. Compared to `execute`, this
    /// takes no further request, and up to two seconds longer when the sandbox does
    /// not respond. Of an output of more than `output_limit` bytes, at least these are
    /// returned, and not all are read.
    ///
    /// # Errors
    /// The errors of [`Sandbox::execute`].
    pub async fn execute_keeping_output(
        &self,
        request: &ExecuteRequest,
        output_limit: Option<usize>,
        deadline: Deadline,
    ) -> Result<ExecuteResponse, ExecuteError> {
        let (marker, mut guard) = self.kill_on_drop();
        let mut marked = request.clone();
        marked.envs.get_or_insert_default().insert(MARKER.to_owned(), marker.clone());
        marked.timeout = deadline.whole_seconds().map(|seconds| seconds.saturating_add(BACKSTOP_SECONDS));
        let call = self.call(&EXECUTE).json(&marked).output_limit(output_limit);
        // Longer than the call takes here: its end is decided below.
        let response = call.execute(Deadline::after(deadline.remaining() + 2 * OUTPUT_GRACE));
        let mut response = pin!(response);
        if let Ok(result) = timeout_at(deadline.at(), &mut response).await {
            guard.kill_after(&result).await;
            return result.map_err(of_command).map_err(ExecuteError::from);
        }
        let kill = guard.kill(ARRIVAL.saturating_sub(deadline.elapsed()), KILL_GRACE);
        let (response, ()) = tokio::join!(timeout(OUTPUT_GRACE, response), kill);
        if response.is_err() {
            // The command may have been sent after the kill, on a connection that was
            // established only then.
            KillOnDrop::new(self.clone(), marker).kill_in_background();
        }
        let output = response.ok().and_then(Result::ok).map(|response| response.result);
        let error = of_command(deadline.exceeded(EXECUTE.operation().name));
        Err(ExecuteError { error: error.with_sandbox(self.id()).with_cost(0, deadline.elapsed()), output })
    }

    /// Runs a program in a language and waits for it to exit:
    /// `POST /process/code-run`. Timeouts work as in [`Sandbox::execute`].
    ///
    /// # Errors
    /// The errors of [`Sandbox::execute`], and [`ErrorKind::Unsupported`] on
    /// services before 0.167.
    pub async fn code_run(
        &self,
        request: &CodeRunRequest,
        deadline: Deadline,
    ) -> Result<ExecuteResponse, Error> {
        let (marker, mut guard) = self.kill_on_drop();
        let mut marked = request.clone();
        marked.envs.get_or_insert_default().insert(MARKER.to_owned(), marker);
        let result = self.call(&CODE_RUN).json(&marked).execute(deadline).await.map_err(of_command);
        guard.kill_after(&result).await;
        result
    }

    /// Returns a new marker for the processes of a command, and the guard that kills
    /// them unless the command is known to have exited.
    fn kill_on_drop(&self) -> (String, KillOnDrop) {
        let marker = new_marker();
        (marker.clone(), KillOnDrop::new(self.clone(), marker))
    }
}

impl KillOnDrop {
    /// Kills what may still run after a call with this result.
    async fn kill_after(&mut self, result: &Result<ExecuteResponse, Error>) {
        match result {
            // The command has exited.
            Ok(_) => self.disarm(),
            // The toolbox kills only the process group, so other processes may remain.
            Err(error) if error.kind().is_timeout() => self.kill(arrival(error), KILL_GRACE).await,
            Err(error) if may_have_effect(error) => self.kill_in_background(),
            Err(_) => self.disarm(),
        }
    }
}

/// Returns the error of a command: its timeout is the same error, whether the client
/// notices it or the toolbox. That of a proxy is another one.
pub(super) fn of_command(error: Error) -> Error {
    if error.kind() != ErrorKind::Timeout || error.status() == Some(504) {
        return error;
    }
    let message = error.message().to_owned();
    let error = error.with_kind(ErrorKind::ProcessTimeout, message);
    match ErrorKind::ProcessTimeout.code() {
        Some(code) => error.with_code(code),
        None => error,
    }
}

/// Returns how long the command may still take to reach the toolbox.
fn arrival(error: &Error) -> Duration {
    // With a response, the command has started.
    if error.status().is_some() { Duration::ZERO } else { ARRIVAL.saturating_sub(error.elapsed()) }
}

/// Returns whether a request may have had its effect although its response was lost:
/// the connection broke, or a proxy lost its connection to the toolbox.
pub(crate) fn may_have_effect(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connection | ErrorKind::ConnectionTimeout => !error.is_unsent(),
        ErrorKind::BadGateway => true,
        _ => false,
    }
}
