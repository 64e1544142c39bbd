//! The second fence: system calls that no program in a sandbox needs and that
//! reach parts of the kernel which namespaces do not hold.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};

/// Calls refused whatever their arguments.
const REFUSED: &[i64] = &[
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

/// Set in the number of a call made by the x32 convention, which shares the
/// architecture's mark with the ordinary one.
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

/// Puts the filters on this process and all that come from it.
///
/// `no_new_privs` must be set already.
pub(crate) fn apply() -> io::Result<()> {
    // clone3 passes its flags by pointer, where no filter can look; this
    // answer makes libraries use clone.
    let clone3 = program([(libc::SYS_clone3, vec![])].into(), libc::ENOSYS)?;
    let refused = program(refused_calls()?, libc::EPERM)?;
    apply_filter(&clone3).map_err(io::Error::other)?;
    apply_filter(&refused).map_err(io::Error::other)
}

fn refused_calls() -> io::Result<BTreeMap<i64, Vec<SeccompRule>>> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.iter().map(|call| (*call, vec![])).collect();
    let new_user = || {
        let flag = u64::from(libc::CLONE_NEWUSER.cast_unsigned());
        when(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), flag)
    };
    rules.insert(libc::SYS_unshare, vec![new_user()?]);
    rules.insert(libc::SYS_clone, vec![new_user()?]);
    // Both put characters into the input of a terminal, which may be read by
    // somebody outside.
    let terminal = |request| when(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request);
    rules.insert(libc::SYS_ioctl, vec![terminal(libc::TIOCSTI)?, terminal(libc::TIOCLINUX)?]);
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
        both.extend(rules.into_iter().map(|(call, rule)| (call | X32, rule)));
        both
    };
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno.cast_unsigned()), arch)
        .and_then(BpfProgram::try_from)
        .map_err(io::Error::other)
}
