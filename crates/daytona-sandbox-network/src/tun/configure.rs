//! Requests of `ioctl` that configure a device. The netlink protocol can do the
//! same in fewer calls, but needs far more code or a crate for each message; it is used
//! for [`ipv6_address`] only.

use std::io;
use std::mem::zeroed;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use super::ipv6_address;

/// Requests, in the type that `ioctl` takes: an int in musl, an unsigned long in
/// glibc.
#[allow(clippy::cast_possible_truncation, clippy::unnecessary_cast, reason = "see above")]
mod request {
    use libc::Ioctl;

    pub(super) const ADD_ROUTE: Ioctl = libc::SIOCADDRT as Ioctl;
    pub(super) const GET_FLAGS: Ioctl = libc::SIOCGIFFLAGS as Ioctl;
    pub(super) const GET_INDEX: Ioctl = libc::SIOCGIFINDEX as Ioctl;
    pub(super) const SET_ADDRESS: Ioctl = libc::SIOCSIFADDR as Ioctl;
    pub(super) const SET_FLAGS: Ioctl = libc::SIOCSIFFLAGS as Ioctl;
    pub(super) const SET_MASK: Ioctl = libc::SIOCSIFNETMASK as Ioctl;
    pub(super) const SET_MTU: Ioctl = libc::SIOCSIFMTU as Ioctl;
    pub(super) const SET_QUEUE: Ioctl = libc::SIOCSIFTXQLEN as Ioctl;
}

/// Length of the header before each packet (`struct virtio_net_hdr`), which says
/// whether the checksum is still to be computed.
#[cfg(feature = "forwarder")]
pub(crate) const HEADER: usize = 10;

/// Creates the device. Packets have a header, so that the kernel need not compute
/// checksums of data that never leaves the machine.
pub(super) fn attach(device: &OwnedFd, name: &str) -> io::Result<()> {
    let mut request = named(name)?;
    let flags = libc::IFF_TUN | libc::IFF_NO_PI | libc::IFF_VNET_HDR;
    request.ifr_ifru.ifru_flags = truncated(flags);
    control(device, libc::TUNSETIFF, &raw mut request)?;
    // SAFETY: the argument of this request is a number.
    check(unsafe {
        libc::ioctl(device.as_raw_fd(), libc::TUNSETOFFLOAD, libc::c_ulong::from(libc::TUN_F_CSUM))
    })
}

/// Binds a socket to a device, so that it receives from no other.
pub(super) fn bind_to_device(socket: &OwnedFd, name: &str) -> io::Result<()> {
    let length = libc::socklen_t::try_from(name.len()).map_err(io::Error::other)?;
    // SAFETY: the pointer and the length describe the name, which the kernel reads.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_BINDTODEVICE,
            name.as_ptr().cast(),
            length,
        )
    })
}

/// A socket for requests, and the device that they configure.
pub(super) struct Configuration<'a> {
    socket: OwnedFd,
    name: &'a str,
}

impl<'a> Configuration<'a> {
    pub(super) fn new(name: &'a str) -> io::Result<Self> {
        let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
        Ok(Self { socket, name })
    }

    pub(super) fn set_mtu(&self, mtu: u16) -> io::Result<()> {
        let mut request = named(self.name)?;
        request.ifr_ifru.ifru_mtu = mtu.into();
        control(&self.socket, request::SET_MTU, &raw mut request)
    }

    pub(super) fn set_queue(&self, packets: u32) -> io::Result<()> {
        let mut request = named(self.name)?;
        // The kernel reads `ifr_qlen`, an int at the same place.
        request.ifr_ifru.ifru_mtu = packets.cast_signed();
        control(&self.socket, request::SET_QUEUE, &raw mut request)
    }

    pub(super) fn set_address(&self, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
        let mut request = named(self.name)?;
        request.ifr_ifru.ifru_addr = socket_address(address);
        control(&self.socket, request::SET_ADDRESS, &raw mut request)?;
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        request.ifr_ifru.ifru_netmask = socket_address(Ipv4Addr::from_bits(mask));
        control(&self.socket, request::SET_MASK, &raw mut request)
    }

