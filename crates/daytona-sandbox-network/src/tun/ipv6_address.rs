//! Assigns an IPv6 address that can be used at once.
//!
//! The kernel checks an address that is assigned by `ioctl` for duplicates first. That takes no
//! time here, but it is done by a task of the kernel: a connection that is opened before has the
//! link-local address as its source, and never gets an answer. Only netlink can omit the check.

use std::io;
use std::net::Ipv6Addr;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

/// Size of a request: `struct nlmsghdr`, `struct ifaddrmsg` and `struct rtattr` with an address.
const LENGTH: u32 = 16 + 8 + ATTRIBUTE as u32;
const ATTRIBUTE: u16 = 4 + 16;
/// Create an address that does not exist yet, and answer.
const FLAGS: u16 = 0x1 | 0x4 | 0x200 | 0x400;
const FAMILY_IPV6: u8 = 10;
const WITHOUT_CHECK: u8 = 0x02;
/// Where the answer has the number of its error: after its header.
const ERROR: std::ops::Range<usize> = 16..20;

/// Assigns an address to the device with this index.
pub(super) fn assign(device: i32, address: Ipv6Addr, prefix: u8) -> io::Result<()> {
    let request = [
        &LENGTH.to_ne_bytes()[..],
        &libc::RTM_NEWADDR.to_ne_bytes(),
        &FLAGS.to_ne_bytes(),
        // The numbers of the request and of its sender.
        &[0; 8],
        &[FAMILY_IPV6, prefix, WITHOUT_CHECK, libc::RT_SCOPE_UNIVERSE],
        &device.to_ne_bytes(),
        &ATTRIBUTE.to_ne_bytes(),
        &libc::IFA_ADDRESS.to_ne_bytes(),
        &address.octets(),
    ]
    .concat();
    // Protocol 0 is NETLINK_ROUTE.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    send(&socket, &request, SendFlags::empty())?;
    let mut answer = [0_u8; 256];
    recv(&socket, &mut answer, RecvFlags::empty())?;
    match answer[ERROR].try_into().map(i32::from_ne_bytes) {
        Ok(0) => Ok(()),
        Ok(error) => Err(io::Error::from_raw_os_error(-error)),
        Err(error) => Err(io::Error::other(error)),
    }
}
