//! A command in a session of its own, whose output is read while it runs.

use std::time::Duration;

use bytes::Bytes;
use daytona_api::toolbox::session::SessionExecuteRequest;
use tokio::time::timeout_at;

use super::framing::Framing;
use super::kill::{ARRIVAL, LIMIT_SECONDS, kill_marked};
use super::log_chunk::{LogChunk, Output};
use super::process::may_have_effect;
use super::session::LogStream;
use super::wrapper::Mark;
use crate::cleanup::clean_up;
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

/// A command in a session of its own.
#[derive(Clone)]
pub(crate) struct SessionCommand {
    pub(crate) sandbox: Sandbox,
    pub(crate) session_id: String,
    pub(crate) command_id: String,
    pub(crate) mark: Mark,
    /// Whether standard output begins with the mark too.
    pub(crate) has_head: bool,
}

impl SessionCommand {
    /// Follows the log from its beginning. The deadline is that of opening it.
    pub(crate) async fn follow(&self, deadline: Deadline) -> Result<CommandLog, Error> {
        let open = self.sandbox.follow_session_command_logs(
            &self.session_id,
            &self.command_id,
            Deadline::after(Deadline::MAX),
        );
        let log = within(deadline, "follow the output of a command", open).await?;
        let mark = self.mark.in_output();
        Ok(CommandLog {
            command: self.clone(),
            log,
            stdout: Framing::new(&mark, self.has_head),
            stderr: Framing::new(&mark, false),
            rest: Vec::new(),
            end: None,
        })
    }

    /// Deletes the session in the background.
    pub(crate) fn forget(&self) {
        let command = self.clone();
        drop(clean_up(async move { command.delete().await }));
    }

    /// Kills the command and everything it started. Best effort: its session is deleted
    /// after that, which kills most of it.
    pub(crate) async fn kill(&self, arrival: Duration) {
        let deadline = Deadline::seconds(u64::from(LIMIT_SECONDS));
        let _ = kill_marked(&self.sandbox, self.mark.id(), arrival, deadline).await;
    }

    async fn delete(&self) -> Result<(), Error> {
        let deadline = Deadline::seconds(u64::from(LIMIT_SECONDS));
        self.sandbox.delete_session(&self.session_id, deadline).await
    }
}

/// A command whose session is deleted on drop, and which is killed unless it is known
/// to have exited.
pub(crate) struct OwnedCommand {
    armed: Option<SessionCommand>,
    /// Whether the command may run.
    is_started: bool,
}

impl OwnedCommand {
    /// Runs a command in a new session.
    pub(crate) async fn start(
        mut command: SessionCommand,
        text: String,
        deadline: Deadline,
    ) -> Result<Self, Error> {
        let mut owned = Self { armed: Some(command.clone()), is_started: false };
        if let Err(error) = command.sandbox.create_session(&command.session_id, deadline).await {
            if !error.kind().is_timeout() && !may_have_effect(&error) {
                owned.armed = None;
            }
            return Err(error);
        }
        // Input is encoded, which the log would show.
        let (run_async, suppress_input_echo) = (Some(true), Some(true));
        let request =
            SessionExecuteRequest { command: text, run_async, suppress_input_echo, ..Default::default() };
        owned.is_started = true;
        let executed = command.sandbox.execute_session_command(&command.session_id, &request, deadline).await;
        match executed {
            Ok(response) => command.command_id = response.cmd_id,
            Err(error) => {
                owned.is_started = error.kind().is_timeout() || may_have_effect(&error);
                return Err(error);
            }
        }
        owned.armed = Some(command);
        Ok(owned)
    }

    /// Returns the command; `None` once it is released.
    pub(crate) fn command(&self) -> Option<&SessionCommand> {
        self.armed.as_ref()
    }

    /// Leaves the command and its session alone.
    pub(crate) fn release(&mut self) -> Option<SessionCommand> {
        self.armed.take()
    }

    /// Deletes the session of the command, which has exited.
    pub(crate) fn exited(&mut self) {
        if let Some(command) = self.armed.take() {
            command.forget();
        }
    }

    /// Kills the command, and waits for that up to `timeout`; after that, the kill
    /// continues in the background.
    pub(crate) async fn kill(&self, arrival: Duration, timeout: Duration) {
        let Some(command) = self.armed.clone() else { return };
        let kill = clean_up(async move { command.kill(arrival).await });
        if let Some(kill) = kill {
            let _ = tokio::time::timeout(timeout, kill).await;
        }
    }
}

