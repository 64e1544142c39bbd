//! Memory and descriptors of many networks, and of one that is flooded. The only
//! test of its process: it counts what belongs to the process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "it/support.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod support;

use std::net::UdpSocket;

use daytona_sandbox_network::Policy;
use daytona_sandbox_network::address::GATEWAY;
use support::{Machine, REMOTE, Sandbox, allow_host, at, connect, gateway, ip, with_remote};

const NETWORKS: usize = 100;

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Waits until a count is within its limit, and returns it: a flow that gave way to
/// another one is closed when its task is scheduled again.
async fn at_most(limit: usize, count: impl Fn() -> usize) -> usize {
    let within = async {
        loop {
            match count() {
                within if within <= limit => return within,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(30), within).await;
    waited.unwrap_or_else(|_| panic!("{} are more than {limit}", count()))
}

/// Memory that is the process's own, in KiB.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = status.lines().find(|line| line.starts_with("Private_Dirty:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Processor time of the process, in milliseconds.
fn processor_time() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

#[test]
fn networks_are_small_and_floods_are_bounded() {
    with_remote(async |_remote| {
        idle_networks_cost_little().await;
        floods_are_bounded().await;
    });
}

async fn idle_networks_cost_little() {
    // What the first network allocates for all.
    drop(Sandbox::start(Policy::default()).await);
    let mut links = Vec::new();
    for _ in 0..NETWORKS {
        // Its thread ends: the descriptors keep the namespace.
        let machine = Machine::start();
        links.push(support::link(&machine, daytona_sandbox_network::tun::Options::default()).await);
    }
    let before = (memory(), descriptors());
    let mut networks = Vec::new();
    for link in links {
        networks.push(daytona_sandbox_network::Network::start(link, Policy::default()).unwrap());
    }
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let each = memory().saturating_sub(before.0) / NETWORKS;
    println!("{NETWORKS} idle networks: {each} KiB of the server's memory each");
    assert!(each < 64);
    let start = processor_time();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let used = processor_time() - start;
    println!("{NETWORKS} idle networks use {used} ms of processor time in 2 s");
    assert!(used < 200);
    for network in networks {
        network.stop().await;
    }
    assert_eq!(descriptors(), before.1 - 2 * NETWORKS, "all descriptors are closed");
}

async fn floods_are_bounded() {
    // The remote machine does not forward: packets disappear.
    ip(&format!("route add 192.0.2.0/24 via {REMOTE}"));
    let sandbox = Sandbox::start(allow_host()).await;
    let before = (memory(), descriptors());
    sandbox
        .run(|| {
            let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
            for port in 1..=20_000 {
                // The kernel reports closed ports of earlier datagrams.
                let _ = socket.send_to(&[0; 1000], at(GATEWAY, port));
                let _ = socket.send_to(&[0; 1000], at([192, 0, 2, 9], port));
            }
        })
        .await;
    let flows = at_most(256, || descriptors() - before.1).await;
    println!("40,000 datagrams to different ports: {flows} descriptors");

    let streams = sandbox
        .run(|| {
            let mut streams = Vec::new();
            for _ in 0..3000 {
                let family = rustix::net::AddressFamily::INET;
                let kind = rustix::net::SocketType::STREAM;
                let flags = rustix::net::SocketFlags::NONBLOCK;
                let socket = rustix::net::socket_with(family, kind, flags, None).unwrap();
                let _ = rustix::net::connect(&socket, &at([192, 0, 2, 9], 80));
                streams.push(socket);
            }
            streams
        })
        .await;
    let open = at_most(1024 + 256, || descriptors() - before.1 - streams.len()).await;
    println!("3,000 connections that nobody answers: {open} descriptors of the host");
    let grown = memory().saturating_sub(before.0);
    println!("after both floods: {grown} KiB more memory");
    assert!(grown < 32 << 10);
    drop(streams);

    sandbox.network.set_policy(allow_host_only());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let stream = sandbox.run(move || connect(gateway(port)).unwrap()).await;
    sandbox
        .run(|| {
            let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
            (1..200).for_each(|port| drop(socket.send_to(b"x", at(GATEWAY, port))));
        })
        .await;
    drop((stream, listener));
    sandbox.network.stop().await;
    assert_eq!(descriptors(), before.1 - 2, "all descriptors are closed");
}

/// Ends the connections that nobody answers.
fn allow_host_only() -> Policy {
    Policy { allow_list: daytona_sandbox_network::parse_allow_list("10.0.2.2/32").unwrap(), ..allow_host() }
}
