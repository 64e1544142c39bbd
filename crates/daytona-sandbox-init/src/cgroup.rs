//! Joining the control groups of a sandbox.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;

use rustix::io::{FdFlags, fcntl_setfd};

use super::plan::InitPlan;
use super::setup_error::{SetupError, Step as _};

/// Files of the control groups, opened with the rights of the server. The guard itself
/// does not join: it must live on when the sandbox has used up its memory.
pub(crate) struct Groups {
    processes: Vec<File>,
    memory_events: Option<File>,
}

impl Groups {
    /// Opens the files that the plan names.
    pub(crate) fn open(plan: &InitPlan) -> Result<Self, SetupError> {
        let join = |path| File::options().write(true).open(path).step("open a control group");
        let processes = plan.cgroups.iter().map(join).collect::<Result<_, _>>()?;
        let memory_events = plan.memory_events.as_ref().map(File::open).transpose();
        Ok(Self { processes, memory_events: memory_events.step("open a control group")? })
    }

    /// Moves this process into the groups. Its children follow.
    pub(crate) fn join(&mut self) -> Result<(), SetupError> {
        // The kernel takes 0 for the process that writes.
        self.processes.drain(..).try_for_each(|mut file| file.write_all(b"0")).step("join a control group")
    }

    /// Lets the next program inherit the file of memory events. Returns the arguments that
    /// tell it the descriptor.
    pub(crate) fn arguments(&self) -> Result<Vec<String>, SetupError> {
        let Some(file) = &self.memory_events else { return Ok(Vec::new()) };
        fcntl_setfd(file, FdFlags::empty()).step("pass a descriptor")?;
        Ok(vec!["--memory-events".to_owned(), file.as_raw_fd().to_string()])
    }
}
