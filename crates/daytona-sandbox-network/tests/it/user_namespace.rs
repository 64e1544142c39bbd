//! Devices that a process of its own makes and passes over a socket, in the two
//! orders that a server uses.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use daytona_sandbox_network::Network;
use daytona_sandbox_network::tun::{self, Link, Options};
use rustix::fs::{Mode, OFlags};
use rustix::thread::UnshareFlags;

use crate::support::{allow_host, connect, gateway, on_host};

/// Set for the processes of a sandbox: the port to connect to.
const PORT: &str = "SANDBOX_NETWORK_TEST_PORT";
/// Set for a process that has given up its rights.
const IS_INSIDE: &str = "SANDBOX_NETWORK_TEST_INSIDE";

/// Starts a test of this program again, as another process.
fn again(name: &str, port: u16) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture"]).env(PORT, port.to_string());
    command
}

fn given_port() -> Option<u16> {
    std::env::var(PORT).ok().map(|port| port.parse().unwrap())
}

/// Enters namespaces, the user namespace with this user as its only one.
fn enter(flags: UnshareFlags, map: &[u8]) -> std::io::Result<()> {
    // SAFETY: descriptors stay shared.
    unsafe { rustix::thread::unshare_unsafe(flags) }?;
    let files = [("setgroups", &b"deny"[..]), ("uid_map", map), ("gid_map", map)];
    let folder = rustix::fs::open("/proc/self", OFlags::PATH, Mode::empty())?;
    for (file, content) in files {
        let file = rustix::fs::openat(&folder, file, OFlags::WRONLY, Mode::empty())?;
        rustix::io::write(&file, content)?;
    }
    Ok(())
}

/// Runs the process of a sandbox, which sends a link, and a network for it.
fn run(make: impl FnOnce(u16) -> Command + Send + 'static) {
    on_host(async || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut command = make(listener.local_addr().unwrap().port());
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                println!("skipped: cannot create the namespaces: {error}");
                return;
            }
        };
        drop(command);
        let link = tokio::task::spawn_blocking(move || Link::receive(ours.as_fd()).unwrap()).await.unwrap();
        let _network = Network::start(link, allow_host()).unwrap();
        let status = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
        assert!(status.success());
        listener.accept().unwrap();
    });
}

fn send_link() {
    let link = tun::create(Options::default()).unwrap();
    link.send(std::io::stdin().as_fd()).unwrap();
}

#[test]
fn an_ordinary_user_makes_the_device_in_its_user_namespace() {
    const NAME: &str = "user_namespace::an_ordinary_user_makes_the_device_in_its_user_namespace";
    if let Some(port) = given_port() {
        send_link();
        drop(connect(gateway(port)).unwrap());
        return;
    }
    run(|port| {
        let mut command = again(NAME, port);
        // SAFETY: only system calls, no allocation.
        unsafe { command.pre_exec(|| enter(UnshareFlags::NEWUSER | UnshareFlags::NEWNET, b"0 0 1")) };
        command
    });
}

#[test]
fn root_makes_the_device_before_it_becomes_another_user() {
    const NAME: &str = "user_namespace::root_makes_the_device_before_it_becomes_another_user";
    const USER: u32 = 65_533;
    if let Some(port) = given_port() {
        if std::env::var_os(IS_INSIDE).is_some() {
            // Root of its user namespace, but without rights over the network.
            let error = tun::create(Options::default()).unwrap_err();
            assert_eq!(error.io().kind(), ErrorKind::PermissionDenied, "{error}");
            let error = tun::bring_up_loopback().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
            drop(connect(gateway(port)).unwrap());
            return;
        }
        send_link();
        let mut inside = again(NAME, port);
        inside.env(IS_INSIDE, "1").uid(USER).gid(USER);
        // SAFETY: only system calls, no allocation.
        unsafe {
            inside.pre_exec(|| {
                // The maps belong to root otherwise.
                libc::prctl(libc::PR_SET_DUMPABLE, 1);
                enter(UnshareFlags::NEWUSER | UnshareFlags::NEWNS, b"0 65533 1")
            });
        }
        assert!(inside.status().unwrap().success());
        return;
    }
    run(|port| {
        let mut command = again(NAME, port);
        // SAFETY: only a system call.
        unsafe { command.pre_exec(|| Ok(rustix::thread::unshare_unsafe(UnshareFlags::NEWNET)?)) };
        command
    });
}
