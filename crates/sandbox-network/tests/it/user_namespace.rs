//! A device made in a user namespace, by a process of its own, and passed over a
//! socket: as an ordinary user's server does it.

use std::net::TcpListener;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::thread::UnshareFlags;
use sandbox_network::Network;
use sandbox_network::tun::{self, Link, Options};

use crate::support::{allow_host, connect, gateway, on_host};

/// Set for the process that is the sandbox.
const PORT: &str = "SANDBOX_NETWORK_TEST_PORT";
const NAME: &str = "user_namespace::a_device_of_a_user_namespace_is_passed_to_the_server";

#[test]
fn a_device_of_a_user_namespace_is_passed_to_the_server() {
    if let Ok(port) = std::env::var(PORT) {
        return sandbox(port.parse().unwrap());
    }
    on_host(async || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", NAME, "--nocapture"]).env(PORT, port.to_string());
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        // SAFETY: only system calls, no allocation.
        unsafe {
            command.pre_exec(|| {
                rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER | UnshareFlags::NEWNET)?;
                let files = [("setgroups", &b"deny"[..]), ("uid_map", b"0 0 1"), ("gid_map", b"0 0 1")];
                let folder = rustix::fs::open("/proc/self", OFlags::PATH, Mode::empty())?;
                for (file, content) in files {
                    let file = rustix::fs::openat(&folder, file, OFlags::WRONLY, Mode::empty())?;
                    rustix::io::write(&file, content)?;
                }
                Ok(())
            });
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                println!("skipped: cannot create a user namespace: {error}");
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

fn sandbox(port: u16) {
    tun::bring_up_loopback().unwrap();
    let link = tun::create(Options::default()).unwrap();
    link.send(std::io::stdin().as_fd()).unwrap();
    connect(gateway(port)).unwrap();
}
