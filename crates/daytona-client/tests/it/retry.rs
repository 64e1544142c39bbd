//! Retries.

use std::time::{Duration, Instant};

use daytona_client::{Config, Daytona, Deadline, Error, ErrorKind};
use futures_util::future::join_all;
use serde_json::json;

use crate::repeats::is_sent_once;
use crate::support::{
    CALLS, CREATE, EXECUTE, GET, KEY, LIST, Reply, Scripted, Server, WORK_DIR, api_error, client, command,
    create, entry, failure, proxy_error, reserved, sandbox, short_deadline,
};

fn client_at(origin: &str) -> Daytona {
    Daytona::new(Config::new(&format!("{origin}/api"), KEY.into())).unwrap()
}

#[tokio::test]
async fn refused_connections_are_retried_by_every_operation() {
    let (_socket, address) = reserved();
    let origin = &format!("http://{address}");
    let runs = CALLS.iter().map(|call| async move {
        let server = Server::start().await;
        let mut entry = entry(&server, "started");
        entry["toolboxProxyUrl"] = json!(format!("{origin}/toolbox"));
        server.once(GET, Scripted::json(200, &entry));
        let sandbox = client(&server).get("box-1", short_deadline()).await.unwrap();
        let is_toolbox = call.line.contains(" /toolbox/");
        let names_no_sandbox = ["GET /api/config", "GET /api/sandbox/ssh-access/validate"];
        let is_of_handle =
            !is_toolbox && (call.line.contains("box-1") || names_no_sandbox.contains(&call.line));
        if is_of_handle {
            return;
        }
        let error = failure((call.run)(&client_at(origin), &sandbox, short_deadline()).await);
        assert_eq!((error.kind(), error.retries()), (ErrorKind::Connection, 3), "{}: {error}", call.line);
        let text = error.to_string();
        assert!(
            text.contains(origin.as_str()) && text.contains("refused") && text.contains("3 retries"),
            "{text}"
        );
    });
    join_all(runs).await;
}

#[tokio::test]
async fn a_server_that_starts_late_is_reached() {
    let (socket, address) = reserved();
    let daytona = client_at(&format!("http://{address}"));
    let running =
        tokio::spawn(async move { daytona.create(Default::default(), short_deadline()).await.map(drop) });
    // Only one attempt reaches the server, whichever it is.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let server = Server::on_listener(socket.listen(16).unwrap());
    server.once(CREATE, Scripted::json(200, &entry(&server, "started")));
    running.await.unwrap().unwrap();
    let sent = server.lines().iter().filter(|line| *line == CREATE).count();
    assert_eq!(sent, 1, "{:?}", server.lines());
}

/// Returns the number of requests and the error of an operation at a server that always
/// replies like this.
async fn requests_and_error(line: &str, reply: impl Into<Reply>) -> (usize, Error) {
    let call = CALLS.iter().find(|call| call.line == line).unwrap();
    let server = Server::start().await;
    let (daytona, sandbox) = (client(&server), sandbox(&server).await);
    server.always(line, reply);
    if line != GET {
        server.always(GET, Scripted::json(200, &entry(&server, "started")));
    }
    let error = failure((call.run)(&daytona, &sandbox, short_deadline()).await);
    let of_the_caller =
        server.requests().into_iter().filter(|seen| seen.line() == line && !is_kill(&seen.body)).count();
    (of_the_caller, error)
}

fn is_kill(body: &[u8]) -> bool {
    serde_json::from_slice(body).is_ok_and(|body: serde_json::Value| {
        body["command"].as_str().is_some_and(|text| text.contains("for signal in STOP KILL"))
    })
}

#[tokio::test]
async fn transient_failures_are_retried_unless_the_request_may_have_had_its_effect() {
    let replies: [(Reply, ErrorKind); 4] = [
        (Reply::Close, ErrorKind::Connection),
        (Scripted::empty(502).into(), ErrorKind::BadGateway),
        (Scripted::html(503).into(), ErrorKind::Unavailable),
        (Scripted::empty(504).into(), ErrorKind::Timeout),
    ];
    let runs = CALLS.iter().flat_map(|call| replies.iter().map(move |reply| (call, reply))).map(
        |(call, (reply, kind))| async move {
            let (sent, error) = requests_and_error(call.line, reply.clone()).await;
            let retries = if is_sent_once(call) { 0 } else { 3 };
            let seen = (error.kind(), error.retries(), sent);
            assert_eq!(seen, (*kind, retries, retries as usize + 1), "{}: {error}", call.line);
        },
    );
    join_all(runs).await;
}

