use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use daytona_sandbox_init::ProcessStat;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::isolation::{processes_with, root_of, until_processes};
use crate::server::Server;

const PROGRAM: &str = env!("CARGO_BIN_EXE_daytona-local");

pub(crate) fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
}

async fn busy_server(temp_dir: &Path) -> (Server, PathBuf, String) {
    let server = Server::start_in(temp_dir, &[]);
    let id = server.create(json!({})).await;
    let mark = format!("97{}", server.pid());
    server
        .run(
            &id,
            &format!("mkdir a && touch a/b && chmod 000 a; (setsid nohup sleep {mark} >/dev/null 2>&1 &)"),
        )
        .await;
    let root = root_of(server.pid());
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
    let temp_dir = tempfile::tempdir().unwrap();
    let (mut server, root, mark) = busy_server(temp_dir.path()).await;
    server.child().kill().unwrap();
    server.child().wait().unwrap();
    until_nothing_is_left(&root, &mark).await;
}

/// Stops the toolbox of a server's sandbox: it cannot end by itself then.
async fn stop_toolbox(server: &Server) {
    let first_process = child_with(child_with(server.pid(), "sandbox-init"), "sandbox-init");
    let toolbox = child_with(first_process, "toolbox");
    signal(toolbox, Signal::STOP);
    while ProcessStat::read(toolbox).unwrap().field::<char>(3) != Some('T') {
        tokio::task::yield_now().await;
    }
}

/// The guard must end it.
#[tokio::test]
async fn nothing_is_left_of_a_sandbox_that_stopped_its_toolbox() {
    let temp_dir = tempfile::tempdir().unwrap();
    let (mut server, root, mark) = busy_server(temp_dir.path()).await;
    stop_toolbox(&server).await;
    server.child().kill().unwrap();
    server.child().wait().unwrap();
    until_nothing_is_left(&root, &mark).await;
}

/// The kernel must end it.
#[tokio::test]
async fn nothing_is_left_of_a_sandbox_that_stopped_its_toolbox_when_its_guard_is_killed() {
    let temp_dir = tempfile::tempdir().unwrap();
    let (mut server, root, mark) = busy_server(temp_dir.path()).await;
    stop_toolbox(&server).await;
    signal(child_with(server.pid(), "sandbox-init"), Signal::KILL);
    server.child().kill().unwrap();
    server.child().wait().unwrap();
    until_nothing_is_left(&root, &mark).await;
}

#[tokio::test]
async fn nothing_is_left_when_the_one_who_started_it_is_gone() {
    let temp_dir = tempfile::tempdir().unwrap();
    let (mut server, root, mark) = busy_server(temp_dir.path()).await;
    drop(server.child().stdin.take());
    assert!(server.child().wait().unwrap().success());
    assert!(!root.exists());
    until_nothing_is_left(&root, &mark).await;
}

#[tokio::test]
async fn nothing_is_left_after_a_signal() {
    for which in [Signal::TERM, Signal::INT] {
        let temp_dir = tempfile::tempdir().unwrap();
        let (mut server, root, mark) = busy_server(temp_dir.path()).await;
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

/// The process that another one started with this argument.
pub(crate) fn child_with(parent: u32, argument: &str) -> u32 {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).unwrap();
    let children = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("children")).unwrap());
    let children: Vec<u32> = children
        .flat_map(|line| line.split(' ').filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect();
    let has_argument =
        |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap().contains(argument);
    children.into_iter().find(has_argument).unwrap()
}

#[tokio::test]
async fn the_next_server_removes_what_a_server_and_its_janitor_left() {
    let temp_dir = tempfile::tempdir().unwrap();
    let (mut server, root, mark) = busy_server(temp_dir.path()).await;
    signal(child_with(server.pid(), "janitor"), Signal::KILL);
    server.child().kill().unwrap();
    server.child().wait().unwrap();
    while processes_with(&mark) > 0 {
        tokio::task::yield_now().await;
    }
    assert!(root.exists());
    let running = Server::start_in(temp_dir.path(), &[]);
    let in_use = root_of(running.pid());
    let _next = Server::start_in(temp_dir.path(), &[]);
    while root.exists() {
        tokio::task::yield_now().await;
    }
    assert!(in_use.join("sandboxes").exists(), "the folder of a running server was removed");
}

#[test]
fn the_key_is_not_in_the_list_of_processes() {
    for arguments in [&["--api-key", "a-secret-key"][..], &["--api-key=a-secret-key"]] {
        let server = Server::start(arguments);
        assert_eq!(server.key(), "a-secret-key");
        let line = std::fs::read_to_string(format!("/proc/{}/cmdline", server.pid())).unwrap();
        assert!(line.contains("--api-key") && !line.contains("secret"), "{line}");
    }
}

#[tokio::test]
async fn a_server_ends_with_the_package_manager_that_started_it() {
    // The second was started by another, as in a script of `npm test`.
    for outer in [&[][..], &[("npm_config_user_agent", "npm"), ("npm_lifecycle_event", "test")]] {
        let script =
            "npm_config_user_agent=npm npm_lifecycle_event=npx sh -c '\"$0\" --json; exit' \"$0\"; exit";
        let mut manager = Command::new("sh");
        for name in ["config_user_agent", "command", "lifecycle_event", "lifecycle_script", "execpath"] {
            manager.env_remove(format!("npm_{name}"));
        }
        manager
            .args(["-c", script, PROGRAM])
            .envs(outer.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut manager = manager.spawn().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(manager.stdout.take().unwrap()), &mut line)
            .unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let server = u32::try_from(ready["pid"].as_u64().unwrap()).unwrap();
        let root = root_of(server);
        manager.kill().unwrap();
        manager.wait().unwrap();
        while root.exists() || Path::new(&format!("/proc/{server}/cwd")).exists() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_log_is_written_on_request_and_has_no_key() {
    let mut child = Command::new(PROGRAM)
        .args(["--json", "--lifeline", "--log", "daytona_local=debug", "--api-key", "a-secret-key"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
        .unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let url = format!("{}/sandbox/absent?verbose=a-secret-value", ready["apiUrl"].as_str().unwrap());
    let asked =
        Command::new("curl").args(["-s", "-H", "authorization: Bearer a-secret-key", &url]).output().unwrap();
    assert!(asked.status.success());
    drop(child.stdin.take());
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(log.contains("path=\"/api/sandbox/absent\" status=404"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}
