//! TCP connections.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use daytona_sandbox_network::Policy;

use crate::support::{REMOTE, SOON, Sandbox, allow_host, at, connect, gateway, on_host, with_remote};

/// Listens on the remote machine, and returns the port and what a connection gives.
async fn serve<T: Send + 'static>(
    remote: &crate::support::Machine,
    work: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (u16, mpsc::Receiver<T>) {
    let (sender, receiver) = mpsc::channel();
    let port = remote
        .run(move || {
            let listener = TcpListener::bind((REMOTE, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            std::thread::spawn(move || {
                let (stream, _) = listener.accept().unwrap();
                stream.set_read_timeout(Some(SOON)).unwrap();
                sender.send(work(stream)).unwrap();
            });
            port
        })
        .await;
    (port, receiver)
}

/// Waits without blocking the runtime of the test.
async fn received<T: Send + 'static>(receiver: mpsc::Receiver<T>) -> T {
    tokio::task::spawn_blocking(move || receiver.recv_timeout(SOON).unwrap()).await.unwrap()
}

#[test]
fn data_arrives_in_both_directions_and_each_can_be_closed_alone() {
    with_remote(async |remote| {
        let (port, served) = serve(&remote, |mut stream| {
            let mut question = String::new();
            // Ends when the sandbox closes its direction; the other one stays open.
            stream.read_to_string(&mut question).unwrap();
            write!(stream, "{question} there").unwrap();
            question
        })
        .await;
        let sandbox = Sandbox::start(Policy::default()).await;
        let answer = sandbox
            .run(move || {
                let mut stream = connect(at(REMOTE, port)).unwrap();
                stream.write_all(b"hello").unwrap();
                stream.shutdown(Shutdown::Write).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                answer
            })
            .await;
        assert_eq!(answer, "hello there");
        assert_eq!(received(served).await, "hello");
    });
}

#[test]
fn the_remote_can_close_first_and_still_read() {
    with_remote(async |remote| {
        let (port, served) = serve(&remote, |mut stream| {
            stream.shutdown(Shutdown::Write).unwrap();
            let mut rest = String::new();
            stream.read_to_string(&mut rest).unwrap();
            rest
        })
        .await;
        let sandbox = Sandbox::start(Policy::default()).await;
        sandbox
            .run(move || {
                let mut stream = connect(at(REMOTE, port)).unwrap();
                assert_eq!(stream.read(&mut [0]).unwrap(), 0);
                stream.write_all(b"after the end").unwrap();
            })
            .await;
        assert_eq!(received(served).await, "after the end");
    });
}

#[test]
fn a_refused_connection_is_refused() {
    with_remote(async |remote| {
        let closed = remote.run(|| TcpListener::bind((REMOTE, 0)).unwrap().local_addr().unwrap()).await;
        let sandbox = Sandbox::start(Policy::default()).await;
        let error = sandbox.run(move || connect(closed).unwrap_err()).await;
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn an_unreachable_address_fails_at_once() {
    on_host(async || {
        // This host has no route.
        let sandbox = Sandbox::start(Policy::default()).await;
        let error = sandbox.run(|| connect(at(REMOTE, 80)).unwrap_err()).await;
        assert_eq!(error.kind(), ErrorKind::HostUnreachable);
    });
}

#[test]
fn a_reset_passes_in_both_directions() {
    with_remote(async |remote| {
        let sandbox = Sandbox::start(Policy::default()).await;
        let reset = |stream: &TcpStream| {
            rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO)).unwrap();
        };

        let (port, served) = serve(&remote, move |mut stream| {
            assert_eq!(stream.read(&mut [0]).unwrap(), 1);
            reset(&stream);
        })
        .await;
        let error = sandbox
            .run(move || {
                let mut stream = connect(at(REMOTE, port)).unwrap();
                stream.write_all(b"x").unwrap();
                stream.read(&mut [0]).unwrap_err()
            })
            .await;
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        received(served).await;

        let (port, served) = serve(&remote, |mut stream| {
            let mut byte = [0];
            assert_eq!(stream.read(&mut byte).unwrap(), 1);
            stream.read(&mut byte).unwrap_err().kind()
        })
        .await;
        sandbox
            .run(move || {
                let mut stream = connect(at(REMOTE, port)).unwrap();
                stream.write_all(b"x").unwrap();
                reset(&stream);
            })
            .await;
        assert_eq!(received(served).await, ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_receiver_that_does_not_read_stops_the_sender() {
    with_remote(async |remote| {
        let (port, served) = serve(&remote, |mut stream| {
            stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
            let block = vec![0; 1 << 20];
            let mut sent = 0;
            while let Ok(length @ 1..) = stream.write(&block) {
                sent += length;
                assert!(sent < 1 << 28, "nothing stops the sender");
            }
            sent
        })
        .await;
        let sandbox = Sandbox::start(Policy::default()).await;
        let stream = sandbox.run(move || connect(at(REMOTE, port)).unwrap()).await;
        let sent = received(served).await;
        println!("{} KiB were sent to a program that does not read", sent >> 10);
        assert!(sent < 32 << 20);
        drop(stream);
    });
}

#[test]
fn a_client_can_connect_again_from_the_same_port() {
    with_remote(async |remote| {
        let sandbox = Sandbox::start(Policy::default()).await;
        for _ in 0..3 {
            let (port, served) = serve(&remote, |mut stream| stream.write_all(b"x").unwrap()).await;
            sandbox
                .run(move || {
                    let socket = socket_from(40_000);
                    rustix::net::connect(&socket, &at(REMOTE, port)).unwrap();
                    let mut stream = TcpStream::from(socket);
                    assert_eq!(stream.read(&mut [0]).unwrap(), 1);
                })
                .await;
            received(served).await;
        }
    });
}

fn socket_from(port: u16) -> std::os::fd::OwnedFd {
    let socket =
        rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::STREAM, None).unwrap();
    rustix::net::sockopt::set_socket_reuseaddr(&socket, true).unwrap();
    rustix::net::bind(&socket, &at(daytona_sandbox_network::address::SANDBOX, port)).unwrap();
    socket
}

#[test]
fn the_listener_of_the_forwarder_disconnects_programs_of_the_sandbox() {
    on_host(async || {
        let sandbox = Sandbox::start(allow_host()).await;
        for address in ["127.0.0.1:1", "10.0.2.1:1025"] {
            let error = sandbox.run(move || connect(address.parse().unwrap()).unwrap_err()).await;
            let expected = [ErrorKind::ConnectionRefused, ErrorKind::HostUnreachable];
            assert!(expected.contains(&error.kind()), "{address}: {error}");
        }
        let ended = sandbox
            .run(|| connect(at(daytona_sandbox_network::address::SANDBOX, 1)).unwrap().read(&mut [0]))
            .await;
        assert!(!matches!(ended, Ok(1..)), "{ended:?}");
    });
}

#[test]
fn two_sandboxes_listen_on_the_same_port() {
    on_host(async || {
        let sandboxes = [Sandbox::start(allow_host()).await, Sandbox::start(allow_host()).await];
        let mut listeners = Vec::new();
        for sandbox in &sandboxes {
            listeners.push(sandbox.run(|| TcpListener::bind(("0.0.0.0", 3000)).unwrap()).await);
        }
        let error =
            tokio::task::spawn_blocking(|| connect(at([127, 0, 0, 1], 3000)).unwrap_err()).await.unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "not on the host");
        let error = sandboxes[0].run(|| connect(gateway(3000)).unwrap_err()).await;
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}