#[tokio::test]
async fn a_retried_delete_succeeds_if_the_file_is_missing() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let line = "DELETE /toolbox/box-1/files";
    server.once(line, Reply::Close).once(line, Scripted::empty(404));
    sandbox.delete_file("f", false, short_deadline()).await.unwrap();
    // Without a retry, a missing file is an error.
    server.once(line, Scripted::empty(404));
    assert_eq!(failure(sandbox.delete_file("f", false, short_deadline()).await).kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_retried_start_succeeds_on_a_conflict_with_its_first_attempt() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let line = "POST /api/sandbox/box-1/start";
    server
        .once(line, Reply::Close)
        .once(line, Scripted::json(409, &json!({"message": "Sandbox state change in progress"})));
    server.always(GET, Scripted::json(200, &entry(&server, "started")));
    sandbox.start(short_deadline()).await.unwrap();
}

const DELETE_FILE: &str = "DELETE /toolbox/box-1/files";
const STOP: &str = "POST /api/sandbox/box-1/stop";

#[tokio::test]
async fn a_missing_file_is_an_error_if_no_earlier_request_can_have_deleted_it() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(DELETE_FILE, Scripted::empty(429)).once(DELETE_FILE, Scripted::empty(404));
    let error = failure(sandbox.delete_file("f", false, short_deadline()).await);
    assert_eq!((error.kind(), error.retries()), (ErrorKind::NotFound, 1), "{error}");
}

#[tokio::test]
async fn a_retried_delete_of_a_file_fails_if_the_sandbox_is_missing() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let gone = proxy_error(404, "NOT_FOUND", "not found: sandbox container not found: box-1");
    server.once(DELETE_FILE, Reply::Close).once(DELETE_FILE, gone);
    server.once(GET, api_error(404, "Sandbox with ID or name box-1 not found"));
    let error = failure(sandbox.delete_file("f", false, short_deadline()).await);
    assert_eq!(error.kind(), ErrorKind::SandboxNotFound, "{error}");
}

#[tokio::test]
async fn a_retried_stop_succeeds_if_its_first_attempt_stopped_the_sandbox() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(STOP, Reply::Close).once(STOP, api_error(400, "Sandbox is not started"));
    server.always(GET, Scripted::json(200, &entry(&server, "stopped")));
    sandbox.stop(false, short_deadline()).await.unwrap();
    assert_eq!(sandbox.state().as_str(), "stopped");
}

#[tokio::test]
async fn a_retried_stop_succeeds_if_its_first_attempt_deleted_an_ephemeral_sandbox() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(STOP, Reply::Close).once(STOP, api_error(404, "Sandbox with ID or name box-1 not found"));
    sandbox.stop(false, short_deadline()).await.unwrap();
    assert!(sandbox.is_deleted());
}

#[tokio::test]
async fn permanent_failures_are_not_retried() {
    let statuses = [400, 401, 403, 404, 408, 409, 410, 422, 500, 501];
    let runs = statuses.map(|status| async move {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.always("GET /toolbox/box-1/files", Scripted::empty(status));
        server.always(GET, Scripted::json(200, &entry(&server, "started")));
        let error = failure(sandbox.list_files("d", short_deadline()).await);
        assert_eq!((error.status(), error.retries()), (Some(status), 0), "{error}");
        let sent = server.lines().iter().filter(|line| *line != GET).count();
        assert_eq!(sent, 1, "{:?}", server.lines());
    });
    join_all(runs).await;
}

#[tokio::test]
async fn a_command_is_never_sent_twice() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(EXECUTE, Reply::Close);
    server.always(EXECUTE, Scripted::json(200, &json!({"exitCode": 0, "result": ""})));
    let error = failure(sandbox.execute(&command("rm it"), short_deadline()).await);
    assert_eq!((error.kind(), error.retries()), (ErrorKind::Connection, 0), "{error}");
    // The command that may have started is killed.
    server.seen(EXECUTE, 2).await;
    // Between the two, the state of the sandbox is asked for.
    let sent: Vec<_> = server.requests().into_iter().filter(|seen| seen.line() == EXECUTE).collect();
    assert_eq!(sent[0].json()["command"], "rm it");
    assert!(is_kill(&sent[1].body), "{:?}", sent[1].json());
}

