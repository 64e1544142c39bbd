//! The device of a sandbox, made in its network namespace.
//!
//! [`create`] is for a process that has one thread and no runtime. Call it once,
//! in the new network namespace, while `/dev/net/tun` is accessible and the
//! process has `CAP_NET_ADMIN` over the namespace:
//!
//! - The device belongs to the network namespace in which `/dev/net/tun` was
//!   *opened*. So the call opens the file itself, after `unshare(CLONE_NEWNET)`.
//! - As root with a `/dev/net/tun` that only root may open: unshare the network
//!   namespace and call this before changing to the sandbox's user; then unshare
//!   the user namespace and the others. The network namespace then belongs to the
//!   host's user namespace, and nothing in the sandbox can configure it.
//! - As an ordinary user: unshare the user and the network namespace together,
//!   write the maps, and call this before `pivot_root` and before dropping
//!   capabilities.

mod configure;
mod ipv6_address;
mod pass;

use std::io;
use std::net::{Ipv6Addr, SocketAddrV4, SocketAddrV6};
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

use crate::address;
use configure::Configuration;
#[cfg(feature = "forwarder")]
pub(crate) use configure::HEADER;

/// Path of the device file.
const DEVICE_FILE: &str = "/dev/net/tun";
/// Name of the device in the sandbox.
const NAME: &str = "tun0";
/// Packets that wait for the forwarder: at the largest size, 16 MiB.
const QUEUE: u32 = 256;
/// Connections that wait for the forwarder to accept them.
const BACKLOG: i32 = 256;
/// Limits of the memory of each TCP connection in the namespace: minimum, default
/// and maximum, in bytes.
const MEMORY: &str = "4096 131072 4194304";

/// Options of the device.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether the sandbox has an IPv6 address and an IPv6 default route. See
    /// `host_has_ipv6`.
    pub ipv6: bool,
}

/// The descriptors that the forwarder needs. The device and the network namespace
/// exist until both are closed.
#[derive(Debug)]
pub struct Link {
    pub(crate) device: OwnedFd,
    pub(crate) listener: OwnedFd,
}

/// Why a device could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot {step}: {source}{}", hint(step, source))]
pub struct SetupError {
    step: &'static str,
    source: io::Error,
}

impl SetupError {
    /// The error of the operating system.
    #[must_use]
    pub fn io(&self) -> &io::Error {
        &self.source
    }
}

const OPEN: &str = "open /dev/net/tun";
const MAKE: &str = "create a TUN device";

fn hint(step: &str, source: &io::Error) -> &'static str {
    match (step, source.kind()) {
        (OPEN, io::ErrorKind::NotFound) => {
            ". Load the kernel module \"tun\", or pass the device to the container"
        }
        (OPEN, io::ErrorKind::PermissionDenied) => {
            ". Allow the user to read and write the file, or start as root"
        }
        (MAKE, io::ErrorKind::PermissionDenied) => ". It requires CAP_NET_ADMIN in the network namespace",
        _ => "",
    }
}

/// Adds what was being done to an error of the operating system.
pub(crate) trait Step<T> {
    fn step(self, step: &'static str) -> Result<T, SetupError>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, step: &'static str) -> Result<T, SetupError> {
        self.map_err(|error| SetupError { step, source: error.into() })
    }
}

/// Makes the device in the current network namespace: creates it, assigns
/// addresses, brings it and the loopback interface up, routes everything to it,
/// and opens the listener of the forwarder. Takes about a millisecond.
///
/// # Errors
/// When the device file cannot be opened, when the process has no rights over the
/// network namespace, or when the namespace has a device already.
pub fn create(options: Options) -> Result<Link, SetupError> {
    let device =
        rustix::fs::open(DEVICE_FILE, OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())
            .step(OPEN)?;
    configure::attach(&device, NAME).step(MAKE)?;
    let configuration = Configuration::new(NAME).step("configure the network")?;
    configuration.set_mtu(address::MTU).step("set the MTU")?;
    // Only root of the host may do this; the kernel's default is twice as long.
    let _ = configuration.set_queue(QUEUE);
    configuration.set_address(address::SANDBOX, address::PREFIX).step("set the address")?;
    limit_memory();
    let has_ipv6 = options.ipv6 && enable_ipv6(true);
    if !options.ipv6 {
        enable_ipv6(false);
    }
    configuration.bring_up().step("bring up the device")?;
    bring_up_loopback().step("bring up the loopback interface")?;
    configuration.set_default_route().step("set the default route")?;
    let has_ipv6 = has_ipv6 && configuration.set_ipv6(address::SANDBOX_V6, address::PREFIX_V6).is_ok();
    let listener = listen(has_ipv6).step("listen for connections")?;
    Ok(Link { device, listener })
}

/// Brings up the loopback interface of the current network namespace: all that a
/// sandbox without a device needs.
///
/// # Errors
/// When the process has no rights over the network namespace.
pub fn bring_up_loopback() -> io::Result<()> {
    Configuration::new("lo")?.bring_up()
}

/// Returns whether the kernel accepted the setting; false without IPv6.
fn enable_ipv6(enable: bool) -> bool {
    let path = format!("/proc/sys/net/ipv6/conf/{NAME}/disable_ipv6");
    std::fs::write(path, if enable { "0" } else { "1" }).is_ok()
}

/// Limits the memory of connections. Best effort: where `/proc/sys` is read-only,
/// the host's limits hold.
fn limit_memory() {
    for name in ["tcp_rmem", "tcp_wmem"] {
        let _ = std::fs::write(format!("/proc/sys/net/ipv4/{name}"), MEMORY);
    }
}

/// Returns the listener to which the forwarder translates connections. A program of
/// the sandbox that connects to it directly is disconnected: only the forwarder's
/// packets come from its address.
fn listen(has_ipv6: bool) -> io::Result<OwnedFd> {
    let family = if has_ipv6 { AddressFamily::INET6 } else { AddressFamily::INET };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let listener = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    configure::bind_to_device(&listener, NAME)?;
    sockopt::set_tcp_nodelay(&listener, true)?;
    if has_ipv6 {
        sockopt::set_ipv6_v6only(&listener, false)?;
        let any = SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, address::LISTENER_PORT, 0, 0);
        rustix::net::bind(&listener, &any)?;
    } else {
        rustix::net::bind(&listener, &SocketAddrV4::new(address::SANDBOX, address::LISTENER_PORT))?;
    }
    rustix::net::listen(&listener, BACKLOG)?;
    Ok(listener)
}
