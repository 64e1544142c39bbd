//! UDP flows and echo requests.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::Duration;

use daytona_sandbox_network::Policy;

use crate::support::{Machine, REMOTE, SOON, Sandbox, at, with_remote};

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket
}

/// Answers each datagram with itself, until a datagram is empty.
async fn echo(remote: &Machine) -> u16 {
    remote
        .run(|| {
            let socket = UdpSocket::bind((REMOTE, 0)).unwrap();
            let port = socket.local_addr().unwrap().port();
            std::thread::spawn(move || {
                let mut buffer = vec![0; 1 << 16];
                while let Ok((length @ 1.., from)) = socket.recv_from(&mut buffer) {
                    socket.send_to(&buffer[..length], from).unwrap();
                }
            });
            port
        })
        .await
}

#[test]
fn datagrams_are_answered_in_every_size() {
    with_remote(async |remote| {
        let port = echo(&remote).await;
        let sandbox = Sandbox::start(Policy::default()).await;
        sandbox
            .run(move || {
                let socket = socket();
                for size in [1, 2, 511, 1472, 1473, 9000, 65_492] {
                    let data: Vec<u8> = (0..size).map(|at: usize| at.to_le_bytes()[0]).collect();
                    socket.send_to(&data, at(REMOTE, port)).unwrap();
                    let mut answer = vec![0; 1 << 16];
                    let (length, from) = socket.recv_from(&mut answer).unwrap();
                    assert_eq!((from, &answer[..length]), (at(REMOTE, port), &data[..]));
                }
                socket.send_to(&[], at(REMOTE, port)).unwrap();
            })
            .await;
    });
}

#[test]
fn a_closed_port_is_reported() {
    with_remote(async |remote| {
        let closed = remote.run(|| UdpSocket::bind((REMOTE, 0)).unwrap().local_addr().unwrap()).await;
        let sandbox = Sandbox::start(Policy::default()).await;
        let error = sandbox
            .run(move || {
                let socket = socket();
                socket.connect(closed).unwrap();
                socket.send(b"x").unwrap();
                socket.recv(&mut [0]).unwrap_err()
            })
            .await;
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn a_new_policy_ends_flows() {
    with_remote(async |remote| {
        let port = echo(&remote).await;
        let sandbox = Sandbox::start(Policy::default()).await;
        let connected = sandbox
            .run(move || {
                let socket = socket();
                socket.connect(at(REMOTE, port)).unwrap();
                socket.send(b"x").unwrap();
                socket.recv(&mut [0]).unwrap();
                socket
            })
            .await;
        sandbox.network.set_policy(Policy { block_all: true, ..Policy::default() });
        let error = sandbox
            .run(move || {
                // A datagram that is sent while the flow ends may be lost.
                connected.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
                loop {
                    connected.send(b"x").unwrap_or_default();
                    match connected.recv(&mut [0]) {
                        Ok(_) => {}
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        Err(error) => break error,
                    }
                }
            })
            .await;
        assert_eq!(error.kind(), ErrorKind::HostUnreachable);
    });
}
