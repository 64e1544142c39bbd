//! The standard streams of the processes of a sandbox.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::process::Stdio;

use rustix::fs::{MemfdFlags, Mode, OFlags, memfd_create};

use super::plan::InitPlan;
use super::setup_error::{SetupError, Step as _};

/// Writes the environment of the sandbox's commands to an unnamed file. The toolbox
/// reads it and does not start with it: variables such as `LD_PRELOAD` are for
/// commands.
pub(crate) fn environment(plan: &InitPlan) -> io::Result<Stdio> {
    let mut file = File::from(memfd_create("environment", MemfdFlags::CLOEXEC)?);
    file.write_all(&serde_json::to_vec(&plan.env)?)?;
    Ok(file.into())
}

/// Opens `/dev/null`.
pub(crate) fn open_null() -> Result<OwnedFd, SetupError> {
    rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).step("open /dev/null")
}

/// Replaces standard input (0), output (1) or error (2) with `/dev/null`.
pub(crate) fn silence(standard: i32) -> Result<(), SetupError> {
    let null = open_null()?;
    let result = match standard {
        0 => rustix::stdio::dup2_stdin(null),
        1 => rustix::stdio::dup2_stdout(null),
        _ => rustix::stdio::dup2_stderr(null),
    };
    result.step("replace a standard descriptor")
}