    pub(super) fn bring_up(&self) -> io::Result<()> {
        let mut request = named(self.name)?;
        control(&self.socket, request::GET_FLAGS, &raw mut request)?;
        // SAFETY: the kernel has just written the flags.
        let flags = unsafe { request.ifr_ifru.ifru_flags };
        request.ifr_ifru.ifru_flags = flags | truncated(libc::IFF_UP);
        control(&self.socket, request::SET_FLAGS, &raw mut request)
    }

    pub(super) fn set_default_route(&self) -> io::Result<()> {
        let mut name = named(self.name)?.ifr_name;
        // SAFETY: the structure is plain data, for which all zeros are valid.
        let mut route: libc::rtentry = unsafe { zeroed() };
        route.rt_dst = socket_address(Ipv4Addr::UNSPECIFIED);
        route.rt_genmask = socket_address(Ipv4Addr::UNSPECIFIED);
        route.rt_flags = libc::RTF_UP;
        route.rt_dev = name.as_mut_ptr();
        control(&self.socket, request::ADD_ROUTE, &raw mut route)
    }

    /// Assigns an IPv6 address and routes all of IPv6 to the device.
    pub(super) fn set_ipv6(&self, address: Ipv6Addr, prefix: u8) -> io::Result<()> {
        let socket = socket_with(AddressFamily::INET6, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
        let mut request = named(self.name)?;
        control(&socket, request::GET_INDEX, &raw mut request)?;
        // SAFETY: the kernel has just written the index.
        let index = unsafe { request.ifr_ifru.ifru_ifindex };
        ipv6_address::assign(index, address, prefix)?;
        let mut route =
            Ipv6Route { flags: libc::RTF_UP.into(), metric: 1, device: index, ..Ipv6Route::default() };
        control(&socket, request::ADD_ROUTE, &raw mut route)
    }
}

/// `struct in6_rtmsg`, whose fields are private in `libc`.
#[derive(Default)]
#[repr(C)]
struct Ipv6Route {
    destination: [u8; 16],
    source: [u8; 16],
    gateway: [u8; 16],
    kind: u32,
    destination_length: u16,
    source_length: u16,
    metric: u32,
    info: libc::c_ulong,
    flags: u32,
    device: libc::c_int,
}

/// Returns an empty request for a device.
fn named(name: &str) -> io::Result<libc::ifreq> {
    // SAFETY: the structure is plain data, for which all zeros are valid.
    let mut request: libc::ifreq = unsafe { zeroed() };
    if name.len() >= request.ifr_name.len() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        // Signed on x86-64, unsigned on ARM.
        *to = libc::c_char::from_ne_bytes([from]);
    }
    Ok(request)
}

fn socket_address(address: Ipv4Addr) -> libc::sockaddr {
    // SAFETY: the structure is plain data, for which all zeros are valid.
    let mut result: libc::sockaddr = unsafe { zeroed() };
    #[expect(clippy::cast_possible_truncation, reason = "AF_INET is 2")]
    let family = libc::AF_INET as libc::sa_family_t;
    result.sa_family = family;
    // After the port, which stays 0.
    for (to, from) in result.sa_data[2..6].iter_mut().zip(address.octets()) {
        *to = libc::c_char::from_ne_bytes([from]);
    }
    result
}

/// Flags of devices are shorts in requests, although their constants are ints.
#[expect(clippy::cast_possible_truncation, reason = "the flags used here are below 2^15")]
fn truncated(flags: libc::c_int) -> libc::c_short {
    flags as libc::c_short
}

fn control<T>(socket: &OwnedFd, request: libc::Ioctl, argument: *mut T) -> io::Result<()> {
    // SAFETY: callers pass a live structure of the type that the request expects.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), request, argument) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
