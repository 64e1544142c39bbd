//! Commands and code that run once.

use std::time::Duration;

use daytona_api::toolbox::process::{CODE_RUN, CodeRunRequest, EXECUTE, ExecuteRequest, ExecuteResponse};

use super::kill::{ARRIVAL, KillOnDrop, MARKER, new_marker};
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

/// How long a timed-out call waits for the kill of its command.
const KILL_GRACE: Duration = Duration::from_millis(150);

impl Sandbox {
    /// Runs a shell script and waits for it to exit: `POST /process/execute`.
    ///
    /// `request.timeout` is the timeout of the command inside the sandbox, in whole
    /// seconds; `deadline` is that of the call. When the deadline passes or the
    /// future is dropped, the command and everything it started are killed.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] when either of them passes, and the errors of every
    /// call to a sandbox. A non-zero exit code is not an error.
    pub async fn execute(
        &self,
        request: &ExecuteRequest,
        deadline: Deadline,
    ) -> Result<ExecuteResponse, Error> {
        let (marker, mut guard) = self.kill_on_drop();
        let mut marked = request.clone();
        marked.envs.get_or_insert_default().insert(MARKER.to_owned(), marker);
        let result = self.call(&EXECUTE).json(&marked).send(deadline).await;
        guard.kill_after(&result).await;
        result
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
        let result = self.call(&CODE_RUN).json(&marked).send(deadline).await;
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
            Err(error) if may_still_run(error) => self.kill_in_background(),
            Err(_) => self.disarm(),
        }
    }
}

/// Returns how long the command may still take to reach the toolbox.
fn arrival(error: &Error) -> Duration {
    // With a response, the command has started.
    if error.status().is_some() { Duration::ZERO } else { ARRIVAL.saturating_sub(error.elapsed()) }
}

/// Returns whether the command may still run although its response was lost: the
/// connection broke, or a proxy lost its connection to the toolbox.
fn may_still_run(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connection | ErrorKind::ConnectionTimeout => !error.is_unsent(),
        ErrorKind::BadGateway => true,
        _ => false,
    }
}
