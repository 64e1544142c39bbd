//! Packets of the device: reading, translating and building them.
//!
//! Everything here is total: bytes that are not a packet give `None`.

mod build;
mod checksum;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub(crate) use build::{UDP_HEADERS, Unreachable, echo_reply, reset, udp_headers, unreachable};

/// Protocol numbers of IP.
pub(crate) mod protocol {
    pub(crate) const ICMP: u8 = 1;
    pub(crate) const TCP: u8 = 6;
    pub(crate) const UDP: u8 = 17;
    pub(crate) const ICMPV6: u8 = 58;
}

/// Flags of TCP.
pub(crate) mod flag {
    pub(crate) const SYN: u8 = 0x02;
    pub(crate) const RST: u8 = 0x04;
    pub(crate) const ACK: u8 = 0x10;
}

/// Offsets in the header before each packet: its flags, where the unfinished
/// checksum starts, and at which offset from there it is written.
pub(crate) const HEADER: usize = crate::tun::HEADER;
const NEEDS_CHECKSUM: u8 = 1;

const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
const TCP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;

/// Where the parts of an IP packet are. Offsets are relative to the IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ip {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) protocol: u8,
    /// Start of the transport header.
    pub(crate) transport: usize,
    /// Length of the packet, which may be less than that of the buffer.
    pub(crate) length: usize,
}

/// A TCP packet's header, as far as the forwarder reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tcp {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) flags: u8,
    pub(crate) sequence: u32,
    pub(crate) acknowledgment: u32,
    /// Bytes of sequence space that the packet takes.
    pub(crate) length: u32,
}

/// A UDP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Udp<'a> {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) payload: &'a [u8],
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

impl Ip {
    /// Reads the IP header. Fragments and IPv6 extension headers are not
    /// supported: with the MTU of the device, the kernel makes neither for TCP, and
    /// fragments only for the very largest UDP packets.
    pub(crate) fn read(packet: &[u8]) -> Option<Self> {
        match packet.first()? >> 4 {
            4 => Self::read_v4(packet),
            6 => Self::read_v6(packet),
            _ => None,
        }
    }

    fn read_v4(packet: &[u8]) -> Option<Self> {
        let header: [u8; IPV4_HEADER] = array(packet, 0)?;
        let transport = usize::from(header[0] & 0x0f) * 4;
        let length = usize::from(short(&header, 2)?);
        let fragment = short(&header, 6)? & 0x3fff;
        let is_whole =
            fragment == 0 && transport >= IPV4_HEADER && transport <= length && length <= packet.len();
        is_whole.then_some(Self {
            source: Ipv4Addr::from(array::<4>(&header, 12)?).into(),
            destination: Ipv4Addr::from(array::<4>(&header, 16)?).into(),
            protocol: header[9],
            transport,
            length,
        })
    }

    fn read_v6(packet: &[u8]) -> Option<Self> {
        let header: [u8; IPV6_HEADER] = array(packet, 0)?;
        let length = IPV6_HEADER + usize::from(short(&header, 4)?);
        (length <= packet.len()).then_some(Self {
            source: Ipv6Addr::from(array::<16>(&header, 8)?).into(),
            destination: Ipv6Addr::from(array::<16>(&header, 24)?).into(),
            protocol: header[6],
            transport: IPV6_HEADER,
            length,
        })
    }

    fn ports(&self, packet: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
        let source = SocketAddr::new(self.source, short(packet, self.transport)?);
        Some((source, SocketAddr::new(self.destination, short(packet, self.transport + 2)?)))
    }

    /// Reads the header of a TCP packet.
    pub(crate) fn tcp(&self, packet: &[u8]) -> Option<Tcp> {
        let packet = packet.get(..self.length)?;
        let header: [u8; TCP_HEADER] = array(packet, self.transport)?;
        let data = self.transport + usize::from(header[12] >> 4) * 4;
        if self.protocol != protocol::TCP || data < self.transport + TCP_HEADER || data > self.length {
            return None;
        }
        let (source, destination) = self.ports(packet)?;
        let flags = header[13];
        // SYN and FIN take a number each.
        let length =
            u32::try_from(self.length - data).ok()? + u32::from(flags & 1) + u32::from(flags >> 1 & 1);
        let (sequence, acknowledgment) = (long(&header, 4)?, long(&header, 8)?);
        Some(Tcp { source, destination, flags, sequence, acknowledgment, length })
    }

    /// Reads a UDP packet. Its checksum is not verified: the packet never left
    /// this machine.
    pub(crate) fn udp<'a>(&self, packet: &'a [u8]) -> Option<Udp<'a>> {
        let packet = packet.get(..self.length)?;
        let length = usize::from(short(packet, self.transport + 4)?);
        if self.protocol != protocol::UDP || length < UDP_HEADER {
            return None;
        }
        let payload = packet.get(self.transport + UDP_HEADER..self.transport + length)?;
        let (source, destination) = self.ports(packet)?;
        Some(Udp { source, destination, payload })
    }
}

/// Replaces the addresses and ports of a TCP packet, and updates its checksums.
/// `frame` starts with the header of the device. Returns `None`, with the packet
/// unchanged, for addresses of another family.
pub(crate) fn translate(
    frame: &mut [u8],
    ip: &Ip,
    source: SocketAddr,
    destination: SocketAddr,
) -> Option<()> {
    let (header, packet) = frame.split_at_mut_checked(HEADER)?;
    let packet = packet.get_mut(..ip.length)?;
    let mut addresses = [0; 32];
    let at = match (source.ip(), destination.ip(), ip.source) {
        (IpAddr::V4(source), IpAddr::V4(destination), IpAddr::V4(_)) => {
            addresses[..4].copy_from_slice(&source.octets());
            addresses[4..8].copy_from_slice(&destination.octets());
            12..20
        }
        (IpAddr::V6(source), IpAddr::V6(destination), IpAddr::V6(_)) => {
            addresses[..16].copy_from_slice(&source.octets());
            addresses[16..].copy_from_slice(&destination.octets());
            8..40
        }
        _ => return None,
    };
    let addresses = addresses.get(..at.len())?;
    let [a, b] = source.port().to_be_bytes();
    let [c, d] = destination.port().to_be_bytes();
    let ports = [a, b, c, d];

    let check_at = ip.transport + 16;
    let check = short(packet, check_at)?;
    let old_addresses = packet.get(at.clone())?;
    let check = if header.first()? & NEEDS_CHECKSUM != 0 {
        // The kernel has summed the addresses alone, and not inverted.
        checksum::replace(check, old_addresses, addresses)
    } else {
        let total = checksum::replace(!check, old_addresses, addresses);
        !checksum::replace(total, packet.get(ip.transport..ip.transport + 4)?, &ports)
    };
    if ip.source.is_ipv4() {
        let total = checksum::replace(!short(packet, 10)?, old_addresses, addresses);
        packet.get_mut(10..12)?.copy_from_slice(&(!total).to_be_bytes());
    }
    packet.get_mut(at)?.copy_from_slice(addresses);
    packet.get_mut(ip.transport..ip.transport + 4)?.copy_from_slice(&ports);
    packet.get_mut(check_at..check_at + 2)?.copy_from_slice(&check.to_be_bytes());
    Some(())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
