//! Helpers of the tests.

mod calls;
mod proxy;
mod reply;
mod server;
mod socket;
mod tls;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use daytona_client::{Config, CreateSandbox, Daytona, Deadline, Error, ExecuteRequest, Network, Sandbox};
use serde_json::{Value, json};

pub(crate) use calls::{CALLS, Call};
pub(crate) use proxy::{Policy, Proxy};
pub(crate) use reply::{Reply, Scripted};
pub(crate) use server::{Seen, Server};
pub(crate) use socket::Socket;
pub(crate) use tls::{Authority, Validity};

/// An API key, which must not occur in any output.
pub(crate) const KEY: &str = "dtn_secret_key_5f2e";
/// The id of the sandbox in most tests.
pub(crate) const ID: &str = "box-1";

pub(crate) const CREATE: &str = "POST /api/sandbox";
pub(crate) const LIST: &str = "GET /api/sandbox";
pub(crate) const GET: &str = "GET /api/sandbox/box-1";
pub(crate) const DELETE: &str = "DELETE /api/sandbox/box-1";
pub(crate) const EXECUTE: &str = "POST /toolbox/box-1/process/execute";
pub(crate) const WORK_DIR: &str = "GET /toolbox/box-1/work-dir";

/// Returns a deadline that no test is expected to reach.
pub(crate) fn short_deadline() -> Deadline {
    Deadline::seconds(15)
}

pub(crate) fn client(server: &Server) -> Daytona {
    Daytona::new(Config::new(&server.api_url(), KEY.into())).unwrap()
}

/// Returns a client of the service at an origin that has these variables of the environment.
pub(crate) fn client_with(origin: &str, variables: &[(&str, &str)]) -> Daytona {
    let variables: BTreeMap<_, _> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
    let mut config = Config::new(&format!("{origin}/api"), KEY.into());
    config.network = Network::from_variables(|name| variables.get(name).cloned());
    Daytona::new(config).unwrap()
}

/// Reserves a port on which nothing listens, and returns host and port.
pub(crate) fn reserved() -> (tokio::net::TcpSocket, String) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

/// Returns an error as text, as details for developers, and the texts of its causes.
pub(crate) fn everything_of(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}\n{inner}");
        cause = inner.source();
    }
    text
}

/// Returns the sandbox in a state, as the control plane returns it.
pub(crate) fn entry(server: &Server, state: &str) -> Value {
    json!({
        "id": ID, "name": "first", "state": state, "env": {}, "labels": {},
        "toolboxProxyUrl": format!("{}/toolbox", server.origin()),
    })
}

/// Returns a handle of a started sandbox and clears the log of requests.
pub(crate) async fn sandbox(server: &Server) -> Sandbox {
    server.once(GET, Scripted::json(200, &entry(server, "started")));
    let sandbox = client(server).get(ID, short_deadline()).await.unwrap();
    server.forget();
    sandbox
}

pub(crate) async fn create(server: &Server, deadline: Deadline) -> Result<Sandbox, Error> {
    client(server).create(CreateSandbox::default(), deadline).await
}

pub(crate) fn command(text: &str) -> ExecuteRequest {
    ExecuteRequest { command: text.to_owned(), ..ExecuteRequest::default() }
}

/// Returns the error of an operation that must fail.
pub(crate) fn failure<T>(result: Result<T, Error>) -> Error {
    match result {
        Ok(_) => panic!("the operation did not fail"),
        Err(error) => error,
    }
}

/// Returns an error of the proxy.
pub(crate) fn proxy_error(status: u16, code: &str, message: &str) -> Scripted {
    Scripted::json(
        status,
        &json!({
            "statusCode": status, "message": message, "code": code,
            "timestamp": "2026-01-02T03:04:05.678Z", "path": "/toolbox/box-1/process/execute", "method": "POST",
        }),
    )
}

/// Returns an error of the control plane.
pub(crate) fn api_error(status: u16, message: &str) -> Scripted {
    Scripted::json(
        status,
        &json!({
            "path": "/api/sandbox", "timestamp": "2026-03-02T09:15:01.004Z", "statusCode": status,
            "error": "Words", "message": message,
        }),
    )
}

/// Runs an operation with a short timeout and asserts that it ends when the timeout passes.
pub(crate) async fn ends_in_time<T>(
    limit: Duration,
    operation: impl AsyncFnOnce(Deadline) -> Result<T, Error>,
) -> Error {
    // Tolerance for a busy machine.
    const MARGIN: Duration = Duration::from_secs(3);
    let started = Instant::now();
    let error = failure(operation(Deadline::after(limit)).await);
    assert!(started.elapsed() >= limit, "{error} came after {:?}", started.elapsed());
    assert!(started.elapsed() < limit + MARGIN, "{error} came after {:?}", started.elapsed());
    error
}
