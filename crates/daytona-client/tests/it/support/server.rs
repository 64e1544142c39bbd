//! A scripted HTTP server with a log of requests and events to wait for.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::reply::{Body, Reply, Scripted};

/// Timeout of a wait for an event, after which the test fails.
const EVENT_TIMEOUT: Duration = Duration::from_secs(20);

/// A received request.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Number of the connection, from 1.
    pub(crate) connection: usize,
}

impl Seen {
    /// Method and path, with `*` for ids that the client has made. Those of tests count up.
    pub(crate) fn line(&self) -> String {
        let is_made = |part: &str| {
            let is_id = part.len() == 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_id && !part.starts_with("0123456789abcdef")
        };
        let mut path = self.path.clone();
        for part in self.path.split(['/', '-']).filter(|part| is_made(part)) {
            path = path.replace(part, "*");
        }
        format!("{} {path}", self.method)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Returns the decoded value of a query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// The events so far.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) requests: Vec<Seen>,
    closed: Vec<usize>,
    connections: usize,
    running: usize,
    /// The largest number of requests that were unanswered at one time.
    peak: usize,
}

impl Log {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests.iter().map(Seen::line).collect()
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        self.requests.iter().filter(|seen| seen.line() == line).count()
    }
}

struct Rule {
    line: String,
    once: VecDeque<Reply>,
    always: Option<Reply>,
}

struct Shared {
    rules: Mutex<Vec<Rule>>,
    tls: Option<TlsAcceptor>,
    log: watch::Sender<Log>,
    /// Held by the request that is answered, of those that are answered one by one.
    turn: tokio::sync::Mutex<()>,
}

/// The server. It stops when dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accept: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::on_listener(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// Starts a server that uses TLS.
    pub(crate) async fn start_tls(tls: TlsAcceptor) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), Some(tls))
    }

    pub(crate) fn on_listener(listener: TcpListener) -> Self {
        Self::on(listener, None)
    }

    fn on(listener: TcpListener, tls: Option<TlsAcceptor>) -> Self {
        let address = listener.local_addr().unwrap();
        let (rules, log, turn) = Default::default();
        let shared = Arc::new(Shared { rules, tls, log: watch::Sender::new(log), turn });
        let accept = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accept }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn origin(&self) -> String {
        match &self.shared.tls {
            Some(_) => self.origin_as("localhost"),
            None => self.origin_as("127.0.0.1"),
        }
    }

    /// Returns the origin with another name of the server.
    pub(crate) fn origin_as(&self, host: &str) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{host}:{}", self.address.port())
    }

    pub(crate) fn api_url(&self) -> String {
        format!("{}/api", self.origin())
    }

    /// Adds a reply to the next request for `line` (method and path), after earlier ones.
    pub(crate) fn once(&self, line: &str, reply: impl Into<Reply>) -> &Self {
        self.rule(line, |rule| rule.once.push_back(reply.into()))
    }

    /// Sets the reply to all requests for `line` after the single replies.
    pub(crate) fn always(&self, line: &str, reply: impl Into<Reply>) -> &Self {
        self.rule(line, |rule| rule.always = Some(reply.into()))
    }

    fn rule(&self, line: &str, change: impl FnOnce(&mut Rule)) -> &Self {
        let mut rules = self.shared.rules.lock().unwrap();
        let index = rules.iter().position(|rule| rule.line == line).unwrap_or_else(|| {
            rules.push(Rule { line: line.to_owned(), once: VecDeque::new(), always: None });
            rules.len() - 1
        });
        change(&mut rules[index]);
        self
    }

    /// Returns method and path of each request.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.shared.log.borrow().lines()
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.shared.log.borrow().requests.clone()
    }

    /// Returns the only request.
    pub(crate) fn only(&self) -> Seen {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{:?}", self.lines());
        requests.into_iter().next().unwrap()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.log.borrow().connections
    }

    /// Returns the largest number of requests that were unanswered at one time.
    pub(crate) fn peak(&self) -> usize {
        self.shared.log.borrow().peak
    }

    /// Clears the log of requests.
    pub(crate) fn forget(&self) {
        self.shared.log.send_modify(|log| log.requests.clear());
    }

    /// Waits until the log satisfies a condition.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&Log) -> bool) {
        let mut log = self.shared.log.subscribe();
        let waited = tokio::time::timeout(EVENT_TIMEOUT, log.wait_for(wanted)).await.map(drop);
        assert!(waited.is_ok(), "{what} did not happen; seen: {:?}", self.lines());
    }

    /// Waits until this number of requests for `line` has arrived.
    pub(crate) async fn seen(&self, line: &str, count: usize) {
        self.until(line, |log| log.count(line) >= count).await;
    }

    /// Waits until the connection is closed.
    pub(crate) async fn closed(&self, connection: usize) {
        self.until("the end of the connection", |log| log.closed.contains(&connection)).await;
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut running = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let mut number = 0;
        shared.log.send_modify(|log| {
            log.connections += 1;
            number = log.connections;
        });
        running.spawn(serve(stream, Arc::clone(&shared), number));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>, number: usize) {
    let _ = stream.set_nodelay(true);
    let answering = Arc::clone(&shared);
    let service = service_fn(move |request| response(request, Arc::clone(&answering), number));
    let http = hyper::server::conn::http1::Builder::new();
    match &shared.tls {
        None => drop(http.serve_connection(TokioIo::new(stream), service).with_upgrades().await),
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                drop(http.serve_connection(TokioIo::new(stream), service).await);
            }
        }
    }
    shared.log.send_modify(|log| log.closed.push(number));
}

async fn response(
    mut request: Request<Incoming>,
    shared: Arc<Shared>,
    connection: usize,
) -> Result<Response<Body>, io::Error> {
    let upgrade = hyper::upgrade::on(&mut request);
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let seen = Seen {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
        connection,
    };
    let reply = next_reply(&shared, &seen);
    let key = seen.header("sec-websocket-key").to_owned();
    shared.log.send_modify(|log| {
        log.requests.push(seen);
        log.running += 1;
        log.peak = log.peak.max(log.running);
    });
    let answered = match reply {
        Reply::Scripted(response) => Ok(response.into_response()),
        Reply::Late(response) => {
            tokio::time::sleep(Duration::from_millis(30)).await;
            Ok(response.into_response())
        }
        Reply::OneByOne(response) => {
            let _turn = shared.turn.lock().await;
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(response.into_response())
        }
        Reply::Silence => std::future::pending().await,
        Reply::Socket(socket) => {
            let mark = shared.log.borrow().requests.iter().rev().find_map(mark_of);
            Ok(socket.switch(upgrade, &key, &mark.unwrap_or_default()))
        }
        Reply::Close => Err(io::Error::other("closed, as scripted")),
    };
    shared.log.send_modify(|log| log.running -= 1);
    answered
}

/// The mark of a command of a session: what follows its first record separator.
fn mark_of(seen: &Seen) -> Option<String> {
    let body: Value = serde_json::from_slice(&seen.body).ok()?;
    let command = body["command"].as_str()?;
    let start = command.find('\u{1e}')?;
    Some(command[start..].chars().take(33).collect())
}

fn next_reply(shared: &Shared, seen: &Seen) -> Reply {
    let mut rules = shared.rules.lock().unwrap();
    let line = seen.line();
    let rule = rules.iter_mut().find(|rule| rule.line == line);
    let reply = rule.and_then(|rule| rule.once.pop_front().or_else(|| rule.always.clone()));
    // A status that the service does not use, so that a missing reply fails the test.
    reply.unwrap_or_else(|| Scripted::bytes(418, "text/plain", format!("not scripted: {line}")).into())
}
