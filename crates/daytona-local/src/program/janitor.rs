//! The `janitor` role: removes the files of a server after it has exited for any
//! reason, including a crash, and those that earlier servers left behind when they
//! were killed together with their janitors.

use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::server_folder::{remove, remove_abandoned};

/// Processes of sandboxes may still write to the folder for a moment after the
/// server has exited.
const ATTEMPTS: u32 = 500;
const PAUSE: Duration = Duration::from_millis(20);
/// How long the end of a server waits for the removal of its files.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// Waits for the end of standard input, then removes the folder. Retries for up
/// to 10 seconds.
#[must_use]
pub fn run_janitor(folder: &Path) -> ExitCode {
    // A new session, so that Ctrl-C in the terminal only reaches the server.
    let _ignored = rustix::process::setsid();
    // Not by the server, which would keep the memory; ends with this process.
    let own = folder.to_owned();
    let sweep = thread::Builder::new().spawn(move || remove_abandoned(&own));
    let mut byte = [0];
    while matches!(io::stdin().read(&mut byte), Ok(length) if length > 0) {}
    drop(sweep);
    for _attempt in 0..ATTEMPTS {
        if remove(folder).is_ok() {
            return ExitCode::SUCCESS;
        }
        thread::sleep(PAUSE);
    }
    ExitCode::FAILURE
}

/// The server's handle of its janitor process.
#[derive(Debug)]
pub(super) struct Janitor {
    process: Child,
    lifeline: OwnedFd,
}

impl Janitor {
    /// Starts a janitor for `folder`.
    pub(super) fn start(program: &Path, folder: &Path) -> io::Result<Self> {
        let (reader, lifeline) = pipe_with(PipeFlags::CLOEXEC)?;
        let process = Command::new(program)
            .arg("janitor")
            .arg(folder)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(reader))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { process, lifeline })
    }

    /// Lets the janitor remove the folder and waits until it has, 5 seconds at most: it
    /// completes a long removal by itself.
    pub(super) fn finish(mut self) -> io::Result<()> {
        drop(self.lifeline);
        if !exits_within(&self.process, FINISH_TIMEOUT)? {
            return Ok(());
        }
        let status = self.process.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other("files of sandboxes could not be removed"))
        }
    }
}

fn exits_within(process: &Child, timeout: Duration) -> io::Result<bool> {
    let Some(pid) = i32::try_from(process.id()).ok().and_then(Pid::from_raw) else { return Ok(true) };
    let exit = pidfd_open(pid, PidfdFlags::empty())?;
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(&exit, PollFlags::IN)], Some(&left)) {
            Err(rustix::io::Errno::INTR) => {}
            ready => return Ok(ready? > 0),
        }
    }
}
