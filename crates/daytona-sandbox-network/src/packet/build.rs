//! Packets that the forwarder answers with. Each starts with the header of the
//! device, all zeros: checksums are complete.

use std::net::{IpAddr, SocketAddr};

use super::checksum::sum;
use super::{HEADER, IPV4_HEADER, IPV6_HEADER, Ip, TCP_HEADER, Tcp, UDP_HEADER, flag, protocol};

/// Room before the payload of a UDP packet, for [`udp_headers`].
pub(crate) const UDP_HEADERS: usize = HEADER + IPV6_HEADER + UDP_HEADER;
/// Bytes of a packet that are quoted in an error about it: the IP header with all
/// options, and what identifies the connection.
const QUOTED: usize = 68;
const TTL: u8 = 64;

/// Why a destination cannot be reached: types and codes of ICMP and ICMPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreachable {
    /// No route, or no response.
    Host,
    /// Nothing listens on the UDP port.
    Port,
    /// The policy of the sandbox forbids it.
    Prohibited,
}

impl Unreachable {
    fn v4(self) -> [u8; 2] {
        match self {
            Self::Host => [3, 1],
            Self::Port => [3, 3],
            Self::Prohibited => [3, 13],
        }
    }

    fn v6(self) -> [u8; 2] {
        match self {
            Self::Host => [1, 3],
            Self::Port => [1, 4],
            Self::Prohibited => [1, 1],
        }
    }
}

/// Writes an IP header before `length` bytes of a transport protocol. Addresses of
/// different families give `None`.
fn ip_header(source: IpAddr, destination: IpAddr, protocol: u8, length: usize) -> Option<Vec<u8>> {
    let length = u16::try_from(length).ok()?;
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let mut header = [0; IPV4_HEADER];
            header[0] = 0x45;
            let total = length.checked_add(20)?;
            header[2..4].copy_from_slice(&total.to_be_bytes());
            // Do not fragment.
            header[6] = 0x40;
            header[8] = TTL;
            header[9] = protocol;
            header[12..16].copy_from_slice(&source.octets());
            header[16..20].copy_from_slice(&destination.octets());
            let check = !sum(&[&header]);
            header[10..12].copy_from_slice(&check.to_be_bytes());
            Some(header.to_vec())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let mut header = [0; IPV6_HEADER];
            header[0] = 0x60;
            header[4..6].copy_from_slice(&length.to_be_bytes());
            header[6] = protocol;
            header[7] = TTL;
            header[8..24].copy_from_slice(&source.octets());
            header[24..40].copy_from_slice(&destination.octets());
            Some(header.to_vec())
        }
        _ => None,
    }
}

/// Returns the checksum of a transport protocol, which covers the addresses.
fn transport_checksum(header: &[u8], protocol: u8, parts: [&[u8]; 2]) -> Option<u16> {
    let addresses = if header.len() == IPV4_HEADER { header.get(12..20)? } else { header.get(8..40)? };
    let length = u32::try_from(parts[0].len() + parts[1].len()).ok()?;
    Some(!sum(&[addresses, &[0, protocol], &length.to_be_bytes(), parts[0], parts[1]]))
}

/// Returns a whole frame.
fn frame(parts: [&[u8]; 3]) -> Vec<u8> {
    let mut frame = vec![0; HEADER];
    for part in parts {
        frame.extend_from_slice(part);
    }
    frame
}

/// Returns the answer to a TCP packet of a connection that is refused or unknown.
pub(crate) fn reset(to: &Tcp) -> Option<Vec<u8>> {
    let mut tcp = [0; TCP_HEADER];
    tcp[0..2].copy_from_slice(&to.destination.port().to_be_bytes());
    tcp[2..4].copy_from_slice(&to.source.port().to_be_bytes());
    if to.flags & flag::ACK != 0 {
        tcp[4..8].copy_from_slice(&to.acknowledgment.to_be_bytes());
        tcp[13] = flag::RST;
    } else {
        let acknowledgment = to.sequence.wrapping_add(to.length);
        tcp[8..12].copy_from_slice(&acknowledgment.to_be_bytes());
        tcp[13] = flag::RST | flag::ACK;
    }
    tcp[12] = 5 << 4;
    let ip = ip_header(to.destination.ip(), to.source.ip(), protocol::TCP, TCP_HEADER)?;
    let check = transport_checksum(&ip, protocol::TCP, [&tcp, &[]])?;
    tcp[16..18].copy_from_slice(&check.to_be_bytes());
    Some(frame([&ip, &tcp, &[]]))
}

