//! The server's side of isolation: starts sandboxes and holds their lifelines.

use std::fs;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncReadExt as _, Interest};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use daytona_sandbox_init::{InitPlan, NetworkPlan};
use daytona_sandbox_network::tun::Link;
use daytona_sandbox_network::{Network, Policy, SharedPolicy};

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
    lifeline: UnixStream,
    network: Option<Network>,
}

impl RunningSandbox {
    /// Starts a sandbox and waits until it is ready, 30 seconds at most. Its toolbox
    /// gets its end of a channel, over which it accepts connections.
    ///
    /// # Errors
    /// When a step of the setup fails or the sandbox is not ready in time.
    pub async fn start(
        program: &Path,
        plan: &InitPlan,
        channel: Stdio,
        policy: Policy,
    ) -> Result<Self, LaunchError> {
        let has_network = matches!(plan.network, NetworkPlan::Own { .. });
        let plan = plan_file(plan).prepare("write the plan of the sandbox")?;
        let (near, far) = StdUnixStream::pair().prepare("create a pair of sockets")?;
        near.set_nonblocking(true).prepare("make a socket non-blocking")?;
        let lifeline = UnixStream::from_std(near).prepare("watch a socket")?;
        let guard = Command::new(program)
            // Every process in the sandbox can read the arguments of the first process.
            .arg0("daytona-local")
            .arg("sandbox-init")
            .env_clear()
            .current_dir("/")
            .stdin(channel)
            .stdout(Stdio::from(OwnedFd::from(far)))
            .stderr(Stdio::from(plan))
            .spawn()
            .prepare("start the sandbox's guard")?;
        let mut sandbox = Self { guard, lifeline, network: None };
        let ready = async {
            if has_network {
                sandbox.receive_network(policy).await?;
            }
            sandbox.wait_until_ready().await
        };
        match timeout(START_TIMEOUT, ready).await {
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

    /// Takes the device of the sandbox's network, which the guard sends before anything
    /// of the sandbox runs. Instead, it may report an error.
    async fn receive_network(&mut self, policy: Policy) -> Result<(), LaunchError> {
        let received = self
            .lifeline
            .async_io(Interest::READABLE, || {
                let mut first = [0];
                let (_, length) = recv(&self.lifeline, &mut first, RecvFlags::PEEK | RecvFlags::DONTWAIT)?;
                let is_link = length > 0 && first == [Link::MARK];
                if is_link { Link::receive(&self.lifeline).map(Some) } else { Ok(None) }
            })
            .await
            .prepare("receive the device of the sandbox's network")?;
        if let Some(link) = received {
            self.network = Some(Network::start(link, policy).prepare("start the sandbox's network")?);
        }
        Ok(())
    }

    async fn wait_until_ready(&mut self) -> Result<(), LaunchError> {
        let mut report = Vec::new();
        loop {
            let mut buffer = [0; 512];
            let length = self.lifeline.read(&mut buffer).await.prepare("read the report")?;
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

    /// Returns the policy of the sandbox's network, if it has its own.
    #[must_use]
    pub fn policy(&self) -> Option<SharedPolicy> {
        self.network.as_ref().map(Network::shared_policy)
    }

    /// The process that guards the sandbox, until it has ended.
    #[must_use]
    pub fn guard(&self) -> Option<u32> {
        self.guard.id()
    }

    /// Waits until the sandbox ends by itself.
    pub async fn ended(&mut self) {
        let mut buffer = [0; 64];
        // Only the guard holds the other end, and it sends nothing after the report.
        while matches!(self.lifeline.read(&mut buffer).await, Ok(length) if length > 0) {}
    }

    /// Ends every process of the sandbox and waits until they have exited.
    pub async fn stop(self) {
        let Self { mut guard, lifeline, network } = self;
        drop(lifeline);
        if timeout(STOP_TIMEOUT, guard.wait()).await.is_err() {
            // The kernel kills the first process when its guard exits.
            let _exited = guard.start_kill();
            let _status = guard.wait().await;
        }
        if let Some(network) = network {
            network.stop().await;
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
