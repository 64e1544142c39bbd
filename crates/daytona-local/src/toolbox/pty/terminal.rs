//! One terminal: its shell, from the start to the end.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use daytona_api::toolbox::pty::{PtyExit, PtySessionInfo};
use jiff::Timestamp;

use super::super::environment::Changes;
use super::super::process_group::ProcessGroup;
use super::device::{Device, Size};
use super::viewers::{View, Viewers};

/// How much output is sent in one frame, at most.
const PIECE: usize = 32 * 1024;

/// More than the system keeps of the output of a terminal.
const LAST_OUTPUT: usize = 4 * PIECE;

/// What a terminal is made of.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) id: String,
    pub(super) program: PathBuf,
    /// The working directory, as the client named it.
    pub(super) cwd: String,
    /// Where that is.
    pub(super) folder: PathBuf,
    pub(super) envs: BTreeMap<String, String>,
    /// What the environment differs in from the toolbox's own.
    pub(super) environment: Arc<Changes>,
    pub(super) size: Size,
    /// Whether the shell starts with the first client.
    pub(super) starts_late: bool,
}

/// A terminal.
#[derive(Debug)]
pub(super) struct Terminal {
    plan: Plan,
    created_at: Timestamp,
    state: Mutex<State>,
    is_deleted: AtomicBool,
    viewers: Viewers,
}

#[derive(Debug)]
struct State {
    size: Size,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    Waiting,
    Running(Arc<Shell>),
    Ended(PtyExit),
}

/// A running shell on its terminal.
#[derive(Debug)]
struct Shell {
    device: Device,
    process: ProcessGroup,
}

