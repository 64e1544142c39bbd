//! Commands whose output is read while they run: requests, and lines that drop.

use daytona_client::{
    Deadline, ErrorKind, ExecuteError, ExecuteRequest, LogChunk, Output, Sandbox, StreamedOutput,
    wait_for_cleanups,
};
use serde_json::json;
use tokio::sync::mpsc;

use crate::support::{EXECUTE, Reply, Scripted, Server, Socket, command, sandbox, short_deadline};

const CREATE: &str = "POST /toolbox/box-1/process/session";
const EXEC: &str = "POST /toolbox/box-1/process/session/execute-*/exec";
const LOGS: &str = "GET /toolbox/box-1/process/session/execute-*/command/c/logs";
const COMMAND: &str = "GET /toolbox/box-1/process/session/execute-*/command/c";
const DELETE: &str = "DELETE /toolbox/box-1/process/session/execute-*";

/// A service with a log.
async fn service(log: impl Into<Reply>) -> (Server, Sandbox) {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.always(CREATE, Scripted::empty(201));
    server.always(EXEC, Scripted::json(202, &json!({"cmdId": "c", "output": null, "exitCode": null})));
    server.always(LOGS, log);
    server.always(EXECUTE, Scripted::json(200, &json!({"exitCode": 0, "result": ""})));
    server.always(DELETE, Scripted::empty(204));
    (server, sandbox)
}

/// Runs a command and returns the chunks too.
async fn run(
    sandbox: &Sandbox,
    request: &ExecuteRequest,
    deadline: Deadline,
) -> (Result<StreamedOutput, ExecuteError>, Vec<LogChunk>) {
    let (sender, mut receiver) = mpsc::channel(1);
    let received = async {
        let mut all = Vec::new();
        while let Some(chunk) = receiver.recv().await {
            all.push(chunk);
        }
        all
    };
    tokio::join!(sandbox.execute_streaming(request, None, sender, deadline), received)
}

fn joined(chunks: &[LogChunk], output: Output) -> String {
    let of = chunks.iter().filter(|chunk| chunk.output == output);
    of.map(|chunk| String::from_utf8(chunk.data.to_vec()).unwrap()).collect()
}

