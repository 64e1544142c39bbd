//! The first process (PID 1) of a sandbox: starts the toolbox and reaps orphaned
//! processes. When it exits, the kernel kills every other process of the sandbox.
//!
//! The toolbox is not PID 1 itself: reaping every child would take exit
//! statuses away from the code that waits for them.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{DumpableBehavior, Pid, set_dumpable_behavior};

use super::capabilities;
use super::cgroup::Groups;
use super::guard::{child_signals, has_exited};
use super::init::silence;
use super::plan::{InitPlan, PROGRAM};
use super::setup_error::{SetupError, Step as _};

/// Starts the toolbox and returns when it has exited.
pub(crate) fn run(plan: &InitPlan, groups: &Groups) -> Result<(), SetupError> {
    let signals = child_signals().step("watch children")?;
    capabilities::drop_all().step("drop capabilities")?;
    // Programs in the sandbox run as the same user: they must not be able to
    // trace this process.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).step("forbid tracing")?;
    let mut toolbox = Command::new(PROGRAM);
    toolbox
        .arg("toolbox")
        .args(groups.arguments()?)
        .env_clear()
        .stderr(environment(plan).step("write the environment")?);
    let toolbox = toolbox.spawn().step("start the toolbox")?.id();
    for standard in 0..=1 {
        silence(standard)?;
    }
    let toolbox = i32::try_from(toolbox).ok().and_then(Pid::from_raw);
    toolbox.map_or(Ok(()), |toolbox| reap_until_exit(toolbox, &signals)).step("watch the toolbox")
}

/// Writes the environment of the sandbox's commands to an unnamed file. The toolbox
/// reads it and does not start with it: variables such as `LD_PRELOAD` are for
/// commands.
pub(crate) fn environment(plan: &InitPlan) -> io::Result<Stdio> {
    let mut file = File::from(memfd_create("environment", MemfdFlags::CLOEXEC)?);
    file.write_all(&serde_json::to_vec(&plan.env)?)?;
    Ok(file.into())
}

fn reap_until_exit(toolbox: Pid, signals: &OwnedFd) -> io::Result<()> {
    loop {
        match poll(&mut [PollFd::new(signals, PollFlags::IN)], None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if has_exited(signals, toolbox) {
            return Ok(());
        }
    }
}
