//! Sandboxes without namespaces: walled in by Landlock, or not at all.
//!
//! Their processes are ordinary ones of the host, so nothing ends them by
//! itself: this process adopts all that the toolbox leaves behind and kills
//! them when the lifeline breaks.

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
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, wait};
use rustix::thread::set_no_new_privs;

use super::detection::Isolation;
use super::first_process::{child_signals, watch};
use super::init_plan::InitPlan;
use super::sandbox_root::make_folder;
use super::seccomp;
use super::setup_error::{SetupError, Step as _};

const TERMINALS: &[&str] = &["/dev/tty", "/dev/ptmx", "/dev/pts"];
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
/// Under Landlock there are no own copies of these.
const NAMES: &[&str] =
    &["/etc/passwd", "/etc/group", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/proc"];

/// Runs the toolbox of a plan and ends all that came from it.
pub(crate) fn run(plan: &InitPlan, program: &File) -> Result<(), SetupError> {
    set_child_subreaper(Some(getpid())).step("adopt orphans")?;
    // One after the other: none may be a link that an earlier run left.
    let home = plan.folder.join("home");
    for folder in [&home, &plan.home, &plan.folder.join("tmp")] {
        make_folder(folder, 0o755)?;
    }
    let signals = child_signals().step("watch children")?;
    // SAFETY: this process has one thread, so the child may do all that the
    // parent could.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()).step("fork"),
        0 => become_toolbox(plan, program),
        toolbox => {
            let watched = watch(toolbox.cast_unsigned(), &signals).step("watch the toolbox");
            end_all();
            watched
        }
    }
}

fn become_toolbox(plan: &InitPlan, program: &File) -> Result<(), SetupError> {
    set_no_new_privs(true).step("no_new_privs")?;
    if plan.isolation == Isolation::Landlock {
        restrict(plan, program).map_err(io::Error::other).step("landlock")?;
        seccomp::apply().step("seccomp")?;
    }
    if plan.check_only {
        return writeln!(io::stdout(), "ready").step("answer");
    }
    // By descriptor: its folder may be out of this user's reach.
    let path = format!("/proc/self/fd/{}", program.as_raw_fd());
    let mut toolbox = Command::new(path);
    toolbox.arg("toolbox").arg("--home").arg(&plan.home).current_dir(&plan.home);
    toolbox.env_clear().envs(plan.env.iter().map(|(name, value)| (name, value)));
    Err(toolbox.exec()).step("start the toolbox")
}

fn restrict(plan: &InitPlan, program: &File) -> Result<(), RulesetError> {
    let abi = ABI::V6;
    let sources = plan.bindings.iter().map(|binding| binding.source.as_path());
    let names = NAMES.iter().map(Path::new);
    let terminals = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::ReadDir | AccessFs::IoctlDev;
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .scope(Scope::AbstractUnixSocket)?
        .scope(Scope::Signal)?
        .create()?
        .add_rules(path_beneath_rules(sources.chain(names), AccessFs::from_read(abi)))?
        // By descriptor as well: rules for paths out of reach are left out.
        .add_rule(PathBeneath::new(program, AccessFs::Execute | AccessFs::ReadFile))?
        .add_rules(path_beneath_rules(DEVICES, AccessFs::ReadFile | AccessFs::WriteFile))?
        .add_rules(path_beneath_rules(TERMINALS, terminals))?
        .add_rules(path_beneath_rules([&plan.folder], AccessFs::from_all(abi)))?
        .restrict_self()
        .map(|_status| ())
}

/// Kills whatever descends from this process until nothing does.
fn end_all() {
    loop {
        for pid in descendants() {
            // It may have ended by itself.
            let _gone = kill_process(pid, Signal::KILL);
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
        .filter_map(|pid| Some((pid, parent_of(pid)?)))
        .collect();
    let own = getpid().as_raw_nonzero().get();
    let comes_from_here = |pid: &i32| {
        let mut at = *pid;
        // A chain longer than the table would be a loop.
        (0..parents.len()).any(|_| {
            at = parents.get(&at).copied().unwrap_or_default();
            at == own
        })
    };
    parents.keys().filter(|pid| comes_from_here(pid)).filter_map(|pid| Pid::from_raw(*pid)).collect()
}

/// The name of a program stands in parentheses and may hold any character.
fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&stat);
    text.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}
