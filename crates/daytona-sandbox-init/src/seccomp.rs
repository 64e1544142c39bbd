//! The second layer of isolation: blocks system calls that programs in a sandbox
//! do not need and that reach parts of the kernel outside the namespaces.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};

use super::isolation::Isolation;

/// Calls that are blocked whatever their arguments are.
const BLOCKED: &[i64] = &[
    libc::SYS_add_key,
    libc::SYS_bpf,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_file_load,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pivot_root,
    libc::SYS_quotactl,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setns,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_umount2,
    libc::SYS_userfaultfd,
];

/// Bit in the numbers of x32 calls, which have the same architecture id as
/// x86-64 calls.
#[cfg(target_arch = "x86_64")]
const X32_BIT: i64 = 0x4000_0000;

/// Address families of sockets. Others reach the host's kernel and hypervisor past
/// the network namespace.
const SOCKET_FAMILIES: &[i32] = &[libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
/// Protocols of `AF_NETLINK`: routes and addresses.
const NETLINK_PROTOCOLS: &[i32] = &[libc::NETLINK_ROUTE, libc::NETLINK_SOCK_DIAG];

/// Applies the filters to this process and its descendants. Requires
/// `no_new_privs`.
pub(crate) fn apply(isolation: Isolation) -> io::Result<()> {
    let families = program(blocked_sockets(isolation)?, libc::EAFNOSUPPORT)?;
    // clone3 passes its flags by pointer, which a filter cannot read; with
    // ENOSYS libraries fall back to clone.
    let clone3 = program([(libc::SYS_clone3, vec![])].into(), libc::ENOSYS)?;
    let blocked = program(blocked_calls()?, libc::EPERM)?;
    apply_filter(&families).map_err(io::Error::other)?;
    apply_filter(&clone3).map_err(io::Error::other)?;
    apply_filter(&blocked).map_err(io::Error::other)
}

fn blocked_sockets(isolation: Isolation) -> io::Result<BTreeMap<i64, Vec<SeccompRule>>> {
    let differs = |argument: u8, value: i32| {
        let value = u64::from(value.cast_unsigned());
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
            .map_err(io::Error::other)
    };
    // Without a mount namespace, the sockets of all programs of the user are in reach,
    // and Landlock cannot restrict connecting to them. Pairs of sockets remain.
    let has_paths = isolation == Isolation::Namespaces;
    let allowed = SOCKET_FAMILIES.iter().filter(|family| has_paths || **family != libc::AF_UNIX);
    let families = allowed.map(|family| differs(0, *family)).collect::<io::Result<_>>()?;
    let is_netlink = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::Eq,
        u64::from(libc::AF_NETLINK.cast_unsigned()),
    )
    .map_err(io::Error::other)?;
    let mut protocols: Vec<_> =
        NETLINK_PROTOCOLS.iter().map(|protocol| differs(2, *protocol)).collect::<io::Result<_>>()?;
    protocols.push(is_netlink);
    let rules =
        [families, protocols].map(|conditions| SeccompRule::new(conditions).map_err(io::Error::other));
    let rules = rules.into_iter().collect::<io::Result<Vec<_>>>()?;
    Ok([(libc::SYS_socket, rules)].into())
}

fn blocked_calls() -> io::Result<BTreeMap<i64, Vec<SeccompRule>>> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BLOCKED.iter().map(|call| (*call, vec![])).collect();
    let new_user_namespace = || {
        let flag = u64::from(libc::CLONE_NEWUSER.cast_unsigned());
        when(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), flag)
    };
    rules.insert(libc::SYS_unshare, vec![new_user_namespace()?]);
    rules.insert(libc::SYS_clone, vec![new_user_namespace()?]);
    // Both insert characters into the input of a terminal, which a process
    // outside the sandbox may read.
    #[allow(
        clippy::cast_sign_loss,
        clippy::unnecessary_cast,
        reason = "an int in musl, an unsigned long in glibc"
    )]
    let [insert, control] = [libc::TIOCSTI as u64, libc::TIOCLINUX as u64];
    let terminal_request = |request| when(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request);
    rules.insert(libc::SYS_ioctl, vec![terminal_request(insert)?, terminal_request(control)?]);
    Ok(rules)
}

fn when(
    argument: u8,
    length: SeccompCmpArgLen,
    compare: SeccompCmpOp,
    value: u64,
) -> io::Result<SeccompRule> {
    let condition = SeccompCondition::new(argument, length, compare, value).map_err(io::Error::other)?;
    SeccompRule::new(vec![condition]).map_err(io::Error::other)
}

fn program(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: i32) -> io::Result<BpfProgram> {
    #[cfg(target_arch = "x86_64")]
    let rules = {
        let mut both = rules.clone();
        both.extend(rules.into_iter().map(|(call, rule)| (call | X32_BIT, rule)));
        both
    };
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno.cast_unsigned()), arch)
        .and_then(BpfProgram::try_from)
        .map_err(io::Error::other)
}
