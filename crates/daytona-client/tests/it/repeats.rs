//! Requests that are sent again after their response was lost: whether, and what the
//! second response means, is in the table of operations.

use daytona_api::{ErrorKind, Operation, Repeat, Service};
use daytona_client::{Error, Sandbox};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{
    CALLS, Call, GET, Reply, Scripted, Server, api_error, client, entry, failure, short_deadline,
};

/// Operations without a call that sends them first.
const UNCALLED: [&str; 19] = [
    "GET /sandbox/paginated",
    "POST /sandbox/{sandboxIdOrName}/public/{isPublic}",
    "GET /sandbox/{sandboxId}/toolbox-proxy-url",
    "GET /sandbox/{sandboxId}/telemetry/metrics",
    "GET /organization/{organizationId}/sandbox/{sandboxId}/telemetry/metrics",
    "GET /volumes/{volumeId}",
    "GET /computeruse/status",
    "POST /files/upload",
    "GET /files/download",
    // A WebSocket: its tests are in `watch.rs`.
    "GET /files/watch",
    "GET /version",
    "GET /project-dir",
    // The platform calls it, not a client.
    "POST /init",
    // A WebSocket: its tests are in `interpreter.rs`.
    "GET /process/interpreter/execute",
    "GET /port",
    "GET /port/{port}/in-use",
    "POST /process/pty",
    // WebSockets: their tests are in `pty.rs`.
    "GET /process/pty/create-connect",
    "GET /process/pty/{sessionId}/connect",
];

fn line(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

/// Returns the call that sends an operation first.
fn call_of(operation: &Operation) -> Option<&'static Call> {
    let prefix = match operation.service {
        Service::ControlPlane => "/api",
        Service::Toolbox => "/toolbox/box-1",
        Service::Analytics => "/analytics",
    };
    CALLS.iter().find(|call| {
        let (method, path) = call.line.split_once(' ').unwrap();
        let path = path.strip_prefix(prefix);
        // A path without parameters matches only itself.
        let is_exact = path.is_some_and(|path| {
            daytona_api::operations::all()
                .any(|other| other.path == path && other.service == operation.service)
        });
        method == operation.method
            && path.is_some_and(|path| {
                if is_exact { path == operation.path } else { operation.matches(path).is_some() }
            })
    })
}

#[test]
fn every_operation_has_a_call_or_is_listed() {
    let without: Vec<String> =
        daytona_api::operations::all().filter(|operation| call_of(operation).is_none()).map(line).collect();
    assert_eq!(without, UNCALLED);
}

/// Whether a call sends first what is never repeated.
pub(crate) fn is_sent_once(call: &Call) -> bool {
    let mut operations = daytona_api::operations::all();
    operations.any(|operation| {
        operation.repeat == Repeat::Never && call_of(operation).is_some_and(|found| found.line == call.line)
    })
}

/// A call at a server that drops the first response.
struct Dropped {
    server: Server,
    sandbox: Sandbox,
    call: &'static Call,
}

impl Dropped {
    /// Starts the server. The sandbox is in the state `before` when it is found.
    async fn start(call: &'static Call, before: &str, first: impl Into<Reply>) -> Self {
        let server = Server::start().await;
        server.once(GET, Scripted::json(200, &entry(&server, before)));
        let sandbox = client(&server).get("box-1", short_deadline()).await.unwrap();
        server.forget();
        server.once(call.line, first);
        Self { server, sandbox, call }
    }

    async fn run(&self, second: Scripted) -> Result<(), Error> {
        self.server.always(self.call.line, second);
        (self.call.run)(&client(&self.server), &self.sandbox, short_deadline()).await
    }

    fn sent(&self) -> usize {
        self.server.lines().iter().filter(|line| *line == self.call.line).count()
    }
}

/// Returns a response that is an error of this kind.
fn answer(kind: ErrorKind) -> Scripted {
    match kind {
        ErrorKind::Conflict => api_error(409, "Sandbox state change in progress"),
        ErrorKind::SandboxNotFound => api_error(404, "Sandbox with ID or name box-1 not found"),
        ErrorKind::NotFound => Scripted::empty(404),
        ErrorKind::FileNotFound => {
            Scripted::json(404, &json!({"code": "FILE_NOT_FOUND", "source": "DAYTONA_DAEMON"}))
        }
        ErrorKind::GitBranchNotFound => {
            Scripted::json(404, &json!({"code": "GIT_BRANCH_NOT_FOUND", "source": "DAYTONA_DAEMON"}))
        }
        ErrorKind::BadRequest => api_error(400, "Sandbox is not in valid state"),
        other => panic!("no response for {other:?}"),
    }
}

