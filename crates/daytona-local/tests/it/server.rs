//! A real server for a test, and the little client that tests need.

use std::fs::Permissions;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_daytona-local");

/// What a response was.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

/// A running server; ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) line: Value,
    client: Client<HttpConnector, Full<Bytes>>,
    /// Holds a copy of the program for as long as it runs.
    program: Option<TempDir>,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_command(Command::new(PROGRAM).args(arguments))
    }

    /// With a folder for temporary files that no other test has: each server removes what earlier
    /// ones left in its own, so what is left in the shared one may go at any time.
    pub(crate) fn start_in(temp_dir: &Path, arguments: &[&str]) -> Self {
        Self::start_command(Command::new(PROGRAM).args(arguments).env("TMPDIR", temp_dir))
    }

    /// As an account without rights; only root can.
    pub(crate) fn start_as_ordinary_user(arguments: &[&str]) -> Self {
        // The checkout may lie in a folder that only its owner can enter.
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("daytona-local");
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        // In a process of its own: a program that another test starts meanwhile would inherit the
        // open copy, which cannot be run as long as it can be written.
        assert!(Command::new("cp").args([PROGRAM.as_ref(), program.as_path()]).status().unwrap().success());
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(&program)
            .args(arguments)
            .env("HOME", "/");
        command.current_dir("/");
        let mut server = Self::start_command(&mut command);
        server.program = Some(folder);
        server
    }

    /// On a machine without a file; only root can.
    pub(crate) fn start_without(file: &str) -> Self {
        let hide = r#"mount --bind /dev/null "$0" && exec "$@""#;
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", hide, file, PROGRAM]);
        Self::start_command(&mut command)
    }

    /// With a limit on open files, which leaves few connections.
    pub(crate) fn start_with_open_files(limit: u64) -> Self {
        let mut command = Command::new("prlimit");
        command.arg(format!("--nofile={limit}:{limit}")).arg(PROGRAM);
        Self::start_command(&mut command)
    }

    fn start_command(command: &mut Command) -> Self {
        let mut child = command
            .args(["--json", "--lifeline"])
            .env("DAYTONA_TEST_MARK", "of the host")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let line = serde_json::from_str(&line).unwrap();
        Self { child, line, client: Client::builder(TokioExecutor::new()).build_http(), program: None }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub(crate) fn api_url(&self) -> &str {
        self.line["apiUrl"].as_str().unwrap()
    }

    pub(crate) fn origin(&self) -> &str {
        self.api_url().strip_suffix("/api").unwrap()
    }

    pub(crate) fn key(&self) -> &str {
        self.line["apiKey"].as_str().unwrap()
    }

    /// Any request; the path starts at the server's origin.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<Value>,
    ) -> Seen {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.origin()));
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = request.header("content-type", "application/json").body(Full::from(body)).unwrap();
        let response = self.client.request(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Seen { status: parts.status, headers: parts.headers, json }
    }

    /// A request of the control plane.
    pub(crate) async fn api(&self, method: Method, path: &str, body: Option<Value>) -> Seen {
        self.send(method, &format!("/api{path}"), Some(self.key()), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.api(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Seen {
        self.api(Method::POST, path, Some(body)).await
    }

    /// A new sandbox; its id.
    pub(crate) async fn create(&self, body: Value) -> String {
        let created = self.post("/sandbox", body).await;
        assert_eq!(created.status, 200, "{}", created.json);
        assert_eq!(created.json["state"], "started");
        created.json["id"].as_str().unwrap().to_owned()
    }

    /// Runs a script in a sandbox: its exit code and output.
    pub(crate) async fn run(&self, id: &str, script: &str) -> (i64, String) {
        let path = format!("/toolbox/{id}/process/execute");
        let seen = self.send(Method::POST, &path, Some(self.key()), Some(json!({"command": script}))).await;
        assert_eq!(seen.status, 200, "{}", seen.json);
        (seen.json["exitCode"].as_i64().unwrap(), seen.json["result"].as_str().unwrap().to_owned())
    }

    /// Waits for a state: by asking, as clients do.
    pub(crate) async fn until_state(&self, id: &str, state: &str) -> Value {
        loop {
            let seen = self.get(&format!("/sandbox/{id}")).await;
            if seen.json["state"] == state {
                return seen.json;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits until a deleted sandbox is gone.
    pub(crate) async fn until_gone(&self, id: &str) {
        while self.get(&format!("/sandbox/{id}")).await.status != 404 {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The lifeline: the server ends when its standard input does.
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}
