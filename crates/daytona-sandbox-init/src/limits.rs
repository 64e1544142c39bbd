//! Limits of the processes of a sandbox.

use rustix::process::{Resource, Rlimit, setrlimit};

use super::isolation::Isolation;
use super::plan::InitPlan;
use super::setup_error::{SetupError, Step as _};

/// Maximum number of processes in a sandbox, counted per user namespace.
const PROCESS_LIMIT: u64 = 4096;
/// The kernel neither writes core dumps of one byte nor passes them to the program
/// that the host has for core dumps; with 0 it does the latter.
const CORE_LIMIT: u64 = 1;

/// Sets the limits of the sandbox's processes.
pub(crate) fn set_limits(plan: &InitPlan) -> Result<(), SetupError> {
    let at_most = |value| Rlimit { current: Some(value), maximum: Some(value) };
    // Without namespaces and a user of its own, the limit would count all processes of
    // the user who started the server.
    if plan.isolation == Isolation::Namespaces || plan.host_id.is_some() {
        setrlimit(Resource::Nproc, at_most(PROCESS_LIMIT)).step("set the process limit")?;
    }
    let open_files = Rlimit { current: plan.open_files.soft, maximum: plan.open_files.hard };
    setrlimit(Resource::Nofile, open_files).step("set the limit of open files")?;
    setrlimit(Resource::Core, at_most(CORE_LIMIT)).step("set the core dump limit")
}
