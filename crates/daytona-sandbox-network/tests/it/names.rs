//! The name server of a sandbox.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::time::Instant;

use daytona_sandbox_network::{Policy, address, parse_allow_list, parse_domain_list, resolv_conf};

use crate::support::{REMOTE, SOON, Sandbox, at, connect, on_host, with_remote};

/// A query for the addresses of a name.
const QUERY: &[u8] =
    b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01";
/// What the host's name server answers for every name.
const ADDRESS: Ipv4Addr = REMOTE;

fn answer(query: &[u8]) -> Vec<u8> {
    let mut answer = query.to_vec();
    answer[2] |= 0x80;
    answer[7] = 1;
    // Without additional records.
    answer[11] = 0;
    let end = 12 + query[12..].iter().position(|&byte| byte == 0).unwrap() + 5;
    answer.truncate(end);
    let is_v4 = query[end - 3] == 1;
    if is_v4 {
        answer.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04");
        answer.extend(ADDRESS.octets());
    } else {
        answer[7] = 0;
    }
    answer
}

/// Starts the name server of the host, on its loopback interface.
fn serve_names() {
    let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            socket.send_to(&answer(&buffer[..length]), from).unwrap();
        }
    });
    let listener = TcpListener::bind("127.0.0.1:53").unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            std::thread::spawn(move || {
                let mut length = [0; 2];
                while stream.read_exact(&mut length).is_ok() {
                    let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
                    stream.read_exact(&mut query).unwrap();
                    let answer = answer(&query);
                    stream.write_all(&u16::try_from(answer.len()).unwrap().to_be_bytes()).unwrap();
                    stream.write_all(&answer).unwrap();
                }
            });
        }
    });
}

/// A query for the addresses of a name.
fn query(name: &str) -> Vec<u8> {
    let mut query = QUERY[..12].to_vec();
    for label in name.split('.') {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.bytes());
    }
    query.extend(b"\x00\x00\x01\x00\x01");
    query
}

fn ask() -> std::io::Result<Vec<u8>> {
    ask_for(QUERY)
}

fn ask_for(query: &[u8]) -> std::io::Result<Vec<u8>> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(SOON))?;
    socket.connect(at(address::RESOLVER, 53))?;
    socket.send(query)?;
    let mut buffer = [0; 1024];
    let length = socket.recv(&mut buffer)?;
    Ok(buffer[..length].to_vec())
}

