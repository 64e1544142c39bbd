//! A toolbox on a socket of its own, without walls, and a client for it.

use std::path::PathBuf;

use bytes::Bytes;
use daytona_local::channel::{Acceptor, Connector, channel};
use daytona_local::toolbox::{ToolboxOptions, serve};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

pub(crate) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// What a response was.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A running toolbox; ends with the test.
pub(crate) struct Toolbox {
    folder: TempDir,
    connector: Connector,
    server: JoinHandle<std::io::Result<()>>,
}

impl Toolbox {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let work_dir = folder.path().join("work");
        std::fs::create_dir(&work_dir).unwrap();
        let (connector, end) = channel().unwrap();
        let acceptor = Acceptor::new(end).unwrap();
        let state_dir = folder.path().join("state");
        let options =
            ToolboxOptions { home_dir: work_dir.clone(), work_dir, state_dir, ..ToolboxOptions::default() };
        let server = tokio::spawn(serve(acceptor, options));
        Self { folder, connector, server }
    }

    /// Where a file of the work folder is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// A FIFO: opening one end waits for the other, which makes it an event.
    pub(crate) fn fifo(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    /// Where the toolbox keeps its own files.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub(crate) async fn stream(&self) -> UnixStream {
        self.connector.connect().await.unwrap()
    }

    pub(crate) async fn connect(&self) -> Connection {
        let stream = self.stream().await;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        Connection { sender, _driver: Driver(tokio::spawn(connection)) }
    }

    /// One request on a connection of its own.
    pub(crate) async fn send(&self, request: Request<Body>) -> Seen {
        self.connect().await.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.send(request(Method::GET, path, &[], "")).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Seen {
        self.send(request(Method::POST, path, &[], body.to_string())).await
    }

    pub(crate) async fn execute(&self, body: Value) -> Seen {
        self.post("/process/execute", body).await
    }

    /// Runs a script: its exit code and output.
    pub(crate) async fn run(&self, script: &str) -> (i64, String) {
        let seen = self.execute(json!({ "command": script })).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let json = seen.json();
        (json["exitCode"].as_i64().unwrap(), json["result"].as_str().unwrap().to_owned())
    }
}

impl Drop for Toolbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A connection that is kept; dropping it closes it at once.
pub(crate) struct Connection {
    sender: SendRequest<Body>,
    _driver: Driver,
}

struct Driver(JoinHandle<hyper::Result<()>>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    pub(crate) async fn send(&mut self, request: Request<Body>) -> Seen {
        self.sender.ready().await.unwrap();
        let (parts, body) = self.sender.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Seen { status: parts.status, headers: parts.headers, body }
    }
}

pub(crate) fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
    let mut request = Request::builder().method(method).uri(path).header("host", "toolbox");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

#[tokio::test]
async fn requests_share_a_connection_and_have_ids_of_their_own() {
    let toolbox = Toolbox::start();
    let mut connection = toolbox.connect().await;
    let first = connection.send(request(Method::GET, "/version", &[], "")).await;
    let second = connection.send(request(Method::GET, "/nope", &[], "unasked body")).await;
    let third = connection.send(request(Method::GET, "/work-dir", &[], "")).await;
    assert!(first.json()["version"].as_str().unwrap().starts_with('v'));
    assert_eq!((second.status, second.text().as_str()), (StatusCode::NOT_FOUND, "404 page not found"));
    assert_eq!(third.json()["dir"], toolbox.path("").to_str().unwrap().trim_end_matches('/'));
    assert_eq!(first.header("x-request-id").len(), 36);
    assert_ne!(first.header("x-request-id"), third.header("x-request-id"));
}

#[tokio::test]
async fn a_wrong_slash_is_redirected_and_a_wrong_method_unknown() {
    let toolbox = Toolbox::start();
    let redirected = toolbox.get("/files/info/?path=a%20b").await;
    assert_eq!(redirected.status, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(redirected.header("location"), "/files/info?path=a%20b");
    assert_eq!(toolbox.get("/files/").await.status, StatusCode::OK);
    for method in [Method::HEAD, Method::OPTIONS, Method::PUT] {
        assert_eq!(toolbox.send(request(method, "/version", &[], "")).await.status, StatusCode::NOT_FOUND);
    }
}
