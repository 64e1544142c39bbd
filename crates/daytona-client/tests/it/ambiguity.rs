//! Ambiguous responses of the proxy, which the sandbox's state resolves.

use std::time::Duration;

use daytona_client::ErrorKind;
use serde_json::json;

use crate::support::{
    EXECUTE, GET, Reply, Scripted, Server, api_error, command, ends_in_time, entry, failure, proxy_error,
    sandbox, short_deadline,
};

const UPLOAD: &str = "POST /toolbox/box-1/files/bulk-upload";
const LOST_KEY: &str = "unauthorized: authentication failed: Bearer token is invalid";
const NO_ADDRESS: &str = "bad request: failed to resolve container IP after 3 attempts: no IP address found. \
                          Is the Sandbox started?";
const NO_RUNNER: &str = "bad request: failed to get runner info: 404";
const NO_CONTAINER: &str = "not found: sandbox container not found: box-1";

/// The response to the request for the sandbox's state.
enum State {
    Is(&'static str),
    Missing,
    KeyRejected,
}

fn look(server: &Server, state: &State) -> Scripted {
    match state {
        State::Is(state) => Scripted::json(200, &entry(server, state)),
        State::Missing => api_error(404, "Sandbox with ID or name box-1 not found"),
        State::KeyRejected => api_error(401, "Invalid credentials"),
    }
}

#[tokio::test]
async fn ambiguous_proxy_errors_are_resolved_by_one_request_for_the_state() {
    use ErrorKind::{Authentication, BadGateway, BadRequest, NotFound, SandboxNotFound, SandboxNotStarted};
    let unauthorized = || proxy_error(401, "UNAUTHORIZED", LOST_KEY);
    let no_address = || proxy_error(400, "BAD_REQUEST", NO_ADDRESS);
    let no_runner = || proxy_error(400, "BAD_REQUEST", NO_RUNNER);
    let no_container = || proxy_error(404, "NOT_FOUND", NO_CONTAINER);
    let from_runner = || {
        let body = json!({
            "statusCode": 400, "message": NO_ADDRESS, "code": "BAD_REQUEST",
            "path": "/sandboxes/box-1/toolbox/process/execute", "method": "POST",
        });
        Scripted::json(400, &body)
    };
    let newer = || {
        let body = json!({"statusCode": 400, "message": NO_ADDRESS, "code": "BAD_REQUEST", "source": "DAYTONA_PROXY"});
        Scripted::json(400, &body)
    };
    let not_running = || api_error(400, "Sandbox is not running");
    let cases = [
        (unauthorized(), State::Missing, SandboxNotFound),
        (unauthorized(), State::Is("destroyed"), SandboxNotFound),
        (unauthorized(), State::Is("destroying"), SandboxNotFound),
        (unauthorized(), State::KeyRejected, Authentication),
        (unauthorized(), State::Is("started"), Authentication),
        (unauthorized(), State::Is("stopped"), SandboxNotStarted),
        (no_address(), State::Is("stopped"), SandboxNotStarted),
        (no_address(), State::Is("stopping"), SandboxNotStarted),
        // The proxy knows it before the control plane.
        (no_address(), State::Is("started"), SandboxNotStarted),
        (no_address(), State::Missing, SandboxNotFound),
        (from_runner(), State::Is("stopped"), SandboxNotStarted),
        (newer(), State::Is("stopped"), SandboxNotStarted),
        (no_runner(), State::Is("archived"), SandboxNotStarted),
        (no_runner(), State::Is("error"), SandboxNotStarted),
        (no_runner(), State::Missing, SandboxNotFound),
        (no_container(), State::Is("destroyed"), SandboxNotFound),
        (no_runner(), State::Is("started"), BadRequest),
        (no_container(), State::Is("started"), NotFound),
        (not_running(), State::Is("stopped"), SandboxNotStarted),
        (Scripted::empty(502), State::Is("stopped"), SandboxNotStarted),
        (Scripted::empty(502), State::Is("starting"), SandboxNotStarted),
        (Scripted::empty(502), State::Is("started"), BadGateway),
        (Scripted::empty(502), State::Missing, SandboxNotFound),
    ];
    for (number, (response, state, kind)) in cases.into_iter().enumerate() {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        let status = response.status;
        server.once(EXECUTE, response).once(GET, look(&server, &state));
        let error = failure(sandbox.execute(&command("true"), short_deadline()).await);
        assert_eq!(error.kind(), kind, "case {number}: {error}");
        assert_eq!((error.status(), error.sandbox_id()), (Some(status), Some("box-1")), "case {number}");
        assert_eq!(server.lines()[..2], [EXECUTE, GET], "case {number}");
        assert_eq!(server.lines().iter().filter(|line| *line == GET).count(), 1, "case {number}");
        if kind == SandboxNotStarted {
            let State::Is(state) = state else { panic!("case {number}") };
            let reason = if state == "started" { "Is the Sandbox started?" } else { state };
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
}

#[tokio::test]
async fn a_lost_connection_is_explained_by_the_state_of_the_sandbox() {
    use ErrorKind::{Connection, SandboxNotFound, SandboxNotStarted};
    let cases = [
        (State::Is("stopped"), SandboxNotStarted),
        (State::Missing, SandboxNotFound),
        (State::Is("started"), Connection),
    ];
    for (state, kind) in cases {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.once(EXECUTE, Reply::Close).once(GET, look(&server, &state));
        let error = failure(sandbox.execute(&command("true"), short_deadline()).await);
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(server.lines(), [EXECUTE, GET], "a command is never sent twice");

        server.forget();
        server.once(UPLOAD, Reply::Close).once(GET, look(&server, &state));
        let mut sink = sandbox.upload_stream("f", short_deadline());
        sink.write("content".into()).await.unwrap();
        assert_eq!(failure(sink.finish().await).kind(), kind);
    }
}

#[tokio::test]
async fn an_unknown_sandbox_is_not_found_whatever_the_control_plane_says() {
    let words = "Sandbox with ID or name box-1 not found";
    let answers = [
        api_error(404, words),
        proxy_error(404, "NOT_FOUND", &format!("not found: {words}")),
        Scripted::json(404, &json!({"statusCode": 404, "message": words, "source": "DAYTONA_API"})),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.once(EXECUTE, answer).always(GET, look(&server, &State::Is("started")));
        let error = failure(sandbox.execute(&command("true"), short_deadline()).await);
        assert_eq!(error.kind(), ErrorKind::SandboxNotFound, "answer {number}: {error}");
        assert!(error.message().contains(words), "answer {number}: {error}");
    }
    // The toolbox may say it of a file.
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let file =
        json!({"statusCode": 404, "message": format!("not found: {words}"), "source": "DAYTONA_DAEMON"});
    server.once("GET /toolbox/box-1/files", Scripted::json(404, &file));
    assert_eq!(failure(sandbox.list_files("d", short_deadline()).await).kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn toolbox_errors_are_not_ambiguous() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let daemon = json!({
        "statusCode": 400, "message": "bad request: command cannot be empty or whitespace-only",
        "code": "BAD_REQUEST", "path": "/process/execute", "method": "POST",
    });
    server.once(EXECUTE, Scripted::json(400, &daemon)).once(EXECUTE, Scripted::empty(400));
    server.once(EXECUTE, Scripted::empty(404)).once(EXECUTE, Scripted::empty(500));
    for kind in [ErrorKind::BadRequest, ErrorKind::BadRequest, ErrorKind::NotFound, ErrorKind::InternalServer]
    {
        assert_eq!(failure(sandbox.execute(&command(" "), short_deadline()).await).kind(), kind);
    }
    assert_eq!(server.lines(), [EXECUTE; 4]);
}

#[tokio::test]
async fn a_hanging_request_for_the_state_ends_at_the_deadline_of_the_call() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(EXECUTE, proxy_error(401, "UNAUTHORIZED", LOST_KEY)).always(GET, Reply::Silence);
    let limit = Duration::from_secs(3);
    let error = ends_in_time(limit, async |deadline| sandbox.execute(&command("true"), deadline).await).await;
    // The original response is reported.
    assert_eq!((error.kind(), error.status()), (ErrorKind::Authentication, Some(401)), "{error}");
}

#[tokio::test]
async fn the_requested_state_is_stored_in_the_handle() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(EXECUTE, Scripted::empty(502)).once(GET, Scripted::json(200, &entry(&server, "stopped")));
    failure(sandbox.execute(&command("true"), short_deadline()).await);
    assert_eq!(sandbox.state().as_str(), "stopped");
    server
        .once(EXECUTE, proxy_error(401, "UNAUTHORIZED", LOST_KEY))
        .once(GET, look(&server, &State::Missing));
    failure(sandbox.execute(&command("true"), short_deadline()).await);
    assert!(sandbox.is_deleted());
}
