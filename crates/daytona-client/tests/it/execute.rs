//! Commands: requests, responses, and killing aborted commands.

use std::collections::BTreeMap;
use std::time::Duration;

use daytona_client::{ErrorKind, ExecuteRequest, wait_for_cleanups};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    EXECUTE, Reply, Scripted, Server, command, ends_in_time, failure, proxy_error, sandbox, short_deadline,
};

const MARKER: &str = "DAYTONA_NATIVE_COMMAND";

fn ended(exit_code: i32) -> Scripted {
    Scripted::json(200, &json!({"exitCode": exit_code, "result": ""}))
}

/// Removes the marker from a request body and returns both.
fn unmarked(mut body: Value) -> (Value, String) {
    let marker = body["envs"].as_object_mut().unwrap().remove(MARKER).unwrap();
    (body, marker.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_burst_at_a_slow_service_shares_few_connections() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.always(EXECUTE, Reply::OneByOne(ended(0)));
    let (command, deadline) = (command("true"), short_deadline());
    let burst = join_all((0..200).map(|_| sandbox.execute(&command, deadline)));
    assert!(burst.await.into_iter().all(|result| result.is_ok()));
    let connections = server.connections();
    assert!(connections <= 64, "{connections} connections");
}

#[tokio::test]
async fn all_options_are_sent() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.always(EXECUTE, ended(0));
    let request = ExecuteRequest {
        command: "echo 'a'\n\"b\" é\u{1f980}\0".into(),
        cwd: Some("/tmp/a b".into()),
        envs: Some(BTreeMap::from([("A".to_owned(), "1\n2".to_owned()), ("B".to_owned(), String::new())])),
        timeout: Some(7),
    };
    sandbox.execute(&request, short_deadline()).await.unwrap();
    let (body, marker) = unmarked(server.only().json());
    let wanted = json!({
        "command": "echo 'a'\n\"b\" é\u{1f980}\0", "cwd": "/tmp/a b", "envs": {"A": "1\n2", "B": ""}, "timeout": 7,
    });
    assert_eq!(body, wanted);
    assert!(marker.len() > 32, "{marker}");

    server.forget();
    sandbox.execute(&command("true"), short_deadline()).await.unwrap();
    let (body, second) = unmarked(server.only().json());
    assert_eq!(body, json!({"command": "true", "envs": {}}));
    assert_ne!(marker, second);
}

#[tokio::test]
async fn responses_of_every_toolbox_version_are_read() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let responses = [
        (json!({"exitCode": 0, "result": "a\u{0}\u{fffd}"}), (Some(0), "a\u{0}\u{fffd}")),
        (json!({"exitCode": -1, "result": "x"}), (Some(-1), "x")),
        (json!({"exitCode": 255, "result": "", "artifacts": {}}), (Some(255), "")),
        (json!({"code": 3, "result": "old"}), (Some(3), "old")),
        (json!({"exitCode": 4, "code": 9, "result": "both"}), (Some(4), "both")),
        (json!({"code": 4, "exitCode": null, "result": "both"}), (Some(4), "both")),
        (json!({"result": "no status"}), (None, "no status")),
        (json!({"exitCode": null, "result": null}), (None, "")),
        (json!({}), (None, "")),
    ];
    for (response, (exit_code, result)) in responses {
        server.once(EXECUTE, Scripted::json(200, &response));
        let read = sandbox.execute(&command("true"), short_deadline()).await.unwrap();
        assert_eq!((read.exit_code, &*read.result), (exit_code, result), "{response}");
    }
}

#[tokio::test]
async fn large_outputs_are_read_completely() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let output = "0123456789abcdé\n".repeat(200_000);
    server.once(EXECUTE, Scripted::json(200, &json!({"exitCode": 0, "result": output})).in_chunks(100_000));
    let read = sandbox.execute(&command("seq"), short_deadline()).await.unwrap();
    assert!(*read.result == *output, "{} bytes", read.result.len());
}

