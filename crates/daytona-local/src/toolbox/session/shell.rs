//! The shell of a session, and how a command runs in it.
//!
//! The shell reads two lines a command from a pipe. The first one sources a
//! file with the command, so that what the command changes stays; its streams
//! are redirected for that line only. The second one prints the exit status to
//! the shell's own output, which is a pipe that no command sees. Variables,
//! traps and `$!` of the commands are left alone, and options such as `-e`
//! meet no line that fails.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use memchr::memrchr;
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use uuid::Uuid;

use super::super::environment::Changes;
use super::super::files::remove_tree;
use super::super::log::{Log, Spool};
use super::super::pipes;
use super::super::process_group::{ProcessGroup, SIGNAL_BASE, exit_code};
use super::command::{Input, SessionCommand};
use super::streams::{Labeler, Stream};

/// The longest line of the status pipe that is kept.
const LONGEST_STATUS: usize = 4096;

/// How much of a stream is read at once.
const PIECE: usize = 32 * 1024;

/// What a session shell is made of.
pub(super) struct ShellPlan {
    pub(super) program: PathBuf,
    pub(super) work_dir: PathBuf,
    /// What the environment differs in from the toolbox's own.
    pub(super) environment: Arc<Changes>,
    /// Folder for the session's files; made here.
    pub(super) folder: PathBuf,
}

/// A running shell and the pipes to it.
pub(super) struct SessionShell {
    process: Arc<ProcessGroup>,
    control: pipe::Sender,
    status: StatusPipe,
    folder: Folder,
    /// How the shell prints, whatever the commands have defined.
    print: &'static str,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With an exit code; the shell lives on.
    Exited(i32),
    /// The shell ended with it, and this was the shell's exit code.
    ShellEnded(i32),
}

impl SessionShell {
    /// Starts a shell.
    pub(super) fn start(plan: ShellPlan) -> io::Result<(Self, Arc<Spool>)> {
        let folder = Folder::create(plan.folder)?;
        let spool = Spool::create(&folder.0)?;
        let (control_end, control) = pipes::input()?;
        let (status, status_end) = pipes::output()?;
        let mut command = plan.environment.command(&plan.program, &plan.work_dir);
        command.stdin(control_end).stdout(status_end).stderr(Stdio::null());
        let process = ProcessGroup::spawn(command)?;
        // Only these know a word for "the command of the shell, not of the user".
        let own_commands = [b"bash".as_slice(), b"zsh"];
        let name = plan.program.file_name().unwrap_or_default().as_encoded_bytes();
        let shell = Self {
            process: Arc::new(process),
            control,
            status: StatusPipe { pipe: status, read: Vec::new() },
            folder,
            print: if own_commands.contains(&name) { "builtin printf" } else { "command printf" },
        };
        Ok((shell, spool))
    }

    /// The shell's process.
    pub(super) fn process(&self) -> &Arc<ProcessGroup> {
        &self.process
    }

    /// Runs a command to its end: until it is known how it ended, and everybody
    /// has closed its output.
    pub(super) async fn run(&mut self, command: &SessionCommand) -> io::Result<Ending> {
        let mut streams = Streams::open(&self.folder, command)?;
        if let Some(input) = streams.input.take() {
            command.start(input).await;
        }
        let mark = Uuid::new_v4().simple().to_string();
        let print = self.print;
        let [script, input, output, errors] =
            [SCRIPT, INPUT, OUTPUT, ERRORS].map(|name| quoted(&self.folder.0.join(name)));
        let lines = format!(". {script} <{input} >|{output} 2>|{errors}\n{print} '%s\\n' \"{mark} $?\"\n");
        self.control.write_all(lines.as_bytes()).await?;
        self.watch(&mut streams, &mark, &command.log).await
    }

    async fn watch(&mut self, streams: &mut Streams, mark: &str, log: &Log) -> io::Result<Ending> {
        let mut ending = None;
        // After `exec`, the program has the shell's process and not this pipe.
        let mut is_replaced = false;
        loop {
            tokio::select! {
                length = streams.stdout.read() => streams.stdout.take(length?, log),
                length = streams.stderr.read() => streams.stderr.take(length?, log),
                status = self.status.next(mark), if ending.is_none() && !is_replaced => match status? {
                    Some(code) => {
                        ending = Some(Ending::Exited(code));
                        streams.holds.clear();
                    }
                    None => is_replaced = true,
                },
                ended = self.process.ended(), if ending.is_none() => {
                    ending = Some(match self.status.waiting(mark) {
                        Some(code) => Ending::Exited(code),
                        None => shell_ended(ended?),
                    });
                    streams.holds.clear();
                }
            }
            if let Some(ending) = ending
                && streams.stdout.ended()
                && streams.stderr.ended()
            {
                return Ok(ending);
            }
        }
    }
}

