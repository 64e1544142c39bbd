//! Sandboxes without namespaces: isolated by Landlock, or not isolated.
//!
//! Their processes are ordinary processes of the host, which the kernel does not
//! end together. So this process adopts the toolbox's orphans, and kills all its
//! descendants when the lifeline closes or the toolbox exits.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use landlock::{
    ABI, Access as _, AccessFs, CompatLevel, Compatible as _, PathBeneath, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetError, Scope, path_beneath_rules,
};
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, set_parent_process_death_signal,
    wait,
};
use rustix::thread::set_no_new_privs;

use super::cgroup::Groups;
use super::guard::Guard;
use super::isolation::Isolation;
use super::limits::set_limits;
use super::plan::InitPlan;
use super::process_stat::ProcessStat;
use super::seccomp;
use super::setup_error::{SetupError, Step as _};
use super::standard_streams::{environment, silence};

const TERMINALS: &[&str] = &["/dev/tty", "/dev/ptmx", "/dev/pts"];
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
/// Host files that sandboxes read under Landlock, where they have no copies of
/// their own.
const READABLE_HOST_FILES: &[&str] =
    &["/etc/passwd", "/etc/group", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/proc"];

/// Runs the toolbox of a plan, then kills all its descendants.
pub(crate) fn run(plan: &InitPlan, program: &File, groups: Groups) -> Result<(), SetupError> {
    set_child_subreaper(Some(getpid())).step("become the parent of orphans")?;
    let Some((guard, toolbox)) = Guard::fork(groups, |groups| exec_toolbox(plan, program, groups))? else {
        return Ok(());
    };
    silence(0)?;
    let result = guard.watch(toolbox);
    kill_descendants();
    result.step("watch the toolbox")
}

fn exec_toolbox(plan: &InitPlan, program: &File, groups: &Groups) -> Result<(), SetupError> {
    // The signal is sent when the parent's thread exits; it has only one.
    set_parent_process_death_signal(Some(Signal::KILL)).step("set the parent death signal")?;
    set_limits(plan)?;
    set_no_new_privs(true).step("set no_new_privs")?;
    if plan.isolation == Isolation::Landlock {
        restrict(plan, program).map_err(io::Error::other).step("apply the Landlock rules")?;
        seccomp::apply(plan.isolation).step("apply the seccomp filters")?;
    }
    if plan.check_only {
        writeln!(io::stdout(), "ready").step("report readiness")?;
        std::process::exit(0);
    }
    // By descriptor, as this user may not have access to the folder.
    let path = format!("/proc/self/fd/{}", program.as_raw_fd());
    let mut toolbox = Command::new(path);
    toolbox.arg("toolbox").arg("--home").arg(&plan.home).args(plan.toolbox_arguments());
    toolbox.args(groups.arguments()?).current_dir(&plan.home);
    toolbox.env_clear().stderr(environment(plan).step("write the environment")?);
    Err(toolbox.exec()).step("start the toolbox")
}

fn restrict(plan: &InitPlan, program: &File) -> Result<(), RulesetError> {
    let abi = ABI::V6;
    let sources = plan.bindings.iter().map(|binding| binding.source.as_path());
    let host_files = READABLE_HOST_FILES.iter().map(Path::new);
    let terminals = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::ReadDir | AccessFs::IoctlDev;
    let own = [plan.folder.home(), plan.folder.tmp(), plan.folder.var_tmp()];
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .scope(Scope::AbstractUnixSocket)?
        .scope(Scope::Signal)?
        .create()?
        .add_rules(path_beneath_rules(sources.chain(host_files), AccessFs::from_read(abi)))?
        // By descriptor as well: rules for inaccessible paths are skipped.
        .add_rule(PathBeneath::new(program, AccessFs::Execute | AccessFs::ReadFile))?
        .add_rules(path_beneath_rules(DEVICES, AccessFs::ReadFile | AccessFs::WriteFile))?
        .add_rules(path_beneath_rules(TERMINALS, terminals))?
        .add_rules(path_beneath_rules(own, AccessFs::from_all(abi)))?
        .restrict_self()
        .map(|_status| ())
}

/// Kills the descendants of this process until none is left.
fn kill_descendants() {
    loop {
        for pid in descendants() {
            // It may have exited already.
            let _ignored = kill_process(pid, Signal::KILL);
        }
        match wait(WaitOptions::empty()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_none_left) => return,
        }
    }
}

fn descendants() -> Vec<Pid> {
    let parents: HashMap<i32, i32> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, ProcessStat::read(pid).ok()?.parent()?)))
        .collect();
    let own = getpid().as_raw_nonzero().get();
    let is_descendant = |pid: &i32| {
        let mut ancestor = *pid;
        // Bounded, as a reused process id could form a cycle.
        (0..parents.len()).any(|_| {
            ancestor = parents.get(&ancestor).copied().unwrap_or_default();
            ancestor == own
        })
    };
    parents.keys().filter(|pid| is_descendant(pid)).filter_map(|pid| Pid::from_raw(*pid)).collect()
}
