//! What a sandbox sees of networks.

use std::io;
use std::os::fd::AsRawFd as _;

use landlock::{CompatLevel, Compatible as _, Ruleset, RulesetAttr as _, RulesetError, Scope};
use rustix::net::{AddressFamily, SocketType, socket};

/// Brings the one interface of a new network namespace up.
pub(crate) fn bring_loopback_up() -> io::Result<()> {
    let any = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    // SAFETY: the structure is plain data, for which zeros are a value; both
    // calls get a request that outlives them, of the type they expect.
    unsafe {
        let mut request = std::mem::zeroed::<libc::ifreq>();
        for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
            *to = from.cast_signed();
        }
        if libc::ioctl(any.as_raw_fd(), libc::SIOCGIFFLAGS, &raw mut request) != 0 {
            return Err(io::Error::last_os_error());
        }
        #[expect(clippy::cast_possible_truncation, reason = "IFF_UP is 1")]
        let up = libc::IFF_UP as libc::c_short;
        request.ifr_ifru.ifru_flags |= up;
        match libc::ioctl(any.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Abstract sockets belong to the network namespace: where that is the host's,
/// programs of the host could be reached by them. Kernels before 6.12 cannot
/// refuse this.
pub(crate) fn keep_from_abstract_sockets() -> io::Result<()> {
    scope_abstract_sockets().map_err(io::Error::other)
}

fn scope_abstract_sockets() -> Result<(), RulesetError> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .scope(Scope::AbstractUnixSocket)?
        .create()?;
    ruleset.restrict_self().map(|_status| ())
}
