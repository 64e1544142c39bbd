use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::isolation::{processes_with, until_processes};
use crate::server::Server;

const PROGRAM: &str = env!("CARGO_BIN_EXE_daytona-local");

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
}

/// The folder of a server: the one above the folder of sockets it holds open.
fn root_of(server: &Server) -> PathBuf {
    let held = std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap();
    held.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .find(|path| path.ends_with("sockets"))
        .and_then(|path| path.parent().map(PathBuf::from))
        .unwrap()
}

async fn busy_server() -> (Server, PathBuf, String) {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let mark = format!("97{}", server.pid());
    server
        .run(
            &id,
            &format!("mkdir a && touch a/b && chmod 000 a; (setsid nohup sleep {mark} >/dev/null 2>&1 &)"),
        )
        .await;
    let root = root_of(&server);
    let mark = format!("sleep\0{mark}");
    until_processes(&mark, 1).await;
    (server, root, mark)
}

async fn until_nothing_is_left(root: &Path, mark: &str) {
    let name = root.file_name().unwrap().to_str().unwrap();
    while root.exists() || processes_with(mark) > 0 || processes_with(name) > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nothing_is_left_when_the_server_is_killed() {
    let (mut server, root, mark) = busy_server().await;
    server.child().kill().unwrap();
    server.child().wait().unwrap();
    until_nothing_is_left(&root, &mark).await;
}

#[tokio::test]
async fn nothing_is_left_when_the_one_who_started_it_is_gone() {
    let (mut server, root, mark) = busy_server().await;
    drop(server.child().stdin.take());
    assert!(server.child().wait().unwrap().success());
    assert!(!root.exists());
    until_nothing_is_left(&root, &mark).await;
}

#[tokio::test]
async fn nothing_is_left_after_a_signal() {
    for which in [Signal::TERM, Signal::INT] {
        let (mut server, root, mark) = busy_server().await;
        signal(server.pid(), which);
        assert!(server.child().wait().unwrap().success());
        assert!(!root.exists());
        until_nothing_is_left(&root, &mark).await;
    }
}

#[test]
fn only_loopback_is_served() {
    let output = Command::new(PROGRAM).args(["--host", "0.0.0.0"]).output().unwrap();
    assert!(!output.status.success());
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("0.0.0.0 is not a loopback address"), "{words}");
}

#[test]
fn people_get_lines_to_copy() {
    let mut child = Command::new(PROGRAM)
        .args(["--api-key", "chosen", "--lifeline"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take());
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(text.contains("export DAYTONA_API_URL=http://127.0.0.1:"), "{text}");
    assert!(text.contains("export DAYTONA_API_KEY=chosen"), "{text}");
    assert!(text.contains("isolation: namespaces"), "{text}");
}

#[tokio::test]
async fn keys_are_long_and_new_each_time() {
    let (one, other) = (Server::start(&[]), Server::start(&[]));
    assert_ne!(one.key(), other.key());
    assert_eq!(one.key().len(), "dtn_".len() + 64);
}