fn ask_over_tcp(stream: &mut TcpStream, query: &[u8]) -> Vec<u8> {
    stream.write_all(&u16::try_from(query.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(query).unwrap();
    let mut buffer = [0; 2];
    stream.read_exact(&mut buffer).unwrap();
    let mut answer = vec![0; usize::from(u16::from_be_bytes(buffer))];
    stream.read_exact(&mut answer).unwrap();
    answer
}

#[test]
fn names_are_resolved_over_udp_and_tcp_also_with_an_allow_list() {
    on_host(async || {
        serve_names();
        let list = parse_allow_list("198.51.100.0/24").unwrap();
        for policy in [Policy::default(), Policy { allow_list: list, ..Policy::default() }] {
            let sandbox = Sandbox::start(policy).await;
            assert_eq!(sandbox.run(|| ask().unwrap()).await, answer(QUERY));
            let answered =
                sandbox.run(|| ask_over_tcp(&mut connect(at(address::RESOLVER, 53)).unwrap(), QUERY)).await;
            assert_eq!(answered, answer(QUERY));
        }
    });
}

#[test]
fn programs_resolve_names_with_the_file_for_sandboxes() {
    on_host(async || {
        serve_names();
        let sandbox = Sandbox::start(Policy::default()).await;
        let found = sandbox
            .run(|| {
                // Mounts of its own: the machine shares those of the host.
                let mut file = tempfile::NamedTempFile::new().unwrap();
                file.write_all(resolv_conf("").as_bytes()).unwrap();
                let script = "mount --bind \"$0\" /etc/resolv.conf && getent ahostsv4 some-name.example";
                let mut shell = Command::new("unshare");
                shell.args(["--mount", "sh", "-c", script]).arg(file.path()).output().unwrap()
            })
            .await;
        let printed = String::from_utf8_lossy(&found.stdout).into_owned();
        assert!(
            printed.contains(&ADDRESS.to_string()),
            "{printed} {}",
            String::from_utf8_lossy(&found.stderr)
        );
    });
}

#[test]
fn without_a_name_server_the_answer_is_a_failure_at_once() {
    on_host(async || {
        let sandbox = Sandbox::start(Policy::default()).await;
        let start = Instant::now();
        let answer = sandbox.run(|| ask().unwrap()).await;
        assert_eq!(answer[3] & 0x0f, 2, "SERVFAIL");
        assert!(start.elapsed() < SOON);
    });
}

#[test]
fn a_blocked_network_has_no_names() {
    on_host(async || {
        serve_names();
        let sandbox = Sandbox::start(Policy { block_all: true, ..Policy::default() }).await;
        assert_eq!(sandbox.run(|| ask().unwrap_err()).await.kind(), ErrorKind::HostUnreachable);
    });
}

fn domains(list: &str) -> Policy {
    Policy { domains: parse_domain_list(list).unwrap(), ..Policy::default() }
}

/// The code of an answer: 0 for success, 3 for a name that does not exist.
fn code(answer: &[u8]) -> u8 {
    answer[3] & 0x0f
}

#[test]
fn a_list_of_domains_knows_its_names_alone_over_udp_and_tcp() {
    on_host(async || {
        serve_names();
        let sandbox = Sandbox::start(domains("example.com,*.example.org")).await;
        sandbox
            .run(|| {
                let mut stream = connect(at(address::RESOLVER, 53)).unwrap();
                for (name, expected) in [
                    ("other.test", 3),
                    ("example.com", 0),
                    ("EXAMPLE.com", 0),
                    ("example.org", 3),
                    ("a.b.example.org", 0),
                    ("secret-data.evil.test", 3),
                ] {
                    let query = query(name);
                    for answered in [ask_for(&query).unwrap(), ask_over_tcp(&mut stream, &query)] {
                        assert_eq!(code(&answered), expected, "{name}");
                        assert_eq!((&answered[..2], answered[2] & 0x80), (&query[..2], 0x80), "{name}");
                        assert_eq!(answered[12..query.len()], query[12..], "{name}: the question");
                    }
                }
            })
            .await;
    });
}

#[test]
fn addresses_are_accessible_while_a_domain_leads_to_them() {
    with_remote(async |remote| {
        serve_names();
        let listener = remote.run(|| TcpListener::bind((REMOTE, 0)).unwrap()).await;
        let address = listener.local_addr().unwrap();
        let sandbox = Sandbox::start(domains("example.com")).await;
        let refused = || sandbox.run(move || connect(address).unwrap_err().kind());
        assert_eq!(refused().await, ErrorKind::HostUnreachable, "nobody asked for the name");
        sandbox.run(|| ask_for(&query("other.test")).unwrap()).await;
        assert_eq!(refused().await, ErrorKind::HostUnreachable, "another name");
        sandbox.run(|| ask().unwrap()).await;
        let mut stream = sandbox.run(move || connect(address).unwrap()).await;

        sandbox.network.set_policy(domains("example.com,more.test"));
        sandbox.run(move || connect(address).unwrap()).await;
        sandbox.network.set_policy(domains("other.test"));
        let error = sandbox.run(move || stream.read(&mut [0]).unwrap_err()).await;
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "its domain is no longer in the list");
        assert_eq!(refused().await, ErrorKind::HostUnreachable);
        sandbox.network.set_policy(Policy::default());
        sandbox.run(move || connect(address).unwrap()).await;
    });
}

#[test]
fn a_broken_message_over_tcp_ends_its_connection() {
    on_host(async || {
        serve_names();
        let sandbox = Sandbox::start(domains("example.com")).await;
        sandbox
            .run(|| {
                // Too short for a header; ends within a message.
                for message in [&[0, 3, 1, 2, 3][..], &[0, 100, 1]] {
                    let mut stream = connect(at(address::RESOLVER, 53)).unwrap();
                    stream.write_all(message).unwrap();
                    stream.shutdown(std::net::Shutdown::Write).unwrap();
                    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
                }
            })
            .await;
    });
}