#[tokio::test]
async fn four_requests_bring_the_output_to_the_byte_and_the_exit_code() {
    // The last lines have no end of their own; the connection is not closed.
    let log = Socket::of(["OUTa\nERRe\n", "OUTtail\u{1e}", "MARK 7\nERR", "MARK 7\n"]);
    let (server, sandbox) = service(log.then_stuck()).await;
    let (result, chunks) = run(&sandbox, &command("make"), short_deadline()).await;
    let result = result.unwrap();
    assert_eq!(result.exit_code, Some(7));
    assert_eq!(joined(&chunks, Output::Stdout), "a\ntail\u{1e}");
    assert_eq!(joined(&chunks, Output::Stderr), "e\n");
    assert_eq!(*result.output, *"a\ne\ntail\u{1e}");
    wait_for_cleanups().await;
    assert_eq!(server.lines(), [CREATE, EXEC, LOGS, DELETE]);
    let exec = server.requests()[1].json();
    assert_eq!((&exec["runAsync"], &exec["suppressInputEcho"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn a_dropped_line_is_an_error_that_says_how_far_it_got() {
    let log = || Socket::of(["OUT12345\n"]);
    for log in [log().then_cut(), log().then_close(1011), log().then_close(1001)] {
        let (server, sandbox) = service(log).await;
        let (result, chunks) = run(&sandbox, &command("make"), short_deadline()).await;
        let error = result.unwrap_err().error;
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert!(error.to_string().contains("9 bytes of the log were received"), "{error}");
        assert_eq!(joined(&chunks, Output::Stdout), "12345\n");
        // The command may run on: it is killed, and its session deleted.
        server.seen(EXECUTE, 1).await;
        server.seen(DELETE, 1).await;
    }
}

#[tokio::test]
async fn a_log_that_ends_without_the_mark_has_the_exit_code_that_the_service_knows() {
    let (server, sandbox) = service(Socket::of(["OUT1\nERR2\u{1e}"])).await;
    let known = json!({"id": "c", "command": "make", "exitCode": 137});
    server.always(COMMAND, Scripted::json(200, &known));
    let (result, chunks) = run(&sandbox, &command("make"), short_deadline()).await;
    assert_eq!(result.unwrap().exit_code, Some(137));
    assert_eq!(joined(&chunks, Output::Stderr), "2\u{1e}");
}

#[tokio::test]
async fn no_exit_code_is_invented() {
    let unknown = Scripted::json(200, &json!({"id": "c", "command": "make"}));
    let missing = Scripted::json(404, &json!({"statusCode": 404, "message": "not found: session not found"}));
    for reply in [unknown, missing] {
        let (server, sandbox) = service(Socket::of(["OUT1\n"])).await;
        server.always(COMMAND, reply);
        let (result, _) = run(&sandbox, &command("make"), short_deadline()).await;
        let error = result.unwrap_err().error;
        assert_eq!(error.kind(), ErrorKind::SessionEnded, "{error}");
        assert!(error.to_string().contains("5 bytes of the log were received"), "{error}");
    }
}

#[tokio::test]
async fn a_timeout_kills_the_command_and_keeps_the_output() {
    let (server, sandbox) = service(Socket::of(["OUTstarted\n"]).then_stuck()).await;
    // Enough for the three requests before, on a busy machine too.
    let (result, _) = run(&sandbox, &command("sleep 60"), Deadline::seconds(3)).await;
    let failed = result.unwrap_err();
    assert_eq!(failed.error.kind(), ErrorKind::ProcessTimeout);
    assert_eq!(failed.output.as_deref(), Some("started\n"));
    server.seen(EXECUTE, 1).await;
    server.seen(DELETE, 1).await;
}

#[tokio::test]
async fn a_dropped_future_kills_the_command() {
    let (server, sandbox) = service(Socket::of(["OUTstarted\n"]).then_stuck()).await;
    let (sender, mut receiver) = mpsc::channel(1);
    let running = tokio::spawn(async move {
        sandbox.execute_streaming(&command("x"), None, sender, short_deadline()).await.is_ok()
    });
    assert!(receiver.recv().await.is_some());
    running.abort();
    server.seen(EXECUTE, 1).await;
    server.seen(DELETE, 1).await;
    assert!(server.requests().iter().any(|seen| seen.line() == EXECUTE
        && seen.json()["command"].as_str().unwrap().contains("DAYTONA_NATIVE_COMMAND=")));
}

#[tokio::test]
async fn what_was_refused_is_not_cleared_away() {
    let (server, sandbox) = service(Socket::of([])).await;
    server.once(CREATE, Scripted::json(500, &json!({"statusCode": 500, "message": "no"})));
    let (result, _) = run(&sandbox, &command("make"), short_deadline()).await;
    assert_eq!(result.unwrap_err().error.kind(), ErrorKind::InternalServer);
    // A session without a command is deleted, and nothing is killed.
    server.once(EXEC, Scripted::json(500, &json!({"statusCode": 500, "message": "no"})));
    let (result, _) = run(&sandbox, &command("make"), short_deadline()).await;
    assert_eq!(result.unwrap_err().error.kind(), ErrorKind::InternalServer);
    server.seen(DELETE, 1).await;
    assert_eq!(server.lines(), [CREATE, CREATE, EXEC, DELETE]);
}

#[tokio::test]
async fn variables_with_names_that_no_shell_takes_are_refused_before_anything_is_sent() {
    let (server, sandbox) = service(Socket::of([])).await;
    let mut request = command("true");
    request.envs = Some([("A-B".to_owned(), String::new())].into());
    let (result, _) = run(&sandbox, &request, short_deadline()).await;
    assert_eq!(result.unwrap_err().error.kind(), ErrorKind::BadRequest);
    assert_eq!(server.lines(), [""; 0]);
}
