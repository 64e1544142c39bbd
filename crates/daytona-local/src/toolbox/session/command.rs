//! A command of a session: its log, its input and how it ended.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;

use daytona_api::toolbox::session::Command;
use http::StatusCode;
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe;
use tokio::sync::{Mutex, watch};
use uuid::Uuid;

use super::super::log::{Log, Spool};
use super::streams::Stream;
use crate::response::Failure;

/// Where input of a running command goes.
#[derive(Debug)]
pub(super) enum Input {
    /// Stays open: the command waits for more.
    Pipe(pipe::Sender),
    /// Ends where the input so far ends.
    File(File),
}

/// How far a command is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Progress {
    /// Other commands come first.
    #[default]
    Queued,
    Running,
    /// It has ended, with this exit code.
    Ended(i32),
    /// It will never have an exit code, for this reason.
    Abandoned(&'static str),
}

impl Progress {
    fn is_final(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Abandoned(_))
    }
}

/// A command of a session.
#[derive(Debug)]
pub(super) struct SessionCommand {
    pub(super) id: String,
    pub(super) text: String,
    /// Whether the command's input stays open although nothing was sent.
    pub(super) keeps_input_open: bool,
    /// Whether what is sent to it is shown in its log.
    pub(super) echoes_input: bool,
    pub(super) log: Log,
    progress: watch::Sender<Progress>,
    input: Mutex<Option<Input>>,
}

impl SessionCommand {
    pub(super) fn new(text: String, keeps_input_open: bool, echoes_input: bool, spool: Arc<Spool>) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            text,
            keeps_input_open,
            echoes_input,
            log: Log::new(spool),
            progress: watch::Sender::default(),
            input: Mutex::default(),
        }
    }

    /// The command as clients see it.
    pub(super) fn describe(&self) -> Command {
        let exit_code = match *self.progress.borrow() {
            Progress::Ended(code) => Some(code),
            _ => None,
        };
        Command { id: self.id.clone(), command: self.text.clone(), exit_code }
    }

    /// It runs from now on.
    pub(super) async fn start(&self, input: Input) {
        self.log.begin();
        *self.input.lock().await = Some(input);
        self.progress.send_replace(Progress::Running);
    }

    /// It has ended, or will never run. Only the first end counts.
    pub(super) async fn finish(&self, end: Progress) {
        let changed = self.progress.send_if_modified(|progress| {
            let changes = !progress.is_final();
            if changes {
                *progress = end;
            }
            changes
        });
        if changed {
            // Whoever writes input leaves at the change above.
            self.input.lock().await.take();
            self.log.close();
        }
    }

    /// Waits for the end.
    pub(super) async fn ended(&self) -> Progress {
        let mut progress = self.progress.subscribe();
        match progress.wait_for(Progress::is_final).await {
            Ok(end) => end.clone(),
            // The sender is a part of this command.
            Err(_) => Progress::Abandoned("the session has ended"),
        }
    }

    /// Sends a line, or several, to the command.
    pub(super) async fn send(&self, mut data: String) -> Result<(), Failure> {
        if !data.ends_with('\n') {
            data.push('\n');
        }
        if *self.progress.borrow() == Progress::Queued {
            return Err(Failure::conflict("the command has not started: commands before it are running"));
        }
        let end = tokio::select! {
            biased;
            end = self.ended() => end,
            written = self.write(&data) => {
                return written.map_err(|error| Failure::internal(format_args!("failed to write input: {error}")));
            }
        };
        Err(match end {
            Progress::Ended(code) => Failure {
                status: StatusCode::GONE,
                code: "COMMAND_ALREADY_COMPLETED",
                message: format!("gone: command has already completed with exit code {code}"),
            },
            _ => session_ended(),
        })
    }

    async fn write(&self, data: &str) -> io::Result<()> {
        let mut input = self.input.lock().await;
        let Some(input) = input.as_mut() else { return Err(io::ErrorKind::BrokenPipe.into()) };
        if self.echoes_input {
            self.log.append(&[&Stream::Stdout.marker(), data.as_bytes()].concat());
        }
        match input {
            Input::Pipe(pipe) => pipe.write_all(data.as_bytes()).await,
            Input::File(file) => file.write_all(data.as_bytes()),
        }
    }
}

/// The failure of everything that needs a session's shell after its end.
pub(super) fn session_ended() -> Failure {
    Failure {
        status: StatusCode::GONE,
        code: "SESSION_ENDED",
        message: "gone: the session's shell has ended; create a new session".to_owned(),
    }
}