impl Terminal {
    pub(super) fn new(plan: Plan) -> Self {
        let state = State { size: plan.size, progress: Progress::Waiting };
        Self {
            plan,
            created_at: Timestamp::now(),
            state: Mutex::new(state),
            is_deleted: AtomicBool::default(),
            viewers: Viewers::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn id(&self) -> &str {
        &self.plan.id
    }

    pub(super) fn folder(&self) -> String {
        self.plan.folder.display().to_string()
    }

    pub(super) fn starts_late(&self) -> bool {
        self.plan.starts_late
    }

    /// The terminal as clients see it.
    pub(super) fn describe(&self) -> PtySessionInfo {
        let state = self.state();
        PtySessionInfo {
            id: self.plan.id.clone(),
            cwd: self.plan.cwd.clone(),
            envs: self.plan.envs.clone(),
            cols: state.size.cols,
            rows: state.size.rows,
            created_at: self.created_at.to_string(),
            active: matches!(state.progress, Progress::Running(_)),
            lazy_start: self.plan.starts_late,
        }
    }

    /// Connects a client; `None` when there are too many.
    pub(super) fn connect(&self) -> Option<View> {
        self.viewers.connect()
    }

    /// Starts the shell, unless it has started. `on_end` is called when it has exited,
    /// before clients are told.
    pub(super) fn start(self: &Arc<Self>, on_end: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut state = self.state();
        if !matches!(state.progress, Progress::Waiting) {
            return Ok(());
        }
        if self.is_deleted.load(Ordering::Relaxed) {
            return Err(io::Error::other("it was deleted"));
        }
        let device = Device::open(state.size)?;
        let plan = &self.plan;
        let mut command = plan.environment.command(&plan.program, &plan.folder);
        command.args(["-i", "-l"]).envs(&plan.envs);
        let process = device.spawn(command)?;
        let shell = Arc::new(Shell { device, process });
        state.progress = Progress::Running(Arc::clone(&shell));
        let terminal = Arc::clone(self);
        tokio::spawn(async move {
            let exit = terminal.pass_on_output(shell).await;
            on_end();
            // The last use of the device: the system hangs up on what still runs on it.
            terminal.state().progress = Progress::Ended(exit);
            terminal.viewers.end();
        });
        Ok(())
    }

    /// Sends the output to the clients until the shell has exited and everything that
    /// was written before is sent.
    async fn pass_on_output(&self, shell: Arc<Shell>) -> PtyExit {
        let mut buffer = vec![0; PIECE];
        let status = loop {
            tokio::select! {
                read = shell.device.read(&mut buffer) => match read {
                    Ok(length) => self.viewers.send(&Bytes::copy_from_slice(&buffer[..length])).await,
                    Err(error) => {
                        tracing::warn!(%error, "the output of a terminal cannot be read");
                        break shell.process.ended().await;
                    }
                },
                status = shell.process.ended() => break status,
            }
        };
        // What others write after the shell's end is none of its output, and may never end.
        let mut left = LAST_OUTPUT;
        while let Ok(Some(length)) = shell.device.read_now(&mut buffer[..left.min(PIECE)]) {
            self.viewers.send(&Bytes::copy_from_slice(&buffer[..length])).await;
            left -= length;
        }
        match status {
            Ok(status) => describe_exit(status, self.is_deleted.load(Ordering::Relaxed)),
            Err(error) => PtyExit { error: Some(error.to_string()), ..PtyExit::default() },
        }
    }

    /// The running shell.
    fn shell(&self) -> Option<Arc<Shell>> {
        match &self.state().progress {
            Progress::Running(shell) => Some(Arc::clone(shell)),
            Progress::Waiting | Progress::Ended(_) => None,
        }
    }

    /// How the shell exited, once it has.
    pub(super) fn exit(&self) -> Option<PtyExit> {
        match &self.state().progress {
            Progress::Ended(exit) => Some(exit.clone()),
            Progress::Waiting | Progress::Running(_) => None,
        }
    }

    /// Types a message. Waits while the program does not read.
    pub(super) async fn type_in(&self, message: &[u8]) -> io::Result<()> {
        match self.shell() {
            Some(shell) => shell.device.write(message).await,
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Changes the size. `None` when the shell does not run.
    pub(super) fn resize(&self, size: Size) -> Option<io::Result<PtySessionInfo>> {
        let shell = self.shell()?;
        if let Err(error) = shell.device.resize(size) {
            return Some(Err(error));
        }
        self.state().size = size;
        Some(Ok(self.describe()))
    }

    /// Kills everything that runs in the terminal.
    pub(super) async fn delete(&self) {
        let shell = {
            // It does not start after this.
            let state = self.state();
            self.is_deleted.store(true, Ordering::Relaxed);
            match &state.progress {
                Progress::Running(shell) => Some(Arc::clone(shell)),
                Progress::Waiting | Progress::Ended(_) => None,
            }
        };
        if let Some(shell) = shell {
            shell.process.kill().await;
        }
    }
}

/// How a shell exited, in the service's words.
fn describe_exit(status: ExitStatus, is_deleted: bool) -> PtyExit {
    let (code, reason) = match status.code() {
        None if is_deleted => (137, "SIGKILL".to_owned()),
        // As the service has it; the signal is not told.
        None => (-1, "non-zero exit".to_owned()),
        Some(0) => return PtyExit { exit_code: Some(0), ..PtyExit::default() },
        Some(130) => (130, "Ctrl+C".to_owned()),
        Some(137) => (137, "SIGKILL".to_owned()),
        Some(143) => (143, "SIGTERM".to_owned()),
        Some(code) if code > 128 => (code, format!("signal {}", code - 128)),
        Some(code) => (code, "non-zero exit".to_owned()),
    };
    if let Some(signal) = status.signal() {
        tracing::debug!(signal, "the shell of a terminal was killed");
    }
    PtyExit { exit_code: Some(code), exit_reason: Some(reason), error: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_is_described_as_the_service_does() {
        let exited = |code: i32| ExitStatus::from_raw(code << 8);
        for (status, is_deleted, code, reason) in [
            (exited(0), false, 0, None),
            (exited(0), true, 0, None),
            (exited(3), false, 3, Some("non-zero exit")),
            (exited(128), false, 128, Some("non-zero exit")),
            (exited(130), false, 130, Some("Ctrl+C")),
            (exited(137), false, 137, Some("SIGKILL")),
            (exited(143), false, 143, Some("SIGTERM")),
            (exited(255), false, 255, Some("signal 127")),
            (ExitStatus::from_raw(9), false, -1, Some("non-zero exit")),
            (ExitStatus::from_raw(9), true, 137, Some("SIGKILL")),
        ] {
            let exit = describe_exit(status, is_deleted);
            assert_eq!((exit.exit_code, exit.exit_reason.as_deref()), (Some(code), reason), "{status:?}");
        }
    }
}
