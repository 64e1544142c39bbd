//! Hosts, remote machines and sandboxes, without effects on the real host.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use daytona_sandbox_network::tun::{self, Link, Options};
use daytona_sandbox_network::{Network, Policy};
use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};
use rustix::thread::UnshareFlags;
use tokio::sync::oneshot;

/// The host's address on the network that it shares with the remote machine.
pub(crate) const HOST: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
/// The remote machine's address.
pub(crate) const REMOTE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);
/// A limit for what should be immediate; only reached by failures.
pub(crate) const SOON: Duration = Duration::from_secs(20);

type Work = Box<dyn FnOnce() + Send>;

/// A thread in a network namespace of its own.
pub(crate) struct Machine {
    work: Option<mpsc::Sender<Work>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Machine {
    /// Starts a machine without interfaces.
    pub(crate) fn start() -> Self {
        let (sender, receiver) = mpsc::channel::<Work>();
        let thread = thread::spawn(move || {
            unshare(UnshareFlags::NEWNET);
            tun::bring_up_loopback().unwrap();
            receiver.iter().for_each(|work| work());
        });
        Self { work: Some(sender), thread: Some(thread) }
    }

    /// Runs blocking work on the machine.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (sender, receiver) = oneshot::channel();
        let work = move || drop(sender.send(work()));
        self.work.as_ref().unwrap().send(Box::new(work)).unwrap();
        receiver.await.expect("the work did not panic")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.work.take());
        // A panic was reported by its own thread.
        let _ = self.thread.take().unwrap().join();
    }
}

/// A sandbox: a machine whose only way out is a network.
pub(crate) struct Sandbox {
    pub(crate) machine: Machine,
    pub(crate) network: Network,
}

impl Sandbox {
    pub(crate) async fn start(policy: Policy) -> Self {
        let machine = Machine::start();
        let link = link(&machine, Options::default()).await;
        Self { machine, network: Network::start(link, policy).unwrap() }
    }

    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        self.machine.run(work).await
    }
}

pub(crate) async fn link(machine: &Machine, options: Options) -> Link {
    machine.run(move || tun::create(options).unwrap()).await
}

/// Runs a test on a host of its own. The host has a loopback interface, and a name
/// server at 127.0.0.1 in its `/etc/resolv.conf`. Skips the test where it cannot run.
pub(crate) fn on_host(test: impl AsyncFnOnce() + Send + 'static) {
    if let Some(reason) = missing() {
        println!("skipped: {reason}");
        return;
    }
    let host = thread::spawn(|| {
        unshare(UnshareFlags::NEWNET | UnshareFlags::NEWNS);
        tun::bring_up_loopback().unwrap();
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"nameserver 127.0.0.1\n").unwrap();
        mount_bind(file.path(), "/etc/resolv.conf").unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async { tokio::time::timeout(Duration::from_secs(120), test()).await }).unwrap();
    });
    if let Err(panic) = host.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Runs a test on a host that shares a network with a remote machine.
pub(crate) fn with_remote(test: impl AsyncFnOnce(Machine) + Send + 'static) {
    on_host(async move || {
        let remote = Machine::start();
        let id = remote.run(|| rustix::thread::gettid().as_raw_nonzero()).await;
        ip(&format!("link add host0 type veth peer name remote0 netns {id}"));
        ip(&format!("address add {HOST}/24 dev host0"));
        ip("link set host0 up");
        let address = format!("address add {REMOTE}/24 dev remote0");
        remote.run(move || [address.as_str(), "link set remote0 up"].map(ip)).await;
        test(remote).await;
    });
}

/// Runs the program `ip`, which tests require to connect machines.
pub(crate) fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status().unwrap();
    assert!(status.success(), "ip {arguments}");
}

/// Why tests cannot run here.
pub(crate) fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("it requires root".to_owned());
    }
    if let Err(error) = std::fs::File::options().read(true).write(true).open("/dev/net/tun") {
        return Some(format!("cannot open /dev/net/tun: {error}"));
    }
    let namespaces = thread::spawn(|| {
        // SAFETY: the thread does not share descriptors.
        unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET | UnshareFlags::NEWNS) }
    });
    if let Err(error) = namespaces.join().unwrap() {
        return Some(format!("cannot create namespaces: {error}"));
    }
    match Command::new("ip").arg("-V").output() {
        Ok(_) => None,
        Err(error) => Some(format!("cannot run the program \"ip\": {error}")),
    }
}

fn unshare(flags: UnshareFlags) {
    // SAFETY: descriptors stay shared.
    unsafe { rustix::thread::unshare_unsafe(flags) }.unwrap();
}

pub(crate) fn allow_host() -> Policy {
    Policy { allow_host: true, ..Policy::default() }
}

pub(crate) fn gateway(port: u16) -> SocketAddr {
    (daytona_sandbox_network::address::GATEWAY, port).into()
}

pub(crate) fn at(address: impl Into<IpAddr>, port: u16) -> SocketAddr {
    (address.into(), port).into()
}

/// Connects, and checks that the result is there soon.
pub(crate) fn connect(address: SocketAddr) -> std::io::Result<std::net::TcpStream> {
    let start = Instant::now();
    let result = std::net::TcpStream::connect(address);
    assert!(start.elapsed() < SOON, "connecting to {address} took {:?}", start.elapsed());
    if let Ok(stream) = &result {
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.set_write_timeout(Some(SOON)).unwrap();
    }
    result
}