/// Asserts that a request kills the processes with the marker and does nothing else.
fn assert_kills(request: &Value, marker: &str) {
    let script = request["command"].as_str().unwrap();
    let number = |name: &str| -> u32 {
        let (_, rest) = script.split_once(&format!("{name}=")).unwrap();
        rest.split([';', '\n']).next().unwrap().parse().unwrap()
    };
    let wanted = format!(
        "seen=; waits={}; rounds={}\n\
         while [ $rounds -gt 0 ]; do rounds=$((rounds-1))\n\
         found=$(grep -lzxF 'DAYTONA_NATIVE_COMMAND={marker}' /proc/[0-9]*/environ 2>/dev/null)\n\
         if [ -n \"$found\" ]; then seen=1\n\
         for signal in STOP KILL; do for entry in $found; do\n\
         entry=${{entry#/proc/}}; kill -$signal \"${{entry%/environ}}\" 2>/dev/null; done; done\n\
         elif [ -n \"$seen\" ] || [ $waits -le 0 ]; then break\n\
         else waits=$((waits-1)); sleep 0.05; fi; done\n",
        number("waits"),
        number("rounds"),
    );
    assert!((1..=1000).contains(&number("rounds")) && number("waits") <= 40, "{script}");
    // Without the marker variable: the script must not find itself.
    assert_eq!(request, &json!({"command": wanted, "timeout": 10}));
}

/// Asserts that a command is followed by a kill with its marker.
async fn assert_killed(server: &Server) {
    server.seen(EXECUTE, 2).await;
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "{:?}", server.lines());
    let (_, marker) = unmarked(requests[0].json());
    assert_kills(&requests[1].json(), &marker);
}

#[tokio::test]
async fn a_timed_out_command_is_killed() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(EXECUTE, Reply::Silence).once(EXECUTE, ended(0));
    let limit = Duration::from_millis(300);
    let error =
        ends_in_time(limit, async |deadline| sandbox.execute(&command("sleep 9"), deadline).await).await;
    assert_eq!((error.kind(), error.sandbox_id()), (ErrorKind::ProcessTimeout, Some("box-1")), "{error}");
    assert_killed(&server).await;
    // The command's connection was closed.
    server.closed(server.requests()[0].connection).await;
}

#[tokio::test]
async fn a_hanging_kill_does_not_delay_the_error() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.always(EXECUTE, Reply::Silence);
    let limit = Duration::from_millis(300);
    let error =
        ends_in_time(limit, async |deadline| sandbox.execute(&command("sleep 9"), deadline).await).await;
    assert_eq!(error.kind(), ErrorKind::ProcessTimeout, "{error}");
    assert_killed(&server).await;
}

#[tokio::test]
async fn a_command_is_killed_again_when_the_first_kill_does_not_end_it() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(EXECUTE, Reply::Silence).once(EXECUTE, ended(0)).once(EXECUTE, ended(0));
    let limit = Duration::from_millis(300);
    let run = async |deadline| {
        let result = sandbox.execute_keeping_output(&command("sleep 9"), None, deadline).await;
        result.map_err(|failed| {
            assert_eq!(failed.output, None);
            failed.error
        })
    };
    let error = ends_in_time(limit, run).await;
    assert_eq!((error.kind(), error.sandbox_id()), (ErrorKind::ProcessTimeout, Some("box-1")), "{error}");
    server.seen(EXECUTE, 3).await;
    let requests = server.requests();
    let (body, marker) = unmarked(requests[0].json());
    // The toolbox has its own timeout, in case the client is gone by then.
    assert_eq!(body, json!({"command": "sleep 9", "envs": {}, "timeout": 6}));
    assert_kills(&requests[1].json(), &marker);
    assert_kills(&requests[2].json(), &marker);
    server.closed(requests[0].connection).await;
}

