use super::checksum::sum;
use super::*;

/// A TCP packet with `data`, as the kernel writes it to the device.
fn tcp_frame(source: SocketAddr, destination: SocketAddr, flags: u8, data: &[u8]) -> Vec<u8> {
    let question = Tcp {
        source: destination,
        destination: source,
        flags: flag::ACK,
        sequence: 7,
        acknowledgment: 9,
        length: 0,
    };
    let mut frame = reset(&question).unwrap();
    frame[HEADER..].iter().for_each(drop);
    let ip = Ip::read(&frame[HEADER..]).unwrap();
    frame.extend_from_slice(data);
    let length = u16::try_from(frame.len() - HEADER).unwrap();
    if source.is_ipv4() {
        frame[HEADER + 2..HEADER + 4].copy_from_slice(&length.to_be_bytes());
        frame[HEADER + 10..HEADER + 12].fill(0);
        let check = !sum(&[&frame[HEADER..HEADER + 20]]);
        frame[HEADER + 10..HEADER + 12].copy_from_slice(&check.to_be_bytes());
    } else {
        frame[HEADER + 4..HEADER + 6].copy_from_slice(&(length - 40).to_be_bytes());
    }
    frame[HEADER + ip.transport + 13] = flags;
    let at = HEADER + ip.transport + 16;
    frame[at..at + 2].fill(0);
    let check = !transport_sum(&frame[HEADER..]);
    frame[at..at + 2].copy_from_slice(&check.to_be_bytes());
    frame
}

fn transport_sum(packet: &[u8]) -> u16 {
    let ip = Ip::read(packet).unwrap();
    let addresses = if ip.source.is_ipv4() { &packet[12..20] } else { &packet[8..40] };
    let data = &packet[ip.transport..ip.length];
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    sum(&[addresses, &[0, ip.protocol], &length, data])
}

/// Checks both checksums as the kernel does.
fn assert_valid(packet: &[u8]) {
    let ip = Ip::read(packet).unwrap();
    if ip.source.is_ipv4() {
        assert_eq!(sum(&[&packet[..ip.transport]]), 0xffff, "header checksum");
    }
    if ip.protocol == protocol::ICMP {
        assert_eq!(sum(&[&packet[ip.transport..ip.length]]), 0xffff, "ICMP checksum");
    } else {
        assert_eq!(transport_sum(packet), 0xffff, "transport checksum");
    }
}

fn pairs() -> [(SocketAddr, SocketAddr); 2] {
    [
        ("10.0.2.100:40000".parse().unwrap(), "203.0.113.9:443".parse().unwrap()),
        ("[fd0a:0:2::100]:40000".parse().unwrap(), "[2001:db8::9]:443".parse().unwrap()),
    ]
}

#[test]
fn a_translated_packet_has_its_new_addresses_and_valid_checksums() {
    for (source, destination) in pairs() {
        for data in [&b""[..], b"odd", b"even"] {
            let mut frame = tcp_frame(source, destination, flag::SYN, data);
            assert_valid(&frame[HEADER..]);
            let ip = Ip::read(&frame[HEADER..]).unwrap();
            let (from, to) = (SocketAddr::new(destination.ip(), 1025), SocketAddr::new(source.ip(), 1));
            translate(&mut frame, &ip, from, to).unwrap();
            assert_valid(&frame[HEADER..]);
            let tcp = Ip::read(&frame[HEADER..]).unwrap().tcp(&frame[HEADER..]).unwrap();
            assert_eq!((tcp.source, tcp.destination), (from, to));
            assert_eq!(tcp.length, u32::try_from(data.len()).unwrap() + 1);
        }
    }
}

