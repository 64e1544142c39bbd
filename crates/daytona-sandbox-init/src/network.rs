//! Network access of a sandbox.

use std::io;
use std::os::fd::AsRawFd as _;

use landlock::{CompatLevel, Compatible as _, Ruleset, RulesetAttr as _, RulesetError, Scope};
use rustix::net::{AddressFamily, SocketType, socket};

/// Brings up the loopback interface, the only one of a new network namespace.
#[allow(
    clippy::cast_possible_truncation,
    clippy::unnecessary_cast,
    reason = "a request of ioctl is an int in musl, and an unsigned long in glibc"
)]
pub(crate) fn bring_loopback_up() -> io::Result<()> {
    let any = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    // SAFETY: the structure is plain data, for which all zeros are valid; both
    // calls get a pointer to a live request of the expected type.
    unsafe {
        let mut request = std::mem::zeroed::<libc::ifreq>();
        for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
            // Signed on x86-64, unsigned on ARM.
            *to = libc::c_char::from_ne_bytes([*from]);
        }
        if libc::ioctl(any.as_raw_fd(), libc::SIOCGIFFLAGS as libc::Ioctl, &raw mut request) != 0 {
            return Err(io::Error::last_os_error());
        }
        #[expect(clippy::cast_possible_truncation, reason = "IFF_UP is 1")]
        let up = libc::IFF_UP as libc::c_short;
        request.ifr_ifru.ifru_flags |= up;
        match libc::ioctl(any.as_raw_fd(), libc::SIOCSIFFLAGS as libc::Ioctl, &raw const request) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Blocks connections to abstract sockets outside the sandbox. They belong to the
/// network namespace, so a sandbox in the host's namespace could reach the host's
/// programs. Has no effect on kernels before 6.12.
pub(crate) fn block_abstract_sockets() -> io::Result<()> {
    scope_abstract_sockets().map_err(io::Error::other)
}

fn scope_abstract_sockets() -> Result<(), RulesetError> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .scope(Scope::AbstractUnixSocket)?
        .create()?;
    ruleset.restrict_self().map(|_status| ())
}