#[tokio::test]
async fn a_command_that_the_toolbox_timed_out_is_killed() {
    let old = json!({
        "statusCode": 408, "message": "request timeout: command execution timeout", "code": "REQUEST_TIMEOUT",
        "path": "/process/execute", "method": "POST",
    });
    let new = json!({
        "statusCode": 408, "message": "x", "code": "PROCESS_EXECUTION_TIMEOUT", "source": "DAYTONA_DAEMON",
    });
    for (response, kind) in [
        (Scripted::json(408, &old), ErrorKind::ProcessTimeout),
        (Scripted::json(408, &new), ErrorKind::ProcessTimeout),
        (Scripted::empty(408), ErrorKind::ProcessTimeout),
        // Of a proxy.
        (Scripted::html(504), ErrorKind::Timeout),
    ] {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.once(EXECUTE, response).once(EXECUTE, ended(0));
        let error = failure(sandbox.execute(&command("sleep 9"), short_deadline()).await);
        assert_eq!(error.kind(), kind, "{error}");
        assert_killed(&server).await;
    }
}

#[tokio::test]
async fn a_dropped_command_is_killed() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(EXECUTE, Reply::Silence).once(EXECUTE, ended(0));
    let running = tokio::spawn(async move { sandbox.execute(&command("sleep 9"), short_deadline()).await });
    server.seen(EXECUTE, 1).await;
    running.abort();
    assert_killed(&server).await;
    server.closed(server.requests()[0].connection).await;
}

#[tokio::test]
async fn a_command_whose_response_is_lost_is_killed() {
    let replies: [Reply; 3] = [
        Reply::Close,
        Scripted::bytes(200, "application/json", r#"{"exit"#).then_cut().into(),
        // A proxy may have lost its connection to the toolbox.
        Scripted::empty(502).into(),
    ];
    for reply in replies {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.once(EXECUTE, reply).once(EXECUTE, ended(0));
        server.always(
            "GET /api/sandbox/box-1",
            Scripted::json(200, &crate::support::entry(&server, "started")),
        );
        failure(sandbox.execute(&command("sleep 9"), short_deadline()).await);
        server.seen(EXECUTE, 2).await;
        let requests: Vec<_> = server.requests().into_iter().filter(|seen| seen.line() == EXECUTE).collect();
        assert_kills(&requests[1].json(), &unmarked(requests[0].json()).1);
    }
}

#[tokio::test]
async fn exited_and_rejected_commands_are_not_killed() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(EXECUTE, ended(1)).once(EXECUTE, Scripted::empty(400));
    server.once(EXECUTE, proxy_error(400, "BAD_REQUEST", "bad request: no"));
    server.once(EXECUTE, Scripted::html(200));
    let stopped = crate::support::entry(&server, "stopped");
    server.always("GET /api/sandbox/box-1", Scripted::json(200, &stopped));
    assert_eq!(sandbox.execute(&command("false"), short_deadline()).await.unwrap().exit_code, Some(1));
    for kind in [ErrorKind::BadRequest, ErrorKind::SandboxNotStarted, ErrorKind::InvalidResponse] {
        assert_eq!(failure(sandbox.execute(&command("x"), short_deadline()).await).kind(), kind);
    }
    wait_for_cleanups().await;
    assert_eq!(server.lines().iter().filter(|line| *line == EXECUTE).count(), 4);
}

#[tokio::test]
async fn the_future_of_a_command_is_small() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let request = command("true");
    // It is copied each time that it is moved into another future or a task.
    let sizes = [
        size_of_val(&sandbox.execute(&request, short_deadline())),
        size_of_val(&sandbox.execute_keeping_output(&request, None, short_deadline())),
        size_of_val(&sandbox.work_dir(short_deadline())),
    ];
    assert!(sizes.iter().all(|size| *size < 4096), "{sizes:?} bytes");
}

#[tokio::test]
async fn an_output_beyond_the_limit_is_not_read() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    // The rest never comes.
    let start = r#"{"exitCode":3,"result":"line\n"#.to_owned() + &"x".repeat(200_000);
    server.once(EXECUTE, Scripted::bytes(200, "application/json", start).then_stuck());
    let result = sandbox.execute_keeping_output(&command("yes"), Some(1000), short_deadline()).await.unwrap();
    assert_eq!(result.exit_code, Some(3));
    assert!(result.result.len() >= 1000 && result.result.starts_with("line\nxxx"));
}