fn shell_ended(status: ExitStatus) -> Ending {
    Ending::ShellEnded(exit_code(status).unwrap_or(SIGNAL_BASE))
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

const SCRIPT: &str = "command";
const INPUT: &str = "in";
const OUTPUT: &str = "out";
const ERRORS: &str = "err";

/// Folder of a session's files; removed with it.
struct Folder(PathBuf);

impl Folder {
    fn create(path: PathBuf) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// A path where nothing is. A program may have removed the whole folder.
    fn vacant(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Err(_) => {
                DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
                Ok(path)
            }
            Ok(()) => Ok(path),
        }
    }

    fn file(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.vacant(name)?)
    }

    fn fifo(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.vacant(name)?;
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A program may have removed it.
        let _gone = remove_tree(&self.0);
    }
}

/// The streams of one command, this side.
struct Streams {
    input: Option<Input>,
    stdout: Capture,
    stderr: Capture,
    /// Keep the pipes from ending before the shell has opened them.
    holds: Vec<File>,
}

impl Streams {
    fn open(folder: &Folder, command: &SessionCommand) -> io::Result<Self> {
        folder.file(SCRIPT)?.write_all(command.text.as_bytes())?;
        let input = if command.keeps_input_open {
            let path = folder.fifo(INPUT)?;
            Input::Pipe(pipe::OpenOptions::new().read_write(true).open_sender(path)?)
        } else {
            // A file is at its end until something is added to it.
            Input::File(folder.file(INPUT)?)
        };
        let mut holds = Vec::with_capacity(2);
        let stdout = Capture::open(&folder.fifo(OUTPUT)?, Stream::Stdout, &mut holds)?;
        let stderr = Capture::open(&folder.fifo(ERRORS)?, Stream::Stderr, &mut holds)?;
        Ok(Self { input: Some(input), stdout, stderr, holds })
    }
}

/// One output of a command on its way into the log.
struct Capture {
    /// Gone when everybody who could print to it has closed it.
    pipe: Option<pipe::Receiver>,
    buffer: Vec<u8>,
    labeler: Labeler,
}

impl Capture {
    fn open(path: &Path, stream: Stream, holds: &mut Vec<File>) -> io::Result<Self> {
        let pipe = Some(pipe::OpenOptions::new().open_receiver(path)?);
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        holds.push(OpenOptions::new().write(true).custom_flags(flags).open(path)?);
        Ok(Self { pipe, buffer: vec![0; PIECE], labeler: Labeler::new(stream) })
    }

    /// Reads a piece into the buffer; never returns after the end.
    async fn read(&mut self) -> io::Result<usize> {
        match &mut self.pipe {
            Some(pipe) => pipe.read(&mut self.buffer).await,
            None => std::future::pending().await,
        }
    }

    fn take(&mut self, length: usize, log: &Log) {
        if length == 0 {
            self.pipe = None;
            self.labeler.finish(log);
        } else {
            self.labeler.feed(&self.buffer[..length], log);
        }
    }

    fn ended(&self) -> bool {
        self.pipe.is_none()
    }
}

/// The shell's own output, to which it prints how each command ended.
struct StatusPipe {
    pipe: pipe::Receiver,
    read: Vec<u8>,
}

impl StatusPipe {
    /// Waits for the status behind a mark. `None` when nothing will come.
    async fn next(&mut self, mark: &str) -> io::Result<Option<i32>> {
        loop {
            if let Some(code) = self.parse(mark) {
                return Ok(Some(code));
            }
            if self.pipe.read_buf(&mut self.read).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// The status behind a mark, if it is there already.
    fn waiting(&mut self, mark: &str) -> Option<i32> {
        while matches!(self.pipe.try_read_buf(&mut self.read), Ok(length) if length > 0) {}
        self.parse(mark)
    }

    /// Other lines are what traps of the user print.
    fn parse(&mut self, mark: &str) -> Option<i32> {
        let Some(end) = memrchr(b'\n', &self.read) else {
            if self.read.len() > LONGEST_STATUS {
                self.read.clear();
            }
            return None;
        };
        let lines = self.read.drain(..=end).collect::<Vec<_>>();
        lines.split(|byte| *byte == b'\n').find_map(|line| {
            let (name, code) = std::str::from_utf8(line).ok()?.split_once(' ')?;
            if name == mark { code.parse().ok() } else { None }
        })
    }
}
