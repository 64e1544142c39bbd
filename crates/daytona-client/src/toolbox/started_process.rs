//! Programs that run in the background, with a handle to their streams.
//!
//! A program runs in a session of its own, so the service keeps its whole output,
//! and any number of handles read it from the beginning. A handle keeps a limited part
//! of each output, see [`ReceivedOutputs`]: of one that nobody reads while the other one
//! is read, it forgets the rest, and reads it again when it is needed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf as _, Bytes};
use daytona_api::toolbox::process::ExecuteRequest;
use tokio::sync::watch;

use super::kill::script as kill_script;
use super::log_chunk::{LogChunk, Output};
use super::received_outputs::{ReceivedOutputs, Taken};
use super::session_command::{CommandLog, OwnedCommand, SessionCommand, within};
use super::wrapper::{self, Mark};
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

/// How much input one request carries, in bytes.
const INPUT: usize = 48 * 1024;
/// Begins the ids of processes, which are those of their sessions.
const ID_PREFIX: &str = "process-";
/// The exit code of the script that sends a signal, if the process does not run.
const NOT_RUNNING: i32 = 3;
/// The signals of Linux.
const SIGNALS: &[&str] = &[
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

impl Sandbox {
    /// Starts a program in the background, and waits until it runs: `POST
    /// /process/session`, its `exec` and its logs over a WebSocket. Dropping the future
    /// kills the program.
    ///
    /// # Errors
    /// [`ErrorKind::BadRequest`] when the working directory cannot be used,
    /// [`ErrorKind::InvalidArgument`] for a command of 128 KiB or more, and the errors
    /// of every call to a sandbox.
    pub async fn start_process(
        &self,
        request: &ExecuteRequest,
        deadline: Deadline,
    ) -> Result<StartedProcess, Error> {
        let mark = Mark::new();
        let text = wrapper::started(request, &mark)?;
        let command = SessionCommand {
            sandbox: self.clone(),
            session_id: format!("{ID_PREFIX}{}", mark.id()),
            command_id: String::new(),
            mark,
            has_head: true,
        };
        let owned = OwnedCommand::start(command.clone(), text, deadline).await?;
        let command = owned.command().cloned().unwrap_or(command);
        StartedProcess::open(command, Some(owned), deadline).await
    }

    /// Returns another handle of a program that [`Sandbox::start_process`] has started:
    /// `GET /process/session/{sessionId}` and the logs over a WebSocket. Its streams
    /// begin at the beginning of the output.
    ///
    /// # Errors
    /// [`ErrorKind::ProcessNotFound`] when there is no such program, or when a handle
    /// has read its output to its end; the errors of every call to a sandbox.
    pub async fn attach_process(&self, id: &str, deadline: Deadline) -> Result<StartedProcess, Error> {
        let not_found = |why: &str| {
            let error = Error::new(ErrorKind::ProcessNotFound, format!("attach to process {id:?}"), why);
            error.with_sandbox(self.id())
        };
        let Some(mark) = id.strip_prefix(ID_PREFIX).and_then(Mark::from_id) else {
            return Err(not_found("this is not the id of a started process"));
        };
        let session = match self.get_session(id, deadline).await {
            Ok(session) => session,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(not_found(
                    "it does not exist. A process is deleted once a handle has read its end",
                ));
            }
            Err(error) => return Err(error),
        };
        let Some(command) = session.commands.into_iter().next() else {
            return Err(not_found("it has not started yet"));
        };
        let (session_id, command_id) = (id.to_owned(), command.id);
        let command = SessionCommand { sandbox: self.clone(), session_id, command_id, mark, has_head: true };
        StartedProcess::open(command, None, deadline).await
    }
}

/// A program that runs in the background. Dropping it leaves the program running.
pub struct StartedProcess {
    command: SessionCommand,
    head: Head,
    /// Locked by whoever waits for more of it. `None` once the handle is detached.
    log: tokio::sync::Mutex<Option<CommandLog>>,
    /// Whether the handle is detached.
    detached: watch::Sender<bool>,
    received: Mutex<ReceivedOutputs>,
    /// The logs of the outputs that have fallen behind, standard output first.
    own: [tokio::sync::Mutex<Option<OwnLog>>; 2],
    /// Whether the input is open. Locked while input is sent.
    input: tokio::sync::Mutex<bool>,
    /// Kills the program on drop until somebody has received the handle.
    unclaimed: Option<OwnedCommand>,
    is_forgotten: AtomicBool,
}

/// What a program has announced.
struct Head {
    pid: u32,
    started_at: String,
    takes_input: bool,
}

impl Head {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (pid, started_at) = (words.next()?.parse().ok()?, words.next()?.to_owned());
        Some(Self { pid, started_at, takes_input: words.next() == Some("input") })
    }
}

