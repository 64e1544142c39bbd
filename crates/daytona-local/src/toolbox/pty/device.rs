//! Pseudo-terminals of the system.

use std::io;
use std::os::fd::OwnedFd;
use std::process::Command;

use rustix::io::Errno;
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{InputModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Mutex;

use super::super::process_group::ProcessGroup;

/// The size of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) cols: u16,
    pub(super) rows: u16,
}

impl From<Size> for Winsize {
    fn from(size: Size) -> Self {
        Self { ws_row: size.rows, ws_col: size.cols, ws_xpixel: 0, ws_ypixel: 0 }
    }
}

/// A pseudo-terminal.
#[derive(Debug)]
pub(super) struct Device {
    /// The side of the user: what is written here is typed.
    controller: AsyncFd<OwnedFd>,
    /// The side of the programs. It is held open so that the terminal also works for a
    /// program that opens it again after all others have closed it.
    terminal: OwnedFd,
    /// Keeps messages of several clients apart.
    input: Mutex<()>,
}

impl Device {
    /// Creates a pseudo-terminal of a size.
    pub(super) fn open(size: Size) -> io::Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let controller = openpt(flags)?;
        unlockpt(&controller)?;
        // Not by its path, which need not be in the sandbox's file tree.
        let terminal = ioctl_tiocgptpeer(&controller, flags)?;
        tcsetwinsize(&controller, size.into())?;
        let mut modes = tcgetattr(&terminal)?;
        // The erase key erases a whole character.
        modes.input_modes |= InputModes::IUTF8;
        tcsetattr(&terminal, OptionalActions::Now, &modes)?;
        rustix::io::ioctl_fionbio(&controller, true)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        // SAFETY: the descriptor is owned by the result, which neither closes nor replaces
        // it while it is registered.
        let controller = unsafe { AsyncFd::register_with_interest(controller, interest) }?;
        Ok(Self { controller, terminal, input: Mutex::default() })
    }

    /// Starts a program in a session of its own on this terminal.
    pub(super) fn spawn(&self, mut command: Command) -> io::Result<ProcessGroup> {
        let streams = [self.terminal.try_clone()?, self.terminal.try_clone()?, self.terminal.try_clone()?];
        let [stdin, stdout, stderr] = streams;
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        Ok(ProcessGroup::spawn_on_terminal(command)?.outlived())
    }

    /// Changes the size, and tells the program in the foreground.
    pub(super) fn resize(&self, size: Size) -> io::Result<()> {
        Ok(tcsetwinsize(&self.controller, size.into())?)
    }

    /// Reads output into a buffer, as much of it as there is.
    pub(super) async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = |controller: &OwnedFd| Ok(rustix::io::read(controller, &mut *buffer)?);
        let mut length = self.controller.async_io(Interest::READABLE, read).await?;
        // The system returns a few kilobytes at a time.
        while let Some(more) = self.read_now(&mut buffer[length..])? {
            length += more;
        }
        Ok(length)
    }

    /// Reads output that is there already. Everything that was written before this call
    /// can be read: the system hands it over before it says that there is nothing.
    pub(super) fn read_now(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        if buffer.is_empty() {
            return Ok(None);
        }
        match rustix::io::read(self.controller.get_ref(), buffer) {
            Ok(0) | Err(Errno::AGAIN) => Ok(None),
            Ok(length) => Ok(Some(length)),
            Err(error) => Err(error.into()),
        }
    }

    /// Types a message. Waits while the program does not read.
    pub(super) async fn write(&self, mut message: &[u8]) -> io::Result<()> {
        let _turn = self.input.lock().await;
        while !message.is_empty() {
            let write = |controller: &OwnedFd| Ok(rustix::io::write(controller, message)?);
            let written = self.controller.async_io(Interest::WRITABLE, write).await?;
            message = &message[written..];
        }
        Ok(())
    }
}
