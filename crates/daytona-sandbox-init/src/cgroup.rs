//! Joining the control groups of a sandbox.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;

use rustix::io::{FdFlags, fcntl_setfd};

use super::plan::InitPlan;
use super::setup_error::{SetupError, Step as _};

/// Files of the control groups, opened with the rights of the server. The guard itself
/// does not join: it must live on when the sandbox has used up its memory.
pub(crate) struct Groups {
    processes: Vec<File>,
    /// Files to read, each with the argument that names its descriptor.
    readable: Vec<(&'static str, File)>,
}

impl Groups {
    /// Opens the files that the plan names.
    pub(crate) fn open(plan: &InitPlan) -> Result<Self, SetupError> {
        let join = |path| File::options().write(true).open(path).step("open a control group");
        let processes = plan.cgroups.iter().map(join).collect::<Result<_, _>>()?;
        let named = [("--memory-events", &plan.memory_events), ("--memory-stat", &plan.memory_stat)];
        let named = named.into_iter().filter_map(|(argument, path)| Some((argument, path.as_ref()?)));
        let open = |(argument, path)| Ok((argument, File::open(path)?));
        let readable = named.map(open).collect::<io::Result<_>>().step("open a control group")?;
        Ok(Self { processes, readable })
    }

    /// Moves this process into the groups. Its children follow.
    pub(crate) fn join(&mut self) -> Result<(), SetupError> {
        // The kernel takes 0 for the process that writes.
        self.processes.drain(..).try_for_each(|mut file| file.write_all(b"0")).step("join a control group")
    }

    /// Lets the next program inherit the files to read. Returns the arguments that tell it
    /// their descriptors.
    pub(crate) fn arguments(&self) -> Result<Vec<String>, SetupError> {
        let mut arguments = Vec::new();
        for (argument, file) in &self.readable {
            fcntl_setfd(file, FdFlags::empty()).step("pass a descriptor")?;
            arguments.extend([(*argument).to_owned(), file.as_raw_fd().to_string()]);
        }
        Ok(arguments)
    }
}
