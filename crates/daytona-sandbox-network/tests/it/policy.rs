//! What a sandbox may connect to.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::time::Instant;

use daytona_sandbox_network::address::SANDBOX_V6;
use daytona_sandbox_network::tun::{self, Options};
use daytona_sandbox_network::{Network, Policy, parse_allow_list};

use crate::support::{
    HOST, Machine, REMOTE, SOON, Sandbox, allow_host, at, connect, gateway, ip, link, on_host, with_remote,
};

/// The sandbox is told so by the kernel, as a firewall would tell it.
fn assert_refused(error: &std::io::Error) {
    assert_eq!(error.kind(), ErrorKind::HostUnreachable, "{error}");
}

fn assert_nobody_connected(listener: &TcpListener) {
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn the_host_is_refused() {
    with_remote(async |_remote| {
        // Local by a route alone, without an interface that has the address.
        ip("route add local 198.51.100.0/24 dev lo");
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sandbox = Sandbox::start(Policy::default()).await;
        for address in [gateway(port), at(HOST, port), at([198, 51, 100, 7], port)] {
            assert_refused(&sandbox.run(move || connect(address).unwrap_err()).await);
        }
        let loopback = sandbox.run(move || connect(at([127, 0, 0, 1], port)).unwrap_err()).await;
        assert_eq!(loopback.kind(), ErrorKind::ConnectionRefused, "the sandbox's own");
        assert_nobody_connected(&listener);
    });
}

#[test]
fn the_host_is_accessible_when_allowed() {
    with_remote(async |_remote| {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let loopback = TcpListener::bind("127.0.0.1:0").unwrap();
        let loopback_port = loopback.local_addr().unwrap().port();
        let sandbox = Sandbox::start(allow_host()).await;
        for (listener, address) in [(&listener, at(HOST, port)), (&loopback, gateway(loopback_port))] {
            let mut inside = sandbox.run(move || connect(address).unwrap()).await;
            let (mut outside, _) = listener.accept().unwrap();
            let served = tokio::task::spawn_blocking(move || {
                outside.write_all(b"hello").unwrap();
                let mut byte = [0];
                outside.read_exact(&mut byte).unwrap();
                byte
            });
            let mut hello = [0; 5];
            sandbox
                .run(move || {
                    inside.read_exact(&mut hello).unwrap();
                    assert_eq!(&hello, b"hello");
                    inside.write_all(b"!").unwrap();
                })
                .await;
            assert_eq!(&served.await.unwrap(), b"!");
        }
    });
}

#[test]
fn metadata_and_many_addresses_are_refused() {
    with_remote(async |_remote| {
        ip("route add default via 203.0.113.9");
        let sandbox = Sandbox::start(allow_host()).await;
        for address in
            ["169.254.169.254:80", "100.100.100.200:80", "240.0.0.1:80", "10.0.2.3:80", "10.0.2.55:80"]
        {
            let error = sandbox.run(move || connect(address.parse().unwrap()).unwrap_err()).await;
            assert_refused(&error);
        }
        let error = sandbox
            .run(|| {
                let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
                socket.set_read_timeout(Some(SOON)).unwrap();
                socket.connect("169.254.169.254:80").unwrap();
                socket.send(b"x").unwrap();
                socket.recv(&mut [0]).unwrap_err()
            })
            .await;
        assert_refused(&error);
    });
}

#[test]
fn an_allow_list_refuses_what_it_does_not_contain() {
    with_remote(async |remote| {
        let listener = remote.run(|| TcpListener::bind((REMOTE, 0)).unwrap()).await;
        let address = listener.local_addr().unwrap();
        let list = |list| Policy { allow_list: parse_allow_list(list).unwrap(), ..Policy::default() };
        let sandbox = Sandbox::start(list("203.0.113.8/30")).await;
        sandbox.run(move || connect(address).unwrap()).await;
        sandbox.network.set_policy(list("203.0.113.0/29"));
        assert_refused(&sandbox.run(move || connect(address).unwrap_err()).await);
    });
}

#[test]
fn a_new_policy_ends_connections_that_it_does_not_allow() {
    with_remote(async |remote| {
        let listener = remote.run(|| TcpListener::bind((REMOTE, 0)).unwrap()).await;
        let address = listener.local_addr().unwrap();
        let sandbox = Sandbox::start(Policy::default()).await;
        let mut stream = sandbox.run(move || connect(address).unwrap()).await;
        let (mut outside, _) = listener.accept().unwrap();
        outside.set_read_timeout(Some(SOON)).unwrap();

        sandbox.network.set_policy(Policy { block_all: true, ..Policy::default() });
        let error = sandbox.run(move || stream.read(&mut [0]).unwrap_err()).await;
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let error = tokio::task::spawn_blocking(move || outside.read(&mut [0]).unwrap_err()).await.unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_refused(&sandbox.run(move || connect(address).unwrap_err()).await);

        sandbox.network.set_policy(Policy::default());
        sandbox.run(move || connect(address).unwrap()).await;
    });
}

#[test]
fn ipv6_has_the_same_rules() {
    with_remote(async |remote| {
        ip("address add 2001:db8::1/64 dev host0 nodad");
        remote.run(|| ip("address add 2001:db8::9/64 dev remote0 nodad")).await;
        let own = TcpListener::bind("[::]:0").unwrap();
        let port = own.local_addr().unwrap().port();
        let listener = remote.run(|| TcpListener::bind("[2001:db8::9]:0").unwrap()).await;
        let address = listener.local_addr().unwrap();
        let machine = Machine::start();
        let network =
            Network::start(link(&machine, Options { ipv6: true }).await, Policy::default()).unwrap();
        machine
            .run(move || {
                let mut stream = connect(address).unwrap();
                stream.write_all(b"six").unwrap();
            })
            .await;
        let (mut outside, _) = listener.accept().unwrap();
        let text = tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            outside.read_to_string(&mut text).unwrap();
            text
        });
        assert_eq!(text.await.unwrap(), "six");
        for refused in ["2001:db8::1", "fd0a:0:2::2", "fd00:ec2::254", "64:ff9b::7f00:1"] {
            let address = at(refused.parse::<std::net::Ipv6Addr>().unwrap(), port);
            let error = machine.run(move || connect(address).unwrap_err()).await;
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{refused}: {error}");
        }
        assert_nobody_connected(&own);
        network.set_policy(allow_host());
        machine
            .run(move || connect(at("fd0a:0:2::2".parse::<std::net::Ipv6Addr>().unwrap(), port)).unwrap())
            .await;
        own.accept().unwrap();
    });
}

