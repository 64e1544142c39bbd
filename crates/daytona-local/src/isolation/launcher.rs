//! The server's side: starts sandboxes and holds their lifelines.

use std::fs;
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::init_plan::InitPlan;

/// A start is a matter of milliseconds; this is for a machine that swaps.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// The kernel ends the processes; this is for one stuck in a system call.
const ENDS_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_LIMIT: usize = 4096;

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// A system call of the server failed.
    #[error("cannot {action}: {source}")]
    Prepare {
        /// What was tried.
        action: &'static str,
        /// What the system answered.
        #[source]
        source: io::Error,
    },
    /// Setting up failed; the text names the step.
    #[error("setting the sandbox up failed at {0}")]
    Setup(String),
    /// Nothing was heard of it.
    #[error("the sandbox's first program {0}")]
    Silent(&'static str),
}

trait Prepare<T> {
    fn prepare(self, action: &'static str) -> Result<T, LaunchError>;
}

impl<T, E: Into<io::Error>> Prepare<T> for Result<T, E> {
    fn prepare(self, action: &'static str) -> Result<T, LaunchError> {
        self.map_err(|error| LaunchError::Prepare { action, source: error.into() })
    }
}

/// A running sandbox: ends when this is dropped.
#[derive(Debug)]
pub struct RunningSandbox {
    monitor: Child,
    lifeline: pipe::Receiver,
}

impl RunningSandbox {
    /// Starts the sandbox of a plan; its toolbox answers on `listener`.
    ///
    /// # Errors
    /// When the machine lacks what is needed, or a step of the setup fails.
    pub async fn start(program: &Path, plan: &InitPlan, listener: UnixListener) -> Result<Self, LaunchError> {
        let plan = plan_file(plan).prepare("write the plan")?;
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).prepare("make a pipe")?;
        rustix::io::ioctl_fionbio(&reader, true).prepare("set a pipe up")?;
        let lifeline = pipe::Receiver::from_owned_fd(reader).prepare("watch a pipe")?;
        let monitor = Command::new(program)
            .arg("sandbox-init")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stdout(Stdio::from(writer))
            .stderr(Stdio::from(plan))
            .spawn()
            .prepare("start the sandbox's first program")?;
        let mut sandbox = Self { monitor, lifeline };
        match timeout(READY_WITHIN, sandbox.wait_until_ready()).await {
            Ok(Ok(())) => Ok(sandbox),
            Ok(Err(error)) => {
                sandbox.stop().await;
                Err(error)
            }
            Err(_late) => {
                sandbox.stop().await;
                Err(LaunchError::Silent("did not get ready in time"))
            }
        }
    }

    async fn wait_until_ready(&mut self) -> Result<(), LaunchError> {
        let mut said = Vec::new();
        loop {
            let mut buffer = [0; 512];
            let length = self.lifeline.read(&mut buffer).await.prepare("read a pipe")?;
            said.extend_from_slice(&buffer[..length]);
            let text = String::from_utf8_lossy(&said);
            match text.split_once('\n') {
                Some(("ready", _)) => return Ok(()),
                Some((line, _)) => {
                    return Err(LaunchError::Setup(line.trim_start_matches("error ").to_owned()));
                }
                None if length == 0 => return Err(LaunchError::Silent("ended without a word")),
                None if said.len() > ANSWER_LIMIT => return Err(LaunchError::Silent("said something else")),
                None => {}
            }
        }
    }

    /// Returns when the sandbox has ended by itself.
    pub async fn ended(&mut self) {
        let mut buffer = [0; 64];
        // Only the first process holds the other end; words are not expected.
        while matches!(self.lifeline.read(&mut buffer).await, Ok(length) if length > 0) {}
    }

    /// Ends every process of the sandbox and waits until they are gone.
    pub async fn stop(self) {
        let Self { mut monitor, lifeline } = self;
        drop(lifeline);
        if timeout(ENDS_WITHIN, monitor.wait()).await.is_err() {
            // The first process dies with its monitor.
            let _gone = monitor.start_kill();
            let _status = monitor.wait().await;
        }
    }
}

/// The plan in a file without a name.
fn plan_file(plan: &InitPlan) -> io::Result<OwnedFd> {
    let file = memfd_create("plan", MemfdFlags::CLOEXEC)?;
    let mut file = fs::File::from(file);
    file.write_all(&serde_json::to_vec(plan)?)?;
    Ok(file.into())
}

/// Folder of the sockets on which toolboxes answer. No sandbox can see it.
#[derive(Debug)]
pub struct SocketFolder {
    folder: OwnedFd,
}

impl SocketFolder {
    /// Opens an existing folder.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC;
        Ok(Self { folder: rustix::fs::open(path, flags, rustix::fs::Mode::empty())? })
    }

    /// A path of at most 108 bytes, however deep the folder lies: longer ones
    /// are refused by the kernel.
    #[must_use]
    pub fn address(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.folder.as_raw_fd()))
    }

    /// Listens on a new socket; one of the same name is replaced.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn listen(&self, name: &str) -> io::Result<UnixListener> {
        self.remove(name);
        UnixListener::bind(self.address(name))
    }

    /// Removes a socket.
    pub fn remove(&self, name: &str) {
        // One that is not there is as good as removed.
        let _gone = fs::remove_file(self.address(name));
    }
}