impl Drop for OwnedCommand {
    fn drop(&mut self) {
        let Some(command) = self.armed.take() else { return };
        let is_started = self.is_started;
        drop(clean_up(async move {
            if is_started {
                command.kill(ARRIVAL).await;
            }
            let deleted = command.delete().await;
            if !is_started && deleted.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
                // The request that creates the session may arrive after this one.
                tokio::time::sleep(ARRIVAL).await;
                drop(command.delete().await);
            }
        }));
    }
}

/// The log of a command that marks the end of its outputs.
pub(crate) struct CommandLog {
    command: SessionCommand,
    log: LogStream,
    stdout: Framing,
    stderr: Framing,
    /// What was held back of both outputs, once the log has ended.
    rest: Vec<LogChunk>,
    /// How the command ended, once it has.
    end: Option<Option<i32>>,
}

impl CommandLog {
    /// Returns the next output, or `None` once the command has exited, its outputs are
    /// closed, and everything was read. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection breaks before the end, and
    /// [`ErrorKind::SessionEnded`] when the session ends before the command.
    pub(crate) async fn next(&mut self) -> Result<Option<LogChunk>, Error> {
        self.next_before(|_| false).await
    }

    /// Waits until the line after the mark at the start of standard output is known.
    /// Returns output that comes before it, like [`CommandLog::next`].
    pub(crate) async fn next_before_head(&mut self) -> Result<Option<LogChunk>, Error> {
        self.next_before(|log| log.head().is_some()).await
    }

    /// Returns the next output, or `None` at the end or when this is so.
    async fn next_before(&mut self, is_reached: impl Fn(&Self) -> bool) -> Result<Option<LogChunk>, Error> {
        loop {
            if is_reached(self) {
                return Ok(None);
            }
            if let Some(chunk) = self.rest.pop() {
                return Ok(Some(chunk));
            }
            if self.end.is_some() {
                return Ok(None);
            }
            if let (Some(code), Some(_)) = (self.stdout.tail(), self.stderr.tail()) {
                self.end = Some(code.parse().ok());
                return Ok(None);
            }
            let Some(LogChunk { output, data }) = self.log.next().await? else {
                let marked = self.stdout.tail().or(self.stderr.tail());
                let exit_code = match marked.and_then(|code| code.parse().ok()) {
                    Some(code) => code,
                    None => exit_code_without_mark(self.command.clone(), self.log.progress()).await?,
                };
                self.finish(exit_code);
                continue;
            };
            let data = self.framing(output).push(data);
            if !data.is_empty() {
                return Ok(Some(LogChunk { output, data }));
            }
        }
    }

    /// Returns the line after the mark at the start of standard output.
    pub(crate) fn head(&self) -> Option<&str> {
        self.stdout.head()
    }

    /// Returns how the command ended: with an exit code, unless it is not known.
    pub(crate) fn end(&self) -> Option<Option<i32>> {
        self.end
    }

    fn framing(&mut self, output: Output) -> &mut Framing {
        match output {
            Output::Stdout => &mut self.stdout,
            Output::Stderr => &mut self.stderr,
        }
    }

    fn finish(&mut self, exit_code: i32) {
        self.end = Some(Some(exit_code));
        let rest = [(Output::Stderr, self.stderr.rest()), (Output::Stdout, self.stdout.rest())];
        let rest = rest.into_iter().filter(|(_, data): &(_, Bytes)| !data.is_empty());
        self.rest = rest.map(|(output, data)| LogChunk { output, data }).collect();
    }
}

/// Asks for the exit code when the log has ended without the mark: somebody has
/// killed the script around the command, or deleted the session.
async fn exit_code_without_mark(command: SessionCommand, progress: String) -> Result<i32, Error> {
    let SessionCommand { sandbox, session_id, command_id, .. } = command;
    let deadline = Deadline::seconds(u64::from(LIMIT_SECONDS));
    let reason = match sandbox.get_session_command(&session_id, &command_id, deadline).await {
        Ok(command) => match command.exit_code {
            Some(code) => return Ok(code),
            None => "its output ended, but it has no exit code",
        },
        Err(error) if error.kind() == ErrorKind::NotFound => "its session was deleted",
        Err(error) => return Err(error.with_detail(&progress)),
    };
    let error = Error::new(ErrorKind::SessionEnded, "run a command to its end", reason);
    Err(error.with_sandbox(sandbox.id()).with_detail(&progress))
}

/// Fails when a future takes longer than until a deadline.
pub(crate) async fn within<T>(
    deadline: Deadline,
    operation: &str,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match timeout_at(deadline.at(), future).await {
        Ok(result) => result,
        Err(_) => Err(deadline.exceeded(operation).with_cost(0, deadline.elapsed())),
    }
}
