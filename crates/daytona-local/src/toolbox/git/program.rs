//! Runs `git`.
//!
//! It runs in a process group of its own, with limits for its time and its
//! output, and never asks anybody. It is ended when the client of a request
//! leaves: first by a signal on which it removes its locks and half a clone.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use rustix::fs::{MemfdFlags, memfd_create};
use tokio::net::unix::pipe;
use tokio::runtime::Handle;

use super::super::Toolbox;
use super::super::environment::Changes;
use super::super::pipes;
use super::super::process_group::ProcessGroup;
use super::super::shell::POSIX;
use super::super::text;
use super::credentials::Credentials;
use super::failure;
use super::finished::Finished;
use crate::response::Failure;
use crate::search_path;
use http::StatusCode;
use std::sync::Arc;

/// How long git may work on what is in the sandbox.
const LOCAL: Duration = Duration::from_secs(10 * 60);
/// How long git may talk to a remote.
const REMOTE: Duration = Duration::from_secs(60 * 60);
/// How long git may take to clean up when it is asked to end.
const PATIENCE: Duration = Duration::from_secs(3);

/// The most that git may print.
const MOST_OUTPUT: usize = 64 * 1024 * 1024;
/// The most that is kept of its messages.
const MOST_MESSAGES: usize = 64 * 1024;
/// How much is read at once.
const PIECE: usize = 32 * 1024;
/// How often is read from a pipe whose writer has ended, at most: more than it holds.
const LAST_PIECES: usize = 64;

/// Variables that would lead git to another repository than that of the request.
const MISLEADING: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_CONFIG",
    "LANGUAGE",
];

/// Messages that can be read, no questions, names that are no patterns, and a
/// remote that sends nothing for two minutes is gone.
const ENVIRONMENT: [(&str, &str); 9] = [
    ("LC_ALL", "C"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", ""),
    ("SSH_ASKPASS_REQUIRE", "never"),
    ("GCM_INTERACTIVE", "never"),
    ("GIT_EDITOR", ":"),
    ("GIT_LITERAL_PATHSPECS", "1"),
    ("GIT_HTTP_LOW_SPEED_LIMIT", "1"),
    ("GIT_HTTP_LOW_SPEED_TIME", "120"),
];

/// Nothing that goes on in the background when git has ended.
const OPTIONS: [&str; 3] = ["gc.auto=0", "maintenance.auto=false", "color.ui=false"];

/// Runs git with the credentials in its descriptor 3: they are in no argument, in
/// no variable and in no file.
const WITH_CREDENTIALS: &str = "exec \"$@\" 3<&0 </dev/null";
/// What git asks for credentials then. It says nothing to what git has to store or to erase.
const HELPER: &str = "!f() { test \"$1\" != get || cat /proc/self/fd/3; }; f";

/// A folder in which git is run.
#[derive(Clone, Debug)]
pub(super) struct GitFolder {
    pub(super) path: PathBuf,
    /// What the environment of git differs in from the toolbox's own.
    changes: Arc<Changes>,
}

/// Git, about to be run.
#[derive(Debug)]
pub(super) struct Git {
    folder: GitFolder,
    options: Vec<String>,
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, String)>,
    input: Vec<u8>,
    credentials: Option<(String, Credentials)>,
    limit: Duration,
}

impl GitFolder {
    pub(super) fn new(toolbox: &Toolbox, path: PathBuf) -> Self {
        Self { path, changes: toolbox.environment() }
    }

    /// Another folder.
    pub(super) fn beside(&self, path: &Path) -> Self {
        Self { path: path.to_owned(), changes: Arc::clone(&self.changes) }
    }

    /// Git with the words of a command, in this folder.
    pub(super) fn git(&self, command: &[&str]) -> Git {
        Git {
            folder: self.clone(),
            options: OPTIONS.map(str::to_owned).to_vec(),
            arguments: command.iter().map(OsString::from).collect(),
            environment: Vec::new(),
            input: Vec::new(),
            credentials: None,
            limit: LOCAL,
        }
    }
}

impl Git {
    /// One more argument.
    pub(super) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// One more argument, if `wanted`.
    pub(super) fn flag(self, wanted: bool, argument: &str) -> Self {
        if wanted { self.arg(argument) } else { self }
    }

    /// A configuration value for this run.
    pub(super) fn option(mut self, option: &str) -> Self {
        self.options.push(option.to_owned());
        self
    }