/// Returns the error that tells the sender of a packet that it cannot be delivered.
pub(crate) fn unreachable(ip: &Ip, packet: &[u8], why: Unreachable) -> Option<Vec<u8>> {
    let quoted = packet.get(..ip.length.min(QUOTED))?;
    let is_v4 = ip.source.is_ipv4();
    let protocol = if is_v4 { protocol::ICMP } else { protocol::ICMPV6 };
    let [kind, code] = if is_v4 { why.v4() } else { why.v6() };
    let mut icmp = [kind, code, 0, 0, 0, 0, 0, 0];
    let header = ip_header(ip.destination, ip.source, protocol, icmp.len() + quoted.len())?;
    let check = icmp_checksum(&header, protocol, [&icmp, quoted])?;
    icmp[2..4].copy_from_slice(&check.to_be_bytes());
    Some(frame([&header, &icmp, quoted]))
}

/// Returns the answer to an echo request (ping), or `None` for other messages.
pub(crate) fn echo_reply(ip: &Ip, packet: &[u8]) -> Option<Vec<u8>> {
    let message = packet.get(ip.transport..ip.length)?;
    let (header, data) = message.split_first_chunk::<8>()?;
    let reply = match (ip.protocol, header[0]) {
        (protocol::ICMP, 8) => 0,
        (protocol::ICMPV6, 128) => 129,
        _ => return None,
    };
    let mut icmp = *header;
    icmp[0] = reply;
    icmp[2..4].fill(0);
    let ip_header = ip_header(ip.destination, ip.source, ip.protocol, message.len())?;
    let check = icmp_checksum(&ip_header, ip.protocol, [&icmp, data])?;
    icmp[2..4].copy_from_slice(&check.to_be_bytes());
    Some(frame([&ip_header, &icmp, data]))
}

/// ICMP covers its own bytes alone, ICMPv6 the addresses too.
fn icmp_checksum(header: &[u8], protocol: u8, parts: [&[u8]; 2]) -> Option<u16> {
    if protocol == protocol::ICMP { Some(!sum(&parts)) } else { transport_checksum(header, protocol, parts) }
}

/// Completes a UDP packet whose payload starts at [`UDP_HEADERS`] in `buffer`, and
/// returns the frame in it. `None` when the payload is too large.
pub(crate) fn udp_headers(
    buffer: &mut [u8],
    payload: usize,
    source: SocketAddr,
    destination: SocketAddr,
) -> Option<&[u8]> {
    let length = UDP_HEADER + payload;
    let ip = ip_header(source.ip(), destination.ip(), protocol::UDP, length)?;
    if ip.len() + length > usize::from(crate::address::MTU) {
        return None;
    }
    let mut udp = [0; UDP_HEADER];
    udp[0..2].copy_from_slice(&source.port().to_be_bytes());
    udp[2..4].copy_from_slice(&destination.port().to_be_bytes());
    udp[4..6].copy_from_slice(&u16::try_from(length).ok()?.to_be_bytes());
    let data = buffer.get(UDP_HEADERS..UDP_HEADERS + payload)?;
    // Zero would mean "no checksum".
    let check = match transport_checksum(&ip, protocol::UDP, [&udp, data])? {
        0 => u16::MAX,
        check => check,
    };
    udp[6..8].copy_from_slice(&check.to_be_bytes());
    let start = UDP_HEADERS - HEADER - ip.len() - UDP_HEADER;
    let header = buffer.get_mut(start..UDP_HEADERS)?;
    header.get_mut(..HEADER)?.fill(0);
    header.get_mut(HEADER..HEADER + ip.len())?.copy_from_slice(&ip);
    header.get_mut(HEADER + ip.len()..)?.copy_from_slice(&udp);
    buffer.get(start..UDP_HEADERS + payload)
}
