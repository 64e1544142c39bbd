//! Packets that no kernel sends.

use std::net::{TcpListener, UdpSocket};

use rustix::net::{AddressFamily, SendFlags, SocketType, send};

use crate::support::{Sandbox, allow_host, connect, gateway, on_host};

const PACKETS: usize = 20_000;

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

/// Returns a packet from the sandbox's address with random content.
fn packet(next: &mut impl FnMut() -> u64) -> Vec<u8> {
    let length = usize::try_from(20 + next() % 100).unwrap();
    let mut packet: Vec<u8> = (0..length).map(|_| next().to_le_bytes()[0]).collect();
    packet[0] = 0x45;
    if !next().is_multiple_of(8) {
        packet[2..4].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        packet[6..8].fill(0);
    }
    packet[9] = [1, 6, 17, 58][usize::try_from(next() % 4).unwrap()];
    packet[12..16].copy_from_slice(&[10, 0, 2, 100]);
    // The gateway, the translated address, or the sandbox: nothing leaves the host.
    packet[16..20].copy_from_slice(&[10, 0, 2, [1, 2, 3, 100][usize::try_from(next() % 4).unwrap()]]);
    packet
}

#[test]
fn malformed_packets_do_no_harm() {
    on_host(async || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sandbox = Sandbox::start(allow_host()).await;
        let sent = sandbox
            .run(|| {
                let socket = rustix::net::socket(AddressFamily::PACKET, SocketType::DGRAM, None).unwrap();
                bind_to_device(&socket);
                let mut next = random();
                (0..PACKETS).filter(|_| send(&socket, &packet(&mut next), SendFlags::empty()).is_ok()).count()
            })
            .await;
        println!("{sent} of {PACKETS} malformed packets were sent");
        assert!(sent > PACKETS / 2);
        sandbox.run(move || connect(gateway(port)).unwrap()).await;
        listener.accept().unwrap();
        let socket = sandbox.run(|| UdpSocket::bind("0.0.0.0:0").unwrap()).await;
        drop(socket);
    });
}

fn bind_to_device(socket: &std::os::fd::OwnedFd) {
    use std::os::fd::AsRawFd as _;
    let name = std::ffi::CString::new("tun0").unwrap();
    // SAFETY: the structure is plain data, for which all zeros are valid, and the
    // pointers are to live values of the lengths given.
    let result = unsafe {
        let mut address: libc::sockaddr_ll = std::mem::zeroed();
        address.sll_family = u16::try_from(libc::AF_PACKET).unwrap();
        address.sll_protocol = 0x0800_u16.to_be();
        address.sll_ifindex = libc::if_nametoindex(name.as_ptr()).cast_signed();
        let length = u32::try_from(std::mem::size_of_val(&address)).unwrap();
        libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length)
    };
    assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
}