impl StartedProcess {
    /// Follows a command, and waits until it has announced itself.
    async fn open(
        command: SessionCommand,
        unclaimed: Option<OwnedCommand>,
        deadline: Deadline,
    ) -> Result<Self, Error> {
        let mut log = command.follow(deadline).await?;
        let mut received = ReceivedOutputs::default();
        let announced = within(deadline, "start a process", async {
            while log.head().is_none() && received.end().is_none() {
                match log.next_before_head().await {
                    Ok(None) if log.end().is_none() => {}
                    next => received.add(next, log.end()),
                }
            }
            let head = log.head().and_then(Head::parse);
            head.ok_or_else(|| received.reason().with_sandbox(command.sandbox.id()))
        });
        let head = announced.await?;
        Ok(Self {
            command,
            head,
            log: tokio::sync::Mutex::new(Some(log)),
            detached: watch::Sender::new(false),
            received: Mutex::new(received),
            own: [tokio::sync::Mutex::new(None), tokio::sync::Mutex::new(None)],
            input: tokio::sync::Mutex::new(true),
            unclaimed,
            is_forgotten: AtomicBool::new(false),
        })
    }

    /// Returns the id, by which [`Sandbox::attach_process`] finds the program.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.command.session_id
    }

    /// Returns the process id inside the sandbox.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.head.pid
    }

    /// Hands the program over: it is no longer killed on drop.
    pub fn claim(&mut self) {
        if let Some(mut owned) = self.unclaimed.take() {
            owned.release();
        }
    }

    /// Returns the next bytes of an output, or `None` at its end.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection breaks before the end; the message
    /// contains the number of bytes received. [`ErrorKind::SessionEnded`] when the
    /// session of the program is deleted.
    pub async fn read(&self, output: Output) -> Result<Option<Bytes>, Error> {
        let mut own = self.own[output.index()].lock().await;
        loop {
            if let Some(log) = own.as_mut() {
                let data = log.next(output).await?;
                if data.is_none() {
                    self.discard(output);
                }
                return Ok(data);
            }
            let steps = {
                let mut received = self.received();
                let steps = received.steps();
                match received.take(output) {
                    Taken::Data(data) => return Ok(Some(data)),
                    Taken::End => return Ok(None),
                    Taken::Broken(error) => return Err(error),
                    Taken::Nothing => Some(steps),
                    Taken::Behind => None,
                }
            };
            match steps {
                Some(steps) => self.step(steps).await,
                None => {
                    let skip = self.received().kept(output);
                    // As long as it takes: the caller can drop this.
                    let log = self.command.follow(Deadline::after(Deadline::MAX)).await?;
                    *own = Some(OwnLog { log, skip });
                }
            }
        }
    }

    /// Waits until the program has exited and its outputs are closed, and returns the
    /// exit code.
    ///
    /// # Errors
    /// The errors of [`StartedProcess::read`], and [`ErrorKind::Timeout`] at the
    /// deadline, after which the program keeps running.
    pub async fn wait(&self, deadline: Deadline) -> Result<i32, Error> {
        let ended = async {
            loop {
                let steps = {
                    let received = self.received();
                    match received.end() {
                        None => received.steps(),
                        Some(Ok(Some(code))) => return Ok(*code),
                        Some(Ok(None)) => {
                            let message = "the service did not return it";
                            return Err(Error::new(ErrorKind::InvalidResponse, "get the exit code", message));
                        }
                        Some(Err(broken)) => return Err(broken.to_error()),
                    }
                };
                self.step(steps).await;
            }
        };
        within(deadline, "wait for a process", ended).await
    }

    /// Receives the next chunk, or the end, unless something was received since the
    /// given number of steps.
    async fn step(&self, steps: u64) {
        let receive = async {
            let mut log = self.log.lock().await;
            let Some(log) = log.as_mut().filter(|_| self.received().steps() == steps) else { return };
            let next = log.next().await;
            self.received().add(next, log.end());
            self.forget_when_read();
        };
        let mut detached = self.detached.subscribe();
        tokio::select! {
            biased;
            _ = detached.wait_for(|is_detached| *is_detached) => {}
            () = receive => {}
        }
    }

    fn received(&self) -> MutexGuard<'_, ReceivedOutputs> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends input: `POST /process/session/{sessionId}/command/{commandId}/input`, once
    /// for 48 KiB.
    ///
    /// # Errors
    /// [`ErrorKind::CommandAlreadyCompleted`] or [`ErrorKind::Gone`] when the program
    /// has exited; [`ErrorKind::InvalidArgument`] when its input is closed;
    /// [`ErrorKind::Unsupported`] when the sandbox has no `base64` program.
    pub async fn write(&self, data: &[u8], deadline: Deadline) -> Result<(), Error> {
        // Not before the input sent earlier has arrived.
        let is_open = self.input.lock().await;
        let fail = |kind, why: &str| {
            Err(Error::new(kind, "write to a process", why).with_sandbox(self.command.sandbox.id()))
        };
        if !*is_open {
            return fail(ErrorKind::InvalidArgument, "its input is closed");
        }
        // The service may still take input then: its command is the script around the program.
        if self.has_exited() {
            return fail(ErrorKind::CommandAlreadyCompleted, "the program has exited");
        }
        if !self.head.takes_input {
            let why = "the sandbox has no base64 program, which input needs. Install coreutils there";
            return fail(ErrorKind::Unsupported, why);
        }
        for piece in data.chunks(INPUT) {
            self.send(&STANDARD.encode(piece), deadline).await?;
        }
        Ok(())
    }

    /// Closes the program's input. Has no effect when it is closed, or when the program
    /// has exited.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn close_stdin(&self, deadline: Deadline) -> Result<(), Error> {
        let mut is_open = self.input.lock().await;
        if !*is_open || self.has_exited() {
            return Ok(());
        }
        match self.send(".", deadline).await {
            Err(error) if !is_over(error.kind()) => return Err(error),
            _ => *is_open = false,
        }
        Ok(())
    }

    async fn send(&self, line: &str, deadline: Deadline) -> Result<(), Error> {
        let SessionCommand { sandbox, session_id, command_id, .. } = &self.command;
        let sent = sandbox.send_session_command_input(session_id, command_id, line, deadline).await;
        sent.map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                let message =
                    "its session does not exist: the program has exited, or somebody has deleted the session";
                error.with_kind(ErrorKind::Gone, message.to_owned())
            }
            _ => error,
        })
    }

    /// Returns whether the program is known to have exited.
    fn has_exited(&self) -> bool {
        matches!(self.received().end(), Some(Ok(_)))
    }

    /// Sends a signal, such as `SIGTERM`, to the program's process group: `POST
    /// /process/execute`. `SIGKILL` kills everything that it started. Returns whether
    /// the program was running.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for an unknown signal, and the errors of every
    /// call to a sandbox.
    pub async fn kill(&self, signal: &str, deadline: Deadline) -> Result<bool, Error> {
        let name = signal.strip_prefix("SIG").filter(|name| SIGNALS.contains(name));
        let Some(name) = name else {
            let message = format!("{signal:?} is not a signal. Pass a name such as \"SIGTERM\"");
            return Err(Error::new(ErrorKind::InvalidArgument, "kill a process", message));
        };
        let mut command = wrapper::signal(self.head.pid, &self.head.started_at, name);
        if name == "KILL" {
            let rest = kill_script(self.command.mark.id(), Duration::ZERO);
            command = format!("{command} || exit $?\n{rest}exit 0\n");
        }
        let request = ExecuteRequest { command, ..ExecuteRequest::default() };
        let response = self.command.sandbox.execute(&request, deadline).await?;
        match response.exit_code {
            Some(0) => Ok(true),
            Some(NOT_RUNNING) => Ok(false),
            _ => {
                let message = format!("the sandbox refused the signal: {}", response.result.trim());
                let error = Error::new(ErrorKind::Other, "kill a process", message);
                Err(error.with_sandbox(self.command.sandbox.id()))
            }
        }
    }

    /// Kills the program and everything it started, unless it is known to have exited,
    /// and deletes its session.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn end(&self, deadline: Deadline) -> Result<(), Error> {
        if !self.has_exited() {
            self.kill("SIGKILL", deadline).await?;
        }
        if self.is_forgotten.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let SessionCommand { sandbox, session_id, .. } = &self.command;
        match sandbox.delete_session(session_id, deadline).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Closes the connections and leaves the program running. A pending
    /// [`StartedProcess::wait`] fails, and both outputs are discarded.
    pub async fn detach(&self) {
        self.received().detach(self.command.sandbox.id());
        self.detached.send_replace(true);
        *self.log.lock().await = None;
        for output in [Output::Stdout, Output::Stderr] {
            self.close(output).await;
        }
    }

    /// Discards an output from now on. Waits for a pending [`StartedProcess::read`].
    pub async fn close(&self, output: Output) {
        *self.own[output.index()].lock().await = None;
        self.discard(output);
    }

    fn discard(&self, output: Output) {
        self.received().close(output);
        self.forget_when_read();
    }

    /// Deletes the session once the program has exited and everything is here.
    fn forget_when_read(&self) {
        if self.received().is_complete() && !self.is_forgotten.swap(true, Ordering::Relaxed) {
            self.command.forget();
        }
    }
}

/// Whether an error says that the program does not run any more.
fn is_over(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Gone | ErrorKind::SessionEnded | ErrorKind::CommandAlreadyCompleted)
}

/// The log of an output that has fallen behind.
struct OwnLog {
    log: CommandLog,
    /// How many bytes of the output were read before.
    skip: u64,
}

impl OwnLog {
    async fn next(&mut self, wanted: Output) -> Result<Option<Bytes>, Error> {
        while let Some(LogChunk { output, mut data }) = self.log.next().await? {
            if output != wanted {
                continue;
            }
            let skipped = usize::try_from(self.skip).map_or(data.len(), |skip| skip.min(data.len()));
            data.advance(skipped);
            self.skip -= skipped as u64;
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}
