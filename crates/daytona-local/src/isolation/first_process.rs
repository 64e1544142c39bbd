//! The first process (PID 1) of a sandbox: starts the toolbox, reaps orphaned
//! processes, and ends the sandbox when the server has ended.
//!
//! The toolbox is not PID 1 itself: reaping every child would take exit
//! statuses away from the code that waits for them.

use std::io;
use std::os::fd::{AsFd as _, FromRawFd as _, OwnedFd};
use std::process::{Command, ExitCode};
use std::ptr;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{DumpableBehavior, WaitOptions, set_dumpable_behavior, wait};

use super::init_plan::PROGRAM;

/// Runs the toolbox until it exits or the reader of standard output has closed
/// its end.
///
/// When this process exits, the kernel kills every other process in the sandbox.
pub fn run() -> ExitCode {
    match supervise() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn supervise() -> io::Result<()> {
    // Programs in the sandbox run as the same user: they must not be able to
    // trace this process and close its end of the lifeline.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let signals = child_signals()?;
    let toolbox = Command::new(PROGRAM).arg("toolbox").spawn()?.id();
    watch(toolbox, &signals)
}

/// Reaps children until the toolbox has exited or the reader of standard output
/// has closed its end.
pub(crate) fn watch(toolbox: u32, signals: &OwnedFd) -> io::Result<()> {
    loop {
        let stdout = io::stdout();
        let mut watched = [
            PollFd::from_borrowed_fd(stdout.as_fd(), PollFlags::empty()),
            PollFd::new(signals, PollFlags::IN),
        ];
        match poll(&mut watched, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        if watched[0].revents().contains(PollFlags::ERR) {
            return Ok(());
        }
        let mut buffer = [0; size_of::<libc::signalfd_siginfo>()];
        let _ignored = rustix::io::read(signals, &mut buffer);
        while let Ok(Some((pid, _status))) = wait(WaitOptions::NOHANG) {
            if pid.as_raw_nonzero().get().cast_unsigned() == toolbox {
                return Ok(());
            }
        }
    }
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
