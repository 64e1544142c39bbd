//! Addresses of a sandbox's network. They are the same in every sandbox.

#[cfg(feature = "forwarder")]
use std::net::IpAddr;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Address of the sandbox.
pub const SANDBOX: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 100);
/// IPv6 address of the sandbox, a unique local one.
pub const SANDBOX_V6: Ipv6Addr = Ipv6Addr::new(0xfd0a, 0, 2, 0, 0, 0, 0, 0x100);
/// Address that stands for the loopback interface of the host, when the policy
/// allows it.
pub const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
/// IPv6 address that stands for the loopback interface of the host.
pub const GATEWAY_V6: Ipv6Addr = Ipv6Addr::new(0xfd0a, 0, 2, 0, 0, 0, 0, 2);
/// Address of the name server. It has no IPv6 counterpart: every sandbox has IPv4.
pub const RESOLVER: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 3);
/// Address from which the forwarder's translated connections come.
#[cfg(feature = "forwarder")]
pub(crate) const TRANSLATED: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 1);
/// IPv6 address from which the forwarder's translated connections come.
#[cfg(feature = "forwarder")]
pub(crate) const TRANSLATED_V6: Ipv6Addr = Ipv6Addr::new(0xfd0a, 0, 2, 0, 0, 0, 0, 1);
/// Length of the prefix of the sandbox's IPv4 network.
pub(crate) const PREFIX: u8 = 24;
/// Length of the prefix of the sandbox's IPv6 network.
pub(crate) const PREFIX_V6: u8 = 64;
/// Port of the listener in the sandbox that accepts translated connections.
/// Programs of a sandbox cannot listen on it: ports below 1024 require a
/// capability that they do not have.
pub(crate) const LISTENER_PORT: u16 = 1;
/// Largest packet of the device. The largest that IP allows is 65535 bytes; this
/// one leaves room for headers, and a multiple of 16 keeps copies aligned.
pub(crate) const MTU: u16 = 65520;

/// Port of name servers.
#[cfg(feature = "forwarder")]
pub(crate) const DNS_PORT: u16 = 53;

/// Whether an address is in the sandbox's own network, which no host has.
#[cfg(feature = "forwarder")]
pub(crate) fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[..3] == SANDBOX.octets()[..3],
        IpAddr::V6(address) => address.octets()[..8] == SANDBOX_V6.octets()[..8],
    }
}

/// Address of the sandbox in the family of another address.
#[cfg(feature = "forwarder")]
pub(crate) fn sandbox(like: IpAddr) -> IpAddr {
    if like.is_ipv4() { SANDBOX.into() } else { SANDBOX_V6.into() }
}

/// Address of translated connections in the family of another address.
#[cfg(feature = "forwarder")]
pub(crate) fn translated(like: IpAddr) -> IpAddr {
    if like.is_ipv4() { TRANSLATED.into() } else { TRANSLATED_V6.into() }
}
