//! The guard of a sandbox: outside its PID namespace, it relays the report of the
//! start and ends the sandbox when the lifeline closes.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, FromRawFd as _, OwnedFd};
use std::ptr;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, WaitOptions, wait};

use super::cgroup::Groups;
use super::setup_error::{SetupError, Step as _};

/// Maximum length of the report, in bytes. More is not from this program.
const MAX_REPORT_BYTES: usize = 4096;

/// What the guard watches.
pub(crate) struct Guard {
    signals: OwnedFd,
    report: OwnedFd,
    reporter: OwnedFd,
}

impl Guard {
    /// Forks this process. The child joins the control groups and becomes what `child`
    /// does, and nothing is returned in it; this process gets its guard.
    pub(crate) fn fork(
        mut groups: Groups,
        child: impl FnOnce(&Groups) -> Result<(), SetupError>,
    ) -> Result<Option<(Self, Pid)>, SetupError> {
        let guard = Self::prepare()?;
        // SAFETY: this process has one thread, so the child is not limited to
        // async-signal-safe functions.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()).step("fork"),
            0 => {
                guard.become_child()?;
                groups.join()?;
                child(&groups).map(|()| None)
            }
            id => Ok(Pid::from_raw(id).map(|id| (guard, id))),
        }
    }

    fn prepare() -> Result<Self, SetupError> {
        let signals = child_signals().step("watch children")?;
        let (report, reporter) = pipe_with(PipeFlags::CLOEXEC).step("create a pipe")?;
        Ok(Self { signals, report, reporter })
    }

    /// In the child: its standard output becomes the pipe to the guard.
    /// The sandbox never holds the pipe to the server.
    fn become_child(self) -> Result<(), SetupError> {
        rustix::stdio::dup2_stdout(&self.reporter).step("replace standard output")
    }

    /// Waits until `child` has exited or the server has closed the lifeline. Relays
    /// one line of the child's output, its report.
    pub(crate) fn watch(self, child: Pid) -> io::Result<()> {
        let Self { signals, report, reporter } = self;
        drop(reporter);
        let mut report = Some(Report { pipe: report.into(), text: Vec::new() });
        loop {
            let stdout = io::stdout();
            let mut watched = vec![
                PollFd::from_borrowed_fd(stdout.as_fd(), PollFlags::empty()),
                PollFd::new(&signals, PollFlags::IN),
            ];
            watched.extend(report.as_ref().map(|report| PollFd::new(&report.pipe, PollFlags::IN)));
            match poll(&mut watched, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let is_ready =
                |index: usize| watched.get(index).is_some_and(|descriptor| !descriptor.revents().is_empty());
            let (lifeline_closed, has_report) = (is_ready(0), is_ready(2));
            if lifeline_closed {
                return Ok(());
            }
            // Before the signals: a child that failed reports first, then exits.
            if has_report && report.as_mut().is_some_and(Report::relay) {
                report = None;
            } else if has_exited(&signals, child) {
                return Ok(());
            }
        }
    }
}

/// The child's report, as far as it was read.
struct Report {
    pipe: std::fs::File,
    text: Vec<u8>,
}

impl Report {
    /// Reads what there is. Once the line is complete, writes it to standard output.
    /// Returns whether nothing more is to be read.
    fn relay(&mut self) -> bool {
        let mut buffer = [0; 512];
        let length = self.pipe.read(&mut buffer).unwrap_or(0);
        self.text.extend_from_slice(&buffer[..length]);
        let line = self.text.iter().position(|byte| *byte == b'\n').map(|end| &self.text[..=end]);
        if let Some(line) = line {
            let mut stdout = io::stdout();
            // The server may have exited; the lifeline shows that.
            let _ignored = stdout.write_all(line).and_then(|()| stdout.flush());
        }
        line.is_some() || length == 0 || self.text.len() > MAX_REPORT_BYTES
    }
}

/// Reaps exited children. Returns whether `child` is among them.
pub(crate) fn has_exited(signals: &OwnedFd, child: Pid) -> bool {
    let mut buffer = [0; size_of::<libc::signalfd_siginfo>()];
    let _ignored = rustix::io::read(signals, &mut buffer);
    let mut exited = false;
    while let Ok(Some((pid, _status))) = wait(WaitOptions::NOHANG) {
        exited |= pid == child;
    }
    exited
}

/// Returns a descriptor that becomes readable when a child has exited.
pub(crate) fn child_signals() -> io::Result<OwnedFd> {
    // SAFETY: `sigemptyset` initializes the set before it is used, and the
    // descriptor is new, so nothing else owns it.
    unsafe {
        let mut set = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        if libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        match libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) {
            -1 => Err(io::Error::last_os_error()),
            descriptor => Ok(OwnedFd::from_raw_fd(descriptor)),
        }
    }
}