#[test]
fn the_ipv6_address_is_there_when_the_device_is() {
    on_host(async || {
        let create = || {
            let _link = tun::create(Options { ipv6: true }).unwrap();
            let socket = UdpSocket::bind("[::]:0").unwrap();
            socket.connect("[2001:db8::9]:53").map(|()| socket.local_addr().unwrap().ip()).ok()
        };
        // It is a matter of time, so several are tried.
        for _ in 0..20 {
            assert_eq!(Machine::start().run(create).await, Some(std::net::IpAddr::from(SANDBOX_V6)));
        }
    });
}

#[test]
fn a_stopped_network_reaches_nothing() {
    on_host(async || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let Sandbox { machine, network } = Sandbox::start(allow_host()).await;
        let stream = machine.run(move || connect(gateway(port)).unwrap()).await;
        network.stop().await;
        // The device goes away with its last descriptor. A program that another test starts
        // has copies of all until it runs.
        machine
            .run(move || {
                let start = Instant::now();
                while std::fs::read_to_string("/proc/thread-self/net/dev").unwrap().contains("tun0") {
                    assert!(start.elapsed() < SOON, "the device is still there");
                    std::thread::yield_now();
                }
            })
            .await;
        let error = machine.run(move || connect(gateway(port)).unwrap_err()).await;
        assert_eq!(error.kind(), ErrorKind::NetworkUnreachable);
        let (mut outside, _) = listener.accept().unwrap();
        let error = tokio::task::spawn_blocking(move || outside.read(&mut [0]).unwrap_err()).await.unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "not an end in order");
        machine.run(move || drop(stream)).await;
    });
}
