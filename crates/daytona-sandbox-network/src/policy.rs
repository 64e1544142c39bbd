//! What a sandbox may connect to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use crate::address;
use crate::names::domain::Domain;

/// What a sandbox may connect to. The default is the Internet and the networks of
/// the host, without the host itself.
///
/// Some destinations are always refused unless an option below allows them: every
/// address of the host, loopback, link-local and metadata addresses, multicast,
/// broadcast and reserved addresses. An allow list does not allow them either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Refuses everything, names included.
    pub block_all: bool,
    /// Networks that may be connected to; empty for all. The name server is
    /// accessible with every list. See [`parse_allow_list`].
    pub allow_list: Vec<IpNet>,
    /// Domains whose addresses may be connected to, besides the networks of the allow list.
    /// With any, the name server knows no other names. See [`parse_domain_list`].
    ///
    /// [`parse_domain_list`]: crate::parse_domain_list
    pub domains: Vec<Domain>,
    /// Allows the host: its loopback interface at [`address::GATEWAY`], and the
    /// addresses of its other interfaces as they are. With an allow list, they
    /// must be in the list too.
    pub allow_host: bool,
    /// Allows link-local addresses, and those of the metadata services of cloud
    /// providers, which hand out credentials of the host.
    pub allow_metadata: bool,
}

/// Why a destination is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// All traffic is blocked.
    #[error("the network of the sandbox is blocked")]
    Blocked,
    /// The allow list does not contain the address, and no domain of the list led to it.
    #[error("the address is not in the sandbox's network or domain allow list")]
    NotInAllowList,
    /// The address belongs to the host.
    #[error("the address belongs to the host")]
    Host,
    /// A link-local address, or one of a metadata service.
    #[error("the address is link-local or belongs to a metadata service")]
    Metadata,
    /// Not an address of one other machine.
    #[error("the address is not that of a single host")]
    NotUnicast,
}

/// Where a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// An address as the host reaches it.
    Remote(SocketAddr),
    /// A port of the host's loopback interface.
    HostLoopback(SocketAddr),
    /// The name servers of the host.
    Resolver,
}

/// Metadata services that are not at link-local addresses.
const METADATA: [IpAddr; 6] = [
    // Alibaba Cloud.
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    // Oracle Cloud.
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    // Azure.
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    // Amazon: metadata and name server.
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x253)),
    // Google Cloud.
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

impl Policy {
    /// Decides about a destination as a program in the sandbox names it.
    /// `is_resolved` says whether a domain of the list led to an address, `is_host` whether
    /// it belongs to the host.
    pub(crate) fn target(
        &self,
        destination: SocketAddr,
        is_resolved: impl FnOnce(IpAddr) -> bool,
        is_host: impl FnOnce(IpAddr) -> bool,
    ) -> Result<Target, Refusal> {
        if self.block_all {
            return Err(Refusal::Blocked);
        }
        let (address, port) = (normalized(destination.ip()), destination.port());
        if address == address::RESOLVER {
            return if port == address::DNS_PORT { Ok(Target::Resolver) } else { Err(Refusal::Host) };
        }
        if address == address::GATEWAY || address == address::GATEWAY_V6 {
            return self.host_loopback(address, port);
        }
        if address::is_inside(address) {
            return Err(Refusal::NotUnicast);
        }
        if address.is_loopback() {
            return Err(Refusal::Host);
        }
        if is_metadata(address) {
            if !self.allow_metadata {
                return Err(Refusal::Metadata);
            }
        } else if !is_unicast(address) {
            return Err(Refusal::NotUnicast);
        }
        if !self.is_listed(address) && !is_resolved(address) {
            return Err(Refusal::NotInAllowList);
        }
        if !self.allow_host && is_host(address) {
            return Err(Refusal::Host);
        }
        Ok(Target::Remote(SocketAddr::new(address, port)))
    }

    fn host_loopback(&self, gateway: IpAddr, port: u16) -> Result<Target, Refusal> {
        if !self.allow_host {
            return Err(Refusal::Host);
        }
        if !self.is_listed(gateway) {
            return Err(Refusal::NotInAllowList);
        }
        let loopback: IpAddr =
            if gateway.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        Ok(Target::HostLoopback(SocketAddr::new(loopback, port)))
    }

    fn is_listed(&self, address: IpAddr) -> bool {
        (self.allow_list.is_empty() && self.domains.is_empty())
            || self.allow_list.iter().any(|network| network.contains(&address))
    }
}

/// Returns the IPv4 address that an IPv6 address stands for, however it is written:
/// mapped (`::ffff:a.b.c.d`), compatible (`::a.b.c.d`), translated
/// (`64:ff9b::a.b.c.d`) or tunnelled (`2002:aabb:ccdd::`).
pub(crate) fn normalized(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    match (v6.segments(), v6.octets()) {
        ([0x64, 0xff9b, 0, 0, 0, 0, ..], [.., a, b, c, d])
        | ([0x2002, ..], [_, _, a, b, c, d, ..])
        | ([0, 0, 0, 0, 0, 0xffff, ..], [.., a, b, c, d]) => Ipv4Addr::new(a, b, c, d).into(),
        ([0, 0, 0, 0, 0, 0, high, low], [.., a, b, c, d]) if high != 0 || low > 1 => {
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => address,
    }
}

fn is_metadata(address: IpAddr) -> bool {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    is_link_local || METADATA.contains(&address)
}

fn is_unicast(address: IpAddr) -> bool {
    match address {
        // "This network", multicast, and reserved with the broadcast address.
        IpAddr::V4(address) => (1..224).contains(&address.octets()[0]),
        IpAddr::V6(address) => !address.is_multicast() && !address.is_unspecified(),
    }
}

/// Why an allow list is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{entry}\" is not a valid network: {problem}. Use addresses with a prefix length, such as 203.0.113.0/24"
)]
pub struct AllowListError {
    entry: String,
    problem: &'static str,
}

/// Parses `networkAllowList`: networks in CIDR notation, separated by commas. Spaces
/// around them are ignored, and so are bits of an address behind the prefix. A
/// single address needs its prefix too (`/32`), as on the service.
///
/// # Errors
/// Names the first entry that is not a network.
pub fn parse_allow_list(list: &str) -> Result<Vec<IpNet>, AllowListError> {
    list.split(',').map(|entry| parse_network(entry.trim())).collect()
}

fn parse_network(entry: &str) -> Result<IpNet, AllowListError> {
    let invalid = |problem| AllowListError { entry: entry.to_owned(), problem };
    if entry.is_empty() {
        return Err(invalid("an entry is empty"));
    }
    let (address, prefix) = entry.split_once('/').ok_or_else(|| invalid("the prefix length is missing"))?;
    let address: IpAddr = address.parse().map_err(|_| invalid("the address is not an IP address"))?;
    if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid("the prefix length is not a number"));
    }
    let network = prefix.parse().ok().and_then(|prefix| IpNet::new(address, prefix).ok());
    Ok(network.ok_or_else(|| invalid("the prefix length is too large"))?.trunc())
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
