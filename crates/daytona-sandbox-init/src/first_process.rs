//! The first process (PID 1) of a sandbox: starts the toolbox and reaps orphaned
//! processes. When it exits, the kernel kills every other process of the sandbox.
//!
//! The toolbox is not PID 1 itself: reaping every child would take exit
//! statuses away from the code that waits for them.

use std::io;
use std::os::fd::OwnedFd;
use std::process::Command;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{DumpableBehavior, Pid, set_dumpable_behavior};

use super::capabilities;
use super::cgroup::Groups;
use super::guard::{child_signals, has_exited};
use super::plan::{InitPlan, PROGRAM};
use super::setup_error::{SetupError, Step as _};
use super::standard_streams::{environment, silence};

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
        .args(plan.toolbox_arguments())
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