    /// A variable for this run.
    pub(super) fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// What git reads from its standard input.
    pub(super) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Paths of a work tree; any number, which arguments could not be.
    pub(super) fn paths<'a>(self, paths: impl IntoIterator<Item = &'a str>) -> Self {
        let input = paths.into_iter().flat_map(|path| [path, "\0"]).collect::<String>();
        self.arg("--pathspec-from-file=-").arg("--pathspec-file-nul").input(input)
    }

    /// Gives git the time that a remote takes.
    pub(super) fn slow(mut self) -> Self {
        self.limit = REMOTE;
        self
    }

    /// Lets git use these credentials, and no others, for URLs that start with `scope`.
    pub(super) fn credentials(mut self, scope: String, credentials: Credentials) -> Self {
        self.credentials = Some((scope, credentials));
        self
    }

    /// Runs git to a success, and returns what it has printed.
    pub(super) async fn run(self) -> Result<Vec<u8>, Failure> {
        let finished = self.finish().await?;
        if finished.status.success() { Ok(finished.output) } else { Err(failure::of(&finished)) }
    }

    /// Runs git to its end.
    pub(super) async fn finish(self) -> Result<Finished, Failure> {
        let what = self.arguments.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        let limit = self.limit;
        let (group, mut output, mut messages) = self.start()?;
        let mut running = Running(Some(group));
        match tokio::time::timeout(limit, running.watch(&mut output, &mut messages)).await {
            Ok(Ok(status)) => Ok(Finished {
                status,
                output: output.kept,
                messages: text::lossy(messages.kept),
                credentials: self.credentials.map(|(_, credentials)| credentials),
            }),
            Ok(Err(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                running.end().await;
                Err(Failure::internal(format_args!(
                    "the output of git {what} is larger than {} MiB. Run git as a command, with a filter",
                    MOST_OUTPUT >> 20
                )))
            }
            Ok(Err(error)) => {
                Err(Failure::internal(format_args!("git {what} could not be followed: {error}")))
            }
            Err(_) => {
                running.end().await;
                Err(Failure {
                    status: StatusCode::REQUEST_TIMEOUT,
                    code: "REQUEST_TIMEOUT",
                    message: format!(
                        "request timeout: git {what} took longer than {} minutes and was ended. Run git as a command",
                        limit.as_secs() / 60
                    ),
                })
            }
        }
    }

    fn start(&self) -> Result<(ProcessGroup, Output, Output), Failure> {
        let path = self.folder.changes.value("PATH");
        let program = path.and_then(|path| search_path::find(&path, "git"));
        let Some(program) = program else { return Err(not_installed()) };
        self.spawn(&program).map_err(|error| match error.kind() {
            // A NUL, in a name for example.
            io::ErrorKind::InvalidInput => {
                Failure::bad_request(format_args!("git cannot be given this: {error}"))
            }
            _ => Failure::internal(format_args!("git could not be started: {error}")),
        })
    }

    fn spawn(&self, program: &Path) -> io::Result<(ProcessGroup, Output, Output)> {
        let (output, stdout) = Output::new(MOST_OUTPUT, true)?;
        let (messages, stderr) = Output::new(MOST_MESSAGES, false)?;
        let root = Path::new("/");
        let (mut command, input) = match &self.credentials {
            None => (self.folder.changes.command(program, root), Cow::from(&self.input)),
            Some((scope, credentials)) => {
                let mut shell = self.folder.changes.command(POSIX, root);
                shell.args(["-c", WITH_CREDENTIALS, POSIX]).arg(program);
                // The empty one makes git forget those of the configuration.
                shell.args([
                    "-c",
                    "credential.helper=",
                    "-c",
                    &format!("credential.{scope}.helper={HELPER}"),
                ]);
                (shell, Cow::from(credentials.answer()))
            }
        };
        for option in &self.options {
            command.args(["-c", option]);
        }
        command.arg("-C").arg(&self.folder.path).args(&self.arguments);
        for name in MISLEADING {
            command.env_remove(name);
        }
        if let Some(parent) = self.folder.path.parent() {
            // A folder inside a repository is none.
            command.env("GIT_CEILING_DIRECTORIES", parent);
        }
        command.envs(ENVIRONMENT).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(in_memory(&input)?).stdout(stdout).stderr(stderr);
        Ok((ProcessGroup::spawn(command)?, output, messages))
    }
}

fn not_installed() -> Failure {
    Failure::internal(
        "git is not installed. Sandboxes of a local server use the programs of the host: install it there, on \
         Debian and Ubuntu with \"apt-get install git\"",
    )
}

/// A file without a name that holds these bytes, to be read from its start. Unlike
/// a pipe, it needs nobody to write to it.
fn in_memory(bytes: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create("git-input", MemfdFlags::CLOEXEC)?);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// Git while it runs. It is asked to end when nobody waits for it any more.
struct Running(Option<ProcessGroup>);

impl Running {
    async fn watch(&mut self, output: &mut Output, messages: &mut Output) -> io::Result<ExitStatus> {
        let Some(group) = &self.0 else { return Err(io::ErrorKind::NotFound.into()) };
        // What git has started may hold the pipes open after its end.
        let status = tokio::select! {
            status = group.ended() => status?,
            read = async { tokio::try_join!(output.fill(), messages.fill()) } => {
                read?;
                group.ended().await?
            }
        };
        output.take_rest()?;
        messages.take_rest()?;
        // Kills what it has left in its group.
        self.0 = None;
        Ok(status)
    }

    async fn end(&mut self) {
        if let Some(group) = self.0.take() {
            group.end(PATIENCE).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let (Some(group), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move { group.end(PATIENCE).await });
        }
    }
}

/// What comes out of one of git's pipes.
#[derive(Debug)]
struct Output {
    pipe: pipe::Receiver,
    kept: Vec<u8>,
    most: usize,
    /// Whether more than the most is an error; else it is dropped.
    all: bool,
    is_open: bool,
}

impl Output {
    fn new(most: usize, all: bool) -> io::Result<(Self, io::PipeWriter)> {
        let (pipe, writer) = pipes::output()?;
        Ok((Self { pipe, kept: Vec::new(), most, all, is_open: true }, writer))
    }

    /// Reads until nobody can write any more.
    async fn fill(&mut self) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        while self.is_open {
            self.pipe.readable().await?;
            match self.pipe.try_read(&mut piece) {
                Ok(length) => self.keep(&piece[..length])?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what is in the pipe, without waiting.
    fn take_rest(&mut self) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        for _piece in 0..LAST_PIECES {
            if !self.is_open {
                break;
            }
            match rustix::io::read(self.pipe.as_fd(), &mut piece) {
                Ok(length) => self.keep(&piece[..length])?,
                Err(rustix::io::Errno::AGAIN) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn keep(&mut self, piece: &[u8]) -> io::Result<()> {
        self.is_open = !piece.is_empty();
        let room = self.most - self.kept.len();
        if piece.len() > room && self.all {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.kept.extend_from_slice(&piece[..piece.len().min(room)]);
        Ok(())
    }
}
