//! The server's side of isolation: starts sandboxes and holds their lifelines.

use std::fs;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use daytona_sandbox_init::InitPlan;

/// A start takes milliseconds; this allows for a machine under heavy load.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// The kernel kills the processes at once; this allows for one that is blocked
/// in a system call.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum length of the guard's report, in bytes.
const MAX_REPORT_BYTES: usize = 4096;

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// A system call of the server failed.
    #[error("cannot {action}: {source}")]
    Prepare {
        /// The attempted action.
        action: &'static str,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// A step of the guard failed; the string has the step and its error.
    #[error("cannot set up the sandbox: {0}")]
    Setup(String),
    /// The guard did not report that the sandbox is ready.
    #[error("cannot start the sandbox: its guard {0}")]
    NotReady(&'static str),
}

trait Prepare<T> {
    fn prepare(self, action: &'static str) -> Result<T, LaunchError>;
}

impl<T, E: Into<io::Error>> Prepare<T> for Result<T, E> {
    fn prepare(self, action: &'static str) -> Result<T, LaunchError> {
        self.map_err(|error| LaunchError::Prepare { action, source: error.into() })
    }
}

/// A running sandbox, which ends when this value is dropped.
#[derive(Debug)]
pub struct RunningSandbox {
    guard: Child,
    lifeline: pipe::Receiver,
}

impl RunningSandbox {
    /// Starts a sandbox and waits until it is ready, 30 seconds at most. Its toolbox
    /// gets its end of a channel, over which it accepts connections.
    ///
    /// # Errors
    /// When a step of the setup fails or the sandbox is not ready in time.
    pub async fn start(program: &Path, plan: &InitPlan, channel: Stdio) -> Result<Self, LaunchError> {
        let plan = plan_file(plan).prepare("write the plan of the sandbox")?;
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).prepare("create a pipe")?;
        rustix::io::ioctl_fionbio(&reader, true).prepare("make a pipe non-blocking")?;
        let lifeline = pipe::Receiver::from_owned_fd(reader).prepare("watch a pipe")?;
        let guard = Command::new(program)
            // Every process in the sandbox can read the arguments of the first process.
            .arg0("daytona-local")
            .arg("sandbox-init")
            .env_clear()
            .current_dir("/")
            .stdin(channel)
            .stdout(Stdio::from(writer))
            .stderr(Stdio::from(plan))
            .spawn()
            .prepare("start the sandbox's guard")?;
        let mut sandbox = Self { guard, lifeline };
        match timeout(START_TIMEOUT, sandbox.wait_until_ready()).await {
            Ok(Ok(())) => Ok(sandbox),
            Ok(Err(error)) => {
                sandbox.stop().await;
                Err(error)
            }
            Err(_elapsed) => {
                sandbox.stop().await;
                Err(LaunchError::NotReady("was not ready in time"))
            }
        }
    }

    async fn wait_until_ready(&mut self) -> Result<(), LaunchError> {
        let mut report = Vec::new();
        loop {
            let mut buffer = [0; 512];
            let length = self.lifeline.read(&mut buffer).await.prepare("read a pipe")?;
            report.extend_from_slice(&buffer[..length]);
            let text = String::from_utf8_lossy(&report);
            match text.split_once('\n') {
                Some(("ready", _)) => return Ok(()),
                Some((line, _)) => {
                    return Err(LaunchError::Setup(line.trim_start_matches("error ").to_owned()));
                }
                None if length == 0 => return Err(LaunchError::NotReady("exited without output")),
                None if report.len() > MAX_REPORT_BYTES => {
                    return Err(LaunchError::NotReady("sent an invalid report"));
                }
                None => {}
            }
        }
    }

    /// Waits until the sandbox ends by itself.
    pub async fn ended(&mut self) {
        let mut buffer = [0; 64];
        // Only the guard holds the other end, and it sends nothing after the report.
        while matches!(self.lifeline.read(&mut buffer).await, Ok(length) if length > 0) {}
    }

    /// Ends every process of the sandbox and waits until they have exited.
    pub async fn stop(self) {
        let Self { mut guard, lifeline } = self;
        drop(lifeline);
        if timeout(STOP_TIMEOUT, guard.wait()).await.is_err() {
            // The kernel kills the first process when its guard exits.
            let _exited = guard.start_kill();
            let _status = guard.wait().await;
        }
    }
}

/// Writes the plan to an unnamed file.
fn plan_file(plan: &InitPlan) -> io::Result<OwnedFd> {
    let file = memfd_create("plan", MemfdFlags::CLOEXEC)?;
    let mut file = fs::File::from(file);
    file.write_all(&serde_json::to_vec(plan)?)?;
    Ok(file.into())
}