/// Returns the states of the sandbox before and after a change.
fn states(operation: &Operation) -> (&'static str, &'static str) {
    match operation.path.rsplit('/').next() {
        Some("start") => ("stopped", "started"),
        Some("recover") => ("error", "started"),
        Some("archive") => ("stopped", "archived"),
        _ => ("started", "stopped"),
    }
}

#[tokio::test]
async fn what_is_never_repeated_reports_the_lost_response() {
    let never = daytona_api::operations::all().filter(|operation| operation.repeat == Repeat::Never);
    join_all(never.filter_map(call_of).map(|call| async move {
        let dropped = Dropped::start(call, "started", Reply::Close).await;
        // Of several requests of one call, such as the kill of a command, only the first counts.
        let error = failure(dropped.run(answer(ErrorKind::NotFound)).await);
        assert_eq!((error.kind(), error.retries()), (ErrorKind::Connection, 0), "{}: {error}", call.line);
    }))
    .await;
}

#[tokio::test]
async fn what_is_safe_to_repeat_has_the_result_of_the_second_request() {
    let safe = daytona_api::operations::all().filter(|operation| operation.repeat == Repeat::Safe);
    join_all(safe.filter_map(call_of).filter(|call| call.line != GET).map(|call| async move {
        let dropped = Dropped::start(call, "started", Reply::Close).await;
        let error = failure(dropped.run(api_error(409, "something else")).await);
        assert_eq!((error.kind(), error.retries()), (ErrorKind::Conflict, 1), "{}: {error}", call.line);
        assert_eq!(dropped.sent(), 2, "{}", call.line);
    }))
    .await;
}

/// Returns the operations whose second response may mean success, with these errors.
fn done_at() -> impl Iterator<Item = (&'static Operation, &'static Call, ErrorKind)> {
    daytona_api::operations::all().flat_map(|operation| {
        let kinds = match operation.repeat {
            Repeat::DoneAt(kinds) | Repeat::ChangesState(kinds) => kinds,
            Repeat::Never | Repeat::Safe => &[],
        };
        let call = call_of(operation);
        kinds.iter().filter_map(move |kind| Some((operation, call?, *kind)))
    })
}

#[tokio::test]
async fn the_second_response_may_mean_that_the_first_request_had_its_effect() {
    join_all(done_at().map(|(operation, call, kind)| async move {
        let (before, after) = states(operation);
        let dropped = Dropped::start(call, before, Reply::Close).await;
        dropped.server.always(GET, Scripted::json(200, &entry(&dropped.server, after)));
        let done = dropped.run(answer(kind)).await;
        assert!(done.is_ok(), "{} at {kind:?}: {done:?}", call.line);
        assert_eq!(dropped.sent(), 2, "{}", call.line);
    }))
    .await;
}

#[tokio::test]
async fn the_second_response_is_an_error_if_the_first_request_did_not_arrive() {
    // Deleting a deleted sandbox succeeds anyway.
    let cases = done_at().filter(|(_, call, _)| call.line != crate::support::DELETE);
    join_all(cases.map(|(operation, call, kind)| async move {
        let dropped = Dropped::start(call, states(operation).0, Scripted::empty(429)).await;
        let error = failure(dropped.run(answer(kind)).await);
        assert_eq!((error.kind(), error.retries()), (kind, 1), "{}: {error}", call.line);
    }))
    .await;
}

#[tokio::test]
async fn the_state_tells_whether_a_refused_change_was_done_before() {
    let changes = daytona_api::operations::all()
        .filter(|operation| matches!(operation.repeat, Repeat::ChangesState(_)))
        .filter_map(|operation| Some((operation, call_of(operation)?)));
    join_all(changes.map(|(operation, call)| async move {
        let (before, after) = states(operation);
        let dropped = Dropped::start(call, before, Reply::Close).await;
        dropped.server.always(GET, Scripted::json(200, &entry(&dropped.server, after)));
        dropped.run(answer(ErrorKind::BadRequest)).await.unwrap();

        let dropped = Dropped::start(call, before, Reply::Close).await;
        dropped.server.always(GET, Scripted::json(200, &entry(&dropped.server, before)));
        let error = failure(dropped.run(answer(ErrorKind::BadRequest)).await);
        assert_eq!((error.kind(), error.retries()), (ErrorKind::BadRequest, 1), "{}: {error}", call.line);
    }))
    .await;
}