#[tokio::test]
async fn all_kinds_of_failures_share_one_retry_limit() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server
        .once(WORK_DIR, Reply::Close)
        .once(WORK_DIR, Scripted::empty(503))
        .once(WORK_DIR, Scripted::empty(429));
    server
        .once(WORK_DIR, Reply::Close)
        .always(WORK_DIR, Scripted::json(200, &json!({"dir": "/home/daytona"})));
    let error = failure(sandbox.work_dir(short_deadline()).await);
    assert_eq!((error.kind(), error.retries()), (ErrorKind::Connection, 3), "{error}");
    assert!(error.elapsed() >= Duration::from_millis(700), "{:?}", error.elapsed());
    assert_eq!(server.lines().iter().filter(|line| *line == WORK_DIR).count(), 4);
}

#[tokio::test]
async fn a_read_succeeds_after_transient_failures() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let whole = json!({"dir": "/home/daytona"});
    server.once(WORK_DIR, Reply::Close);
    server.once(WORK_DIR, Scripted::bytes(200, "application/json", r#"{"dir":"#).then_cut());
    server.once(WORK_DIR, Scripted::empty(502));
    server.once(WORK_DIR, Scripted::json(200, &whole));
    assert_eq!(sandbox.work_dir(short_deadline()).await.unwrap(), "/home/daytona");
    assert_eq!(server.lines(), [WORK_DIR; 4]);
}

#[tokio::test]
async fn throttled_requests_wait_for_the_requested_delay() {
    let by_group = |line: &'static str, header: &'static str| async move {
        let server = Server::start().await;
        let throttled = api_error(429, "ThrottlerException: Too Many Requests").header(header, "1");
        server.once(line, throttled);
        let started = Instant::now();
        if line == CREATE {
            server.once(line, Scripted::json(200, &entry(&server, "started")));
            create(&server, short_deadline()).await.unwrap();
        } else {
            server.once(line, Scripted::json(200, &json!({"items": [], "nextCursor": null})));
            client(&server).list(&Default::default(), short_deadline()).await.unwrap();
        }
        assert!(started.elapsed() >= Duration::from_secs(1), "{line} {header}: {:?}", started.elapsed());
        assert_eq!(server.lines(), [line; 2]);
    };
    tokio::join!(
        by_group(CREATE, "Retry-After"),
        by_group(CREATE, "Retry-After-sandbox-create"),
        by_group(LIST, "Retry-After"),
        by_group(LIST, "Retry-After-sandbox-list"),
        by_group(LIST, "retry-after-authenticated"),
    );
}

#[tokio::test]
async fn throttled_commands_are_retried() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(EXECUTE, Scripted::empty(429));
    server.once(EXECUTE, Scripted::json(200, &json!({"exitCode": 0, "result": "done"})));
    assert_eq!(sandbox.execute(&command("true"), short_deadline()).await.unwrap().result, "done");
    assert_eq!(server.lines(), [EXECUTE; 2]);
    assert_eq!(server.requests()[0].body, server.requests()[1].body);
}

#[tokio::test]
async fn a_requested_delay_past_the_deadline_fails_immediately() {
    for header in ["Retry-After", "Retry-After-sandbox-create"] {
        let server = Server::start().await;
        let throttled = api_error(429, "ThrottlerException: Too Many Requests").header(header, "30");
        server.always(CREATE, throttled.header("X-RateLimit-Limit-authenticated", "100"));
        let started = Instant::now();
        let error = failure(create(&server, Deadline::seconds(10)).await);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        assert_eq!((error.kind(), error.retries()), (ErrorKind::RateLimited, 0), "{error}");
        assert_eq!(error.headers().get(&header.to_lowercase()).map(String::as_str), Some("30"));
        assert_eq!(error.headers().get("x-ratelimit-limit-authenticated").map(String::as_str), Some("100"));
        // Nothing was created, so nothing is cleaned up.
        daytona_client::wait_for_cleanups().await;
        assert_eq!(server.lines(), [CREATE]);
    }
}

#[tokio::test]
async fn a_requested_delay_of_more_than_a_minute_fails_immediately() {
    let server = Server::start().await;
    let throttled = api_error(429, "ThrottlerException: Too Many Requests").header("Retry-After", "61");
    server.always(LIST, throttled);
    let call = async { client(&server).list(&Default::default(), Deadline::after(Deadline::MAX)).await };
    let ended = tokio::time::timeout(Duration::from_secs(10), call).await;
    let error = failure(ended.unwrap_or_else(|_| panic!("the call waits for more than a minute")));
    assert_eq!((error.kind(), error.retries()), (ErrorKind::RateLimited, 0), "{error}");
    assert_eq!(error.headers().get("retry-after").map(String::as_str), Some("61"));
    assert_eq!(server.lines(), [LIST]);
}
