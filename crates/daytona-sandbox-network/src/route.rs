//! Whether an address belongs to the host, as its routing tables say.
//!
//! The tables are asked for each new connection, because addresses come and go. A
//! list of the interfaces' addresses would miss what the kernel treats as local
//! without assigning it (`ip route add local …`), and broadcast addresses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

/// Length of `struct nlmsghdr` and of `struct rtmsg`.
const MESSAGE_HEADER: usize = 16;
const ROUTE: usize = 12;
/// Attributes of a route and their header, `struct rtattr`.
const ATTRIBUTE: u16 = 4;
const DESTINATION: u16 = 1;
/// Messages of `NETLINK_ROUTE`.
const GET_ROUTE: u16 = 26;
const ERROR: u16 = 2;
const REQUEST: u16 = 1;
/// Types of a route.
const UNICAST: u8 = 1;
/// Types that mean "no route": blackhole, unreachable, prohibit.
const NO_ROUTE: std::ops::RangeInclusive<u8> = 6..=8;

/// Where the host sends packets for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// To another machine.
    Unicast,
    /// Nowhere.
    None,
    /// To itself, or to many.
    Own,
}

/// Asks the host's routing tables about an address. Does not block: the kernel
/// answers during the request.
///
/// # Errors
/// When the kernel cannot be asked.
pub(crate) fn find(address: IpAddr) -> io::Result<Route> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    send(&socket, &request(address), SendFlags::empty())?;
    let mut answer = [0; 512];
    let (length, _) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
    parse(answer.get(..length).unwrap_or_default())
}

/// Returns whether the host has an IPv6 route to the Internet, and so whether a
/// sandbox should have IPv6 ([`crate::tun::Options::ipv6`]).
#[must_use]
pub fn host_has_ipv6() -> bool {
    // An address of the global unicast range; nothing is sent to it.
    let global = Ipv6Addr::new(0x2001, 0x4860, 0, 0, 0, 0, 0, 1);
    find(global.into()).is_ok_and(|route| route == Route::Unicast)
}

/// Checks that the kernel can be asked at all.
pub(crate) fn check() -> io::Result<()> {
    find(Ipv4Addr::LOCALHOST.into()).map(drop)
}

/// Integers of netlink are in the byte order of the machine.
fn request(address: IpAddr) -> Vec<u8> {
    let (family, octets) = match address {
        IpAddr::V4(address) => (AddressFamily::INET, address.octets().to_vec()),
        IpAddr::V6(address) => (AddressFamily::INET6, address.octets().to_vec()),
    };
    // Both addresses are shorter than 17 bytes.
    let bytes = if address.is_ipv4() { 4_u8 } else { 16 };
    let attribute = ATTRIBUTE + u16::from(bytes);
    let total = 28 + u32::from(attribute);
    let mut message = Vec::new();
    message.extend(total.to_ne_bytes());
    message.extend(GET_ROUTE.to_ne_bytes());
    message.extend(REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    let family = family.as_raw().to_ne_bytes();
    message.extend([if cfg!(target_endian = "big") { family[1] } else { family[0] }, bytes * 8]);
    message.extend([0; ROUTE - 2]);
    message.extend(attribute.to_ne_bytes());
    message.extend(DESTINATION.to_ne_bytes());
    message.extend(octets);
    message
}

fn parse(answer: &[u8]) -> io::Result<Route> {
    let kind = answer.get(4..).and_then(<[u8]>::first_chunk).map(|bytes| u16::from_ne_bytes(*bytes));
    let body = answer.get(MESSAGE_HEADER..).unwrap_or_default();
    if kind == Some(ERROR) {
        let code = body.first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes));
        return match -code {
            libc::ENETUNREACH | libc::EHOSTUNREACH | libc::EACCES | libc::EINVAL => Ok(Route::None),
            code => Err(io::Error::from_raw_os_error(code)),
        };
    }
    match body.get(7) {
        Some(&UNICAST) => Ok(Route::Unicast),
        Some(kind) if NO_ROUTE.contains(kind) => Ok(Route::None),
        Some(_) => Ok(Route::Own),
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_the_hosts_own_and_broadcast_is_not_unicast() {
        for address in ["127.0.0.1", "127.3.4.5", "255.255.255.255"] {
            assert_eq!(find(address.parse().unwrap()).unwrap(), Route::Own, "{address}");
        }
    }

    #[test]
    fn malformed_answers_are_errors() {
        for length in 0..MESSAGE_HEADER + 8 {
            assert!(parse(&vec![0; length]).is_err());
        }
    }
}
