//! The `toolbox` role, inside a sandbox.

use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::Path;
use std::process::ExitCode;

use rustix::fs::{Mode, OFlags};
use tokio::net::UnixListener;

use crate::toolbox::{ToolboxOptions, serve};

/// Serves the toolbox on the listening socket that is passed as standard input.
#[must_use]
pub fn run_toolbox(home: &Path) -> ExitCode {
    match run(home) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn run(home: &Path) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = take_listener()?;
        report_ready()?;
        let options = ToolboxOptions {
            work_dir: home.to_owned(),
            home_dir: home.to_owned(),
            state_dir: super::temp_dir().join(".daytona"),
        };
        serve(listener, options).await
    })
}

/// Moves the listening socket to a descriptor that commands do not inherit.
fn take_listener() -> io::Result<UnixListener> {
    let listener = StdUnixListener::from(io::stdin().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(null()?)?;
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}

/// Tells the server that the toolbox is ready, then closes the pipe: commands must
/// not inherit it.
fn report_ready() -> io::Result<()> {
    io::stdout().write_all(b"ready\n")?;
    io::stdout().flush()?;
    Ok(rustix::stdio::dup2_stdout(null()?)?)
}

fn null() -> io::Result<OwnedFd> {
    Ok(rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?)
}
