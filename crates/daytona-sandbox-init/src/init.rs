//! Sets up the isolation of a sandbox, then guards it.
//!
//! Runs single-threaded in a newly started program: nothing here may start a
//! thread or a runtime before the fork. Standard input is the toolbox's end of the
//! channel of its connections. Standard output is a socket that takes the network's
//! device and the report, and then stays open as the lifeline. Standard error is a file with the plan.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::ExitCode;

use rustix::fs::Mode;
use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{
    DumpableBehavior, Pid, Signal, WaitOptions, kill_process, set_dumpable_behavior,
    set_parent_process_death_signal, setsid, umask, waitpid,
};
use rustix::thread::{
    Gid, Uid, UnshareFlags, set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
    unshare_unsafe,
};

use super::cgroup::Groups;
use super::guard::Guard;
use super::isolation::Isolation;
use super::limits::set_limits;
use super::plan::{InitPlan, USER_ID};
use super::root::Root;
use super::setup_error::{SetupError, Step as _};
use super::standard_streams::{open_null, silence};
use super::{disk, first_process, network, seccomp, supervised};

/// Higher than that of the host's programs: when memory runs out, the kernel ends those
/// of sandboxes first.
const OOM_SCORE: &str = "300";

/// Sets up the sandbox as the plan in standard error says and waits until it
/// ends.
#[must_use]
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
    // A limit that is set with the rights of root cannot be lowered in the sandbox.
    // Without them it is of no use, and may be forbidden.
    let _ignored = fs::write("/proc/self/oom_score_adj", OOM_SCORE);
    if plan.isolation == Isolation::Namespaces { isolate(&plan) } else { supervise(&plan) }
}

/// Without namespaces: by Landlock, or not isolated.
fn supervise(plan: &InitPlan) -> Result<(), SetupError> {
    let program = File::open(&plan.program).step("open this program")?;
    let groups = Groups::open(plan)?;
    if let Some(id) = plan.host_id {
        change_user(id)?;
    }
    supervised::run(plan, &program, groups)
}

fn isolate(plan: &InitPlan) -> Result<(), SetupError> {
    let groups = Groups::open(plan)?;
    let early_root = match plan.host_id {
        Some(id) => Some(drop_root(plan, id)?),
        None => None,
    };
    // Opened now: both processes share the mounts, so once the child has changed
    // the root, the guard can no longer open it.
    let null = open_null()?;
    unshare_all(plan)?;
    let forked = Guard::fork(groups, |groups| {
        enter(plan, early_root)?;
        first_process::run(plan, groups)
    })?;
    forked.map_or(Ok(()), |(guard, first)| watch(guard, first, &null))
}

/// Guards the sandbox whose first process is `child`.
fn watch(guard: Guard, child: Pid, null: &OwnedFd) -> Result<(), SetupError> {
    rustix::stdio::dup2_stdin(null).step("replace standard input")?;
    let result = guard.watch(child).step("watch the sandbox");
    // With the first process the kernel kills all others of its namespace, and it has
    // exited only when these have.
    let _exited = kill_process(child, Signal::KILL);
    while let Err(rustix::io::Errno::INTR) = waitpid(Some(child), WaitOptions::empty()) {}
    result
}

/// Enters the namespaces and gives up all rights that the sandbox does not need.
fn enter(plan: &InitPlan, early_root: Option<Root>) -> Result<(), SetupError> {
    // The signal is sent when the parent's thread exits; it has only one.
    set_parent_process_death_signal(Some(Signal::KILL)).step("set the parent death signal")?;
    make_mounts_private()?;
    early_root.map_or_else(|| Root::build(plan, &plan.folder), Ok)?.enter(plan)?;
    rustix::system::sethostname(plan.hostname.as_bytes()).step("set the host name")?;
    network::block_abstract_sockets().step("block abstract sockets")?;
    join_new_keyring();
    set_limits(plan)?;
    set_no_new_privs(true).step("set no_new_privs")?;
    seccomp::apply(plan.isolation).step("apply the seccomp filters")?;
    if plan.check_only {
        writeln!(io::stdout(), "ready").step("report readiness")?;
        std::process::exit(0);
    }
    Ok(())
}

/// Switches from root to an ordinary user of the host. The file tree is built first:
/// its folders stay root's, and mounts that only root can access, such as a toolchain
/// below root's home, are cloned.
fn drop_root(plan: &InitPlan, id: u32) -> Result<Root, SetupError> {
    let network = network::namespace(plan);
    unshare(UnshareFlags::NEWNS | network).step("unshare namespaces as root")?;
    // Before the change of user: nothing in the sandbox has rights over the device then.
    network::set_up(plan)?;
    make_mounts_private()?;
    let files = if plan.disk.is_some() { disk::mount(plan)? } else { plan.folder.clone() };
    if plan.disk.is_some() {
        // The server reaches the file system through this folder, without a descriptor that
        // would keep it mounted.
        rustix::process::chdir(files.path()).step("change to the disk")?;
    }
    let root = Root::build(plan, &files)?;
    change_user(id)?;
    // After the change of user, files below /proc/self belong to root.
    set_dumpable_behavior(DumpableBehavior::Dumpable).step("set dumpable")?;
    Ok(root)
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
    if plan.host_id.is_none() {
        flags |= network::namespace(plan);
    }
    unshare(flags).step("unshare namespaces")?;
    fs::write("/proc/self/setgroups", "deny").step("write setgroups")?;
    fs::write("/proc/self/uid_map", format!("{USER_ID} {user} 1")).step("write uid_map")?;
    fs::write("/proc/self/gid_map", format!("{USER_ID} {group} 1")).step("write gid_map")?;
    if plan.host_id.is_none() { network::set_up(plan) } else { Ok(()) }
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

fn read_plan() -> Result<InitPlan, SetupError> {
    let mut file = File::from(io::stderr().as_fd().try_clone_to_owned().step("read the plan")?);
    file.rewind().step("read the plan")?;
    let mut text = String::new();
    file.read_to_string(&mut text).step("read the plan")?;
    silence(2)?;
    serde_json::from_str(&text).step("read the plan")
}

fn close_all_but_standard() -> Result<(), SetupError> {
    // SAFETY: this process has not opened any descriptor yet.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()).step("close inherited descriptors") }
}
