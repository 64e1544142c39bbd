//! `sandbox-init`: sets up the isolation and executes the sandbox's first
//! process.
//!
//! Runs single-threaded in a newly started program: nothing here may start a
//! thread or a runtime before the fork. Standard input is the toolbox's
//! listening socket. Standard output is a pipe that reports the result and then
//! stays open as the lifeline. Standard error is a file with the plan.

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

use super::init_plan::{InitPlan, PROGRAM, USER_ID};
use super::kind::Isolation;
use super::sandbox_root::{Sources, enter_root};
use super::setup_error::{SetupError, Step as _};
use super::{network, seccomp, supervised};

/// Maximum number of processes in a sandbox, counted per user namespace.
const PROCESS_LIMIT: u64 = 4096;

/// Sets up the sandbox as the plan in standard error says and waits until it
/// ends.
pub fn run() -> ExitCode {
    match set_up() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The server may have exited; then nothing reads the reason.
            let _ignored = writeln!(io::stdout(), "error {error}");
            ExitCode::FAILURE
        }
    }
}

fn set_up() -> Result<(), SetupError> {
    close_all_but_standard()?;
    let plan = read_plan()?;
    // Fails when this process already leads its session, as when it is started
    // by hand.
    let _ignored = setsid();
    umask(Mode::WGRP | Mode::WOTH);
    if plan.isolation != Isolation::Namespaces {
        let program = File::open(&plan.program).step("open this program")?;
        if let Some(id) = plan.host_id {
            change_user(id)?;
        }
        return supervised::run(&plan, &program);
    }
    let early_sources = match plan.host_id {
        Some(id) => Some(drop_root(&plan, id)?),
        None => None,
    };
    // Opened now: both processes share the mounts, so once the child has changed
    // the root, the monitor can no longer open it.
    let null = open_null()?;
    unshare_all(&plan)?;
    // SAFETY: this process has one thread, so the child is not limited to
    // async-signal-safe functions.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()).step("fork"),
        0 => exec_first_process(&plan, early_sources),
        child => monitor(child, &null),
    }
}

/// Waits for the first process; when it exits, the whole sandbox has ended.
fn monitor(child: libc::pid_t, null: &OwnedFd) -> Result<(), SetupError> {
    // Only the sandbox may hold the pipe, or the server would not see it close.
    for standard in 0..=1 {
        replace_standard(null, standard)?;
    }
    let Some(child) = Pid::from_raw(child) else { return Ok(()) };
    while let Err(rustix::io::Errno::INTR) = waitpid(Some(child), WaitOptions::empty()) {}
    Ok(())
}

fn exec_first_process(plan: &InitPlan, early_sources: Option<Sources>) -> Result<(), SetupError> {
    // The signal is sent when the parent's thread exits; it has only one.
    set_parent_process_death_signal(Some(Signal::KILL)).step("set the parent death signal")?;
    make_mounts_private()?;
    let sources = early_sources.map_or_else(|| Sources::collect(plan), Ok)?;
    enter_root(plan, sources)?;
    rustix::system::sethostname(plan.hostname.as_bytes()).step("set the host name")?;
    if plan.block_network {
        network::bring_loopback_up().step("bring up the loopback interface")?;
    }
    network::block_abstract_sockets().step("block abstract sockets")?;
    join_new_keyring();
    set_limits()?;
    set_no_new_privs(true).step("set no_new_privs")?;
    seccomp::apply().step("apply the seccomp filters")?;
    if plan.check_only {
        return writeln!(io::stdout(), "ready").step("report readiness");
    }
    let mut first = Command::new(PROGRAM);
    first.arg("pid1").env_clear().envs(plan.env.iter().map(|(name, value)| (name, value)));
    Err(first.exec()).step("start the first process")
}

/// Switches from root to an ordinary user of the host. Mounts that only root can
/// access, such as a toolchain below root's home, are cloned first.
fn drop_root(plan: &InitPlan, id: u32) -> Result<Sources, SetupError> {
    unshare(UnshareFlags::NEWNS).step("unshare the mount namespace as root")?;
    make_mounts_private()?;
    let sources = Sources::collect(plan)?;
    change_user(id)?;
    // After the change of user, files below /proc/self belong to root.
    set_dumpable_behavior(DumpableBehavior::Dumpable).step("set dumpable")?;
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
    unshare(flags).step("unshare namespaces")?;
    fs::write("/proc/self/setgroups", "deny").step("write setgroups")?;
    fs::write("/proc/self/uid_map", format!("{USER_ID} {user} 1")).step("write uid_map")?;
    fs::write("/proc/self/gid_map", format!("{USER_ID} {group} 1")).step("write gid_map")
}

fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: only the flag FILES is unsafe, and it is never passed.
    Ok(unsafe { unshare_unsafe(flags) }?)
}

fn make_mounts_private() -> Result<(), SetupError> {
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).step("make mounts private")
}

/// Replaces the session keyring, so that keys of the user who started the server
/// are not accessible in the sandbox.
fn join_new_keyring() {
    const JOIN_SESSION_KEYRING: libc::c_int = 1;
    // SAFETY: a null name requests a new unnamed keyring; no memory is read.
    // The call fails on kernels without keyrings, which is harmless.
    unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, std::ptr::null::<libc::c_char>()) };
}

fn set_limits() -> Result<(), SetupError> {
    let at_most = |value| Rlimit { current: Some(value), maximum: Some(value) };
    setrlimit(Resource::Nproc, at_most(PROCESS_LIMIT)).step("set the process limit")?;
    // A core dump may be passed to a program of the host.
    setrlimit(Resource::Core, at_most(0)).step("set the core dump limit")
}

fn read_plan() -> Result<InitPlan, SetupError> {
    let mut file = File::from(io::stderr().as_fd().try_clone_to_owned().step("read the plan")?);
    file.rewind().step("read the plan")?;
    let mut text = String::new();
    file.read_to_string(&mut text).step("read the plan")?;
    replace_standard(&open_null()?, 2)?;
    serde_json::from_str(&text).step("read the plan")
}

fn close_all_but_standard() -> Result<(), SetupError> {
    // SAFETY: this process has not opened any descriptor yet.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()).step("close inherited descriptors") }
}

fn open_null() -> Result<OwnedFd, SetupError> {
    rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).step("open /dev/null")
}

/// Replaces standard input (0), output (1) or error (2) with a copy of
/// `descriptor`.
fn replace_standard(descriptor: &OwnedFd, standard: i32) -> Result<(), SetupError> {
    let result = match standard {
        0 => rustix::stdio::dup2_stdin(descriptor),
        1 => rustix::stdio::dup2_stdout(descriptor),
        _ => rustix::stdio::dup2_stderr(descriptor),
    };
    result.step("replace a standard descriptor")
}