#[test]
fn an_unfinished_checksum_is_translated_unfinished() {
    for (source, destination) in pairs() {
        let mut frame = tcp_frame(source, destination, flag::ACK, b"data");
        let ip = Ip::read(&frame[HEADER..]).unwrap();
        let at = HEADER + ip.transport + 16;
        frame[0] = NEEDS_CHECKSUM;
        let finish = |frame: &mut [u8]| {
            // What the device does: the sum of the transport, with the field as it is.
            let check = !sum(&[&frame[HEADER + ip.transport..]]);
            frame[at..at + 2].copy_from_slice(&check.to_be_bytes());
        };
        let length = u32::try_from(frame.len() - HEADER - ip.transport).unwrap().to_be_bytes();
        let addresses = if source.is_ipv4() { HEADER + 12..HEADER + 20 } else { HEADER + 8..HEADER + 40 };
        let partial = sum(&[&frame[addresses], &[0, protocol::TCP], &length]);
        frame[at..at + 2].copy_from_slice(&partial.to_be_bytes());
        let (from, to) = (SocketAddr::new(destination.ip(), 1025), SocketAddr::new(source.ip(), 1));
        translate(&mut frame, &ip, from, to).unwrap();
        finish(&mut frame);
        assert_valid(&frame[HEADER..]);
    }
}

#[test]
fn answers_are_valid_packets_to_the_sender() {
    for (source, destination) in pairs() {
        let frame = tcp_frame(source, destination, flag::SYN, b"");
        let packet = &frame[HEADER..];
        let ip = Ip::read(packet).unwrap();
        let tcp = ip.tcp(packet).unwrap();
        let refused = reset(&tcp).unwrap();
        assert_valid(&refused[HEADER..]);
        let answer = Ip::read(&refused[HEADER..]).unwrap().tcp(&refused[HEADER..]).unwrap();
        assert_eq!((answer.source, answer.destination), (destination, source));
        assert_eq!(answer.flags, flag::RST | flag::ACK);
        assert_eq!(answer.acknowledgment, tcp.sequence + 1);
        for why in [Unreachable::Host, Unreachable::Port, Unreachable::Prohibited] {
            let error = unreachable(&ip, packet, why).unwrap();
            assert_valid(&error[HEADER..]);
        }
        let mut buffer = vec![0; UDP_HEADERS + 5];
        buffer[UDP_HEADERS..].copy_from_slice(b"hello");
        let udp = udp_headers(&mut buffer, 5, destination, source).unwrap();
        assert_valid(&udp[HEADER..]);
        let ip = Ip::read(&udp[HEADER..]).unwrap();
        assert_eq!(ip.udp(&udp[HEADER..]).unwrap().payload, b"hello");
    }
}

#[test]
fn too_large_datagrams_are_not_sent() {
    let (source, destination) = pairs()[0];
    let mut buffer = vec![0; UDP_HEADERS + 65507];
    assert!(udp_headers(&mut buffer, 65507, source, destination).is_none());
    assert!(udp_headers(&mut buffer, 65492, source, destination).is_some());
}

/// Numbers without a pattern, the same in each run (xorshift).
fn random() -> impl FnMut() -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

#[test]
fn no_bytes_make_it_panic() {
    const RUNS: usize = 300_000;
    let mut next = random();
    let mut read = 0;
    for run in 0..RUNS {
        // Half are random, half are packets with random changes and lengths.
        let mut frame = if run % 2 == 0 {
            let mut bytes: Vec<u8> = (0..next() % 120).map(|_| next().to_le_bytes()[0]).collect();
            if let Some(version) = bytes.get_mut(HEADER) {
                *version = [0x45, 0x46, 0x4f, 0x60, 0x41][run / 2 % 5];
            }
            bytes
        } else {
            let (source, destination) = pairs()[run / 2 % 2];
            let mut frame = tcp_frame(source, destination, flag::SYN, b"some data");
            for _ in 0..next() % 4 {
                let at = usize::try_from(next() % frame.len() as u64).unwrap();
                frame[at] = next().to_le_bytes()[0];
            }
            frame.truncate(usize::try_from(next() % 100).unwrap());
            frame
        };
        let Some(packet) = frame.get(HEADER..) else { continue };
        let Some(ip) = Ip::read(packet) else { continue };
        read += 1;
        if let Some(tcp) = ip.tcp(packet) {
            let _ = reset(&tcp);
        }
        let _ = (ip.udp(packet), echo_reply(&ip, packet), unreachable(&ip, packet, Unreachable::Host));
        let (source, destination) = pairs()[run % 2];
        let _ = translate(&mut frame, &ip, source, destination);
    }
    println!("{RUNS} frames, {read} with an IP header");
    assert!(read > RUNS / 10);
}
