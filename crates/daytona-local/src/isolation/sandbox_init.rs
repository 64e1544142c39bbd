//! `sandbox-init`: puts the walls up and becomes the sandbox's first process.
//!
//! Runs single-threaded, in a program started afresh: nothing here may start a
//! thread or a runtime before the fork. Standard input is the toolbox's
//! listening socket, standard output a pipe that says how it went and stays
//! open as the lifeline, standard error a file with the plan.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use rustix::fs::{Mode, OFlags};
use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{
    DumpableBehavior, Pid, Resource, Rlimit, Signal, WaitOptions, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit, setsid, umask, waitpid,
};
use rustix::thread::{
    Gid, Uid, UnshareFlags, set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
    unshare_unsafe,
};

use super::detection::Isolation;
use super::init_plan::{InitPlan, PROGRAM, USER_ID};
use super::sandbox_root::{Sources, enter};
use super::setup_error::{SetupError, Step as _};
use super::{network, seccomp, supervised};

/// Processes that one sandbox may have; counted for its user namespace.
const PROCESS_LIMIT: u64 = 4096;

/// Builds the sandbox of the plan in standard error and waits for its end.
pub fn run() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The reader may be gone; then nobody wants the reason.
            let _unread = writeln!(io::stdout(), "error {error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), SetupError> {
    close_all_but_standard()?;
    let plan = read_plan()?;
    // It may lead its session already, when somebody starts it by hand.
    let _leader = setsid();
    umask(Mode::WGRP | Mode::WOTH);
    if plan.isolation != Isolation::Namespaces {
        let program = File::open(&plan.program).step("open this program")?;
        if let Some(id) = plan.host_id {
            change_user(id)?;
        }
        return supervised::run(&plan, &program);
    }
    let early_sources = match plan.host_id {
        Some(id) => Some(become_ordinary(&plan, id)?),
        None => None,
    };
    // Both processes share the mounts: after the child has changed the root,
    // the monitor finds nothing of the host any more.
    let null = open_null()?;
    unshare_all(&plan)?;
    // SAFETY: this process has one thread, so the child may do all that the
    // parent could.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()).step("fork"),
        0 => become_first_process(&plan, early_sources),
        child => monitor(child, &null),
    }
}

/// Waits for the first process, whose end is the end of the whole sandbox.
fn monitor(child: libc::pid_t, null: &OwnedFd) -> Result<(), SetupError> {
    // The pipe must be held by the sandbox alone, else its end would not show.
    for standard in 0..=1 {
        replace(null, standard)?;
    }
    let Some(child) = Pid::from_raw(child) else { return Ok(()) };
    while let Err(rustix::io::Errno::INTR) = waitpid(Some(child), WaitOptions::empty()) {}
    Ok(())
}

fn become_first_process(plan: &InitPlan, early_sources: Option<Sources>) -> Result<(), SetupError> {
    // The parent has one thread, so this cannot fire too early.
    set_parent_process_death_signal(Some(Signal::KILL)).step("tie to the monitor")?;
    make_mounts_private()?;
    let sources = early_sources.map_or_else(|| Sources::collect(plan), Ok)?;
    enter(plan, sources)?;
    rustix::system::sethostname(plan.hostname.as_bytes()).step("host name")?;
    if plan.block_network {
        network::bring_loopback_up().step("loopback")?;
    }
    network::keep_from_abstract_sockets().step("scope of abstract sockets")?;
    leave_keyring();
    limit()?;
    set_no_new_privs(true).step("no_new_privs")?;
    seccomp::apply().step("seccomp")?;
    if plan.check_only {
        return writeln!(io::stdout(), "ready").step("answer");
    }
    let mut first = Command::new(PROGRAM);
    first.arg("pid1").env_clear().envs(plan.env.iter().map(|(name, value)| (name, value)));
    Err(first.exec()).step("start the first process")
}

/// Root only: an ordinary user of the host from here on. What only root may
/// reach, such as a toolchain below root's home, is cloned before.
fn become_ordinary(plan: &InitPlan, id: u32) -> Result<Sources, SetupError> {
    unshare(UnshareFlags::NEWNS).step("unshare mounts as root")?;
    make_mounts_private()?;
    let sources = Sources::collect(plan)?;
    change_user(id)?;
    // Changing the user made the files below /proc/self root's.
    set_dumpable_behavior(DumpableBehavior::Dumpable).step("dumpable")?;
    Ok(sources)
}

fn change_user(id: u32) -> Result<(), SetupError> {
    let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
    set_thread_groups(&[]).step("setgroups")?;
    set_thread_res_gid(group, group, group).step("setresgid")?;
    set_thread_res_uid(user, user, user).step("setresuid")
}

fn unshare_all(plan: &InitPlan) -> Result<(), SetupError> {
    let (user, group) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let mut flags = UnshareFlags::NEWUSER
        | UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWCGROUP;
    if plan.block_network {
        flags |= UnshareFlags::NEWNET;
    }
    unshare(flags).step("unshare")?;
    fs::write("/proc/self/setgroups", "deny").step("setgroups")?;
    fs::write("/proc/self/uid_map", format!("{USER_ID} {user} 1")).step("uid_map")?;
    fs::write("/proc/self/gid_map", format!("{USER_ID} {group} 1")).step("gid_map")
}

fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: the one dangerous flag, FILES, is never passed.
    Ok(unsafe { unshare_unsafe(flags) }?)
}

fn make_mounts_private() -> Result<(), SetupError> {
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).step("private mounts")
}

/// Keys of the user who started the server stay outside.
fn leave_keyring() {
    const JOIN_SESSION_KEYRING: libc::c_int = 1;
    // SAFETY: a null name asks for a new unnamed keyring; nothing is read.
    // Kernels without keyrings refuse, and then there are none to leave.
    unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, std::ptr::null::<libc::c_char>()) };
}

fn limit() -> Result<(), SetupError> {
    let at_most = |value| Rlimit { current: Some(value), maximum: Some(value) };
    setrlimit(Resource::Nproc, at_most(PROCESS_LIMIT)).step("process limit")?;
    // A dump may be written by a program of the host.
    setrlimit(Resource::Core, at_most(0)).step("core limit")
}

fn read_plan() -> Result<InitPlan, SetupError> {
    let mut file = File::from(io::stderr().as_fd().try_clone_to_owned().step("plan")?);
    file.rewind().step("plan")?;
    let mut text = String::new();
    file.read_to_string(&mut text).step("plan")?;
    replace(&open_null()?, 2)?;
    serde_json::from_str(&text).step("plan")
}

fn close_all_but_standard() -> Result<(), SetupError> {
    // SAFETY: nothing of this process has opened a descriptor yet.
    let answer = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()).step("close_range") }
}

fn open_null() -> Result<OwnedFd, SetupError> {
    rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).step("/dev/null")
}

/// Puts a copy of `descriptor` in the place of a standard one.
fn replace(descriptor: &OwnedFd, standard: i32) -> Result<(), SetupError> {
    let answer = match standard {
        0 => rustix::stdio::dup2_stdin(descriptor),
        1 => rustix::stdio::dup2_stdout(descriptor),
        _ => rustix::stdio::dup2_stderr(descriptor),
    };
    answer.step("standard descriptors")
}
