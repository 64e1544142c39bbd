//! Programs in the background: requests, input, signals, and lines that drop.

use daytona_client::{ErrorKind, Output, Sandbox, StartedProcess, wait_for_cleanups};
use serde_json::json;

use crate::support::{EXECUTE, Reply, Scripted, Server, Socket, command, sandbox, short_deadline};

const CREATE: &str = "POST /toolbox/box-1/process/session";
const EXEC: &str = "POST /toolbox/box-1/process/session/process-*/exec";
const GET: &str = "GET /toolbox/box-1/process/session/process-*";
const LOGS: &str = "GET /toolbox/box-1/process/session/process-*/command/c/logs";
const INPUT: &str = "POST /toolbox/box-1/process/session/process-*/command/c/input";
const DELETE: &str = "DELETE /toolbox/box-1/process/session/process-*";
const HEAD: &str = "OUTMARK 12 34 input\n";

async fn service(log: impl Into<Reply>) -> (Server, Sandbox) {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.always(CREATE, Scripted::empty(201));
    server.always(EXEC, Scripted::json(202, &json!({"cmdId": "c"})));
    server.always(LOGS, log);
    server.always(INPUT, Scripted::empty(204));
    server.always(EXECUTE, Scripted::json(200, &json!({"exitCode": 0, "result": ""})));
    server.always(DELETE, Scripted::empty(204));
    (server, sandbox)
}

async fn started(sandbox: &Sandbox) -> StartedProcess {
    let mut process = sandbox.start_process(&command("serve"), short_deadline()).await.unwrap();
    process.claim();
    process
}

async fn all(process: &StartedProcess, output: Output) -> String {
    let mut bytes = Vec::new();
    while let Some(data) = process.read(output).await.unwrap() {
        bytes.extend_from_slice(&data);
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn outputs_and_exit_code_are_read_with_one_connection() {
    let log = Socket::of([HEAD, "OUTa\nERRe\nOUTbMARK 3\n", "ERRMARK 3\n"]).then_stuck();
    let (server, sandbox) = service(log).await;
    let process = started(&sandbox).await;
    assert_eq!(process.pid(), 12);
    let (out, err, code) = tokio::join!(
        all(&process, Output::Stdout),
        all(&process, Output::Stderr),
        process.wait(short_deadline()),
    );
    assert_eq!((&*out, &*err, code.unwrap()), ("a\nb", "e\n", 3));
    wait_for_cleanups().await;
    assert_eq!(server.lines(), [CREATE, EXEC, LOGS, DELETE]);
}

#[tokio::test]
async fn an_output_that_nobody_reads_is_read_again_when_it_is_needed() {
    let line = format!("OUT{}\n", "x".repeat(65_000));
    let lines = std::iter::repeat_n(&*line, 40);
    let frames = std::iter::once(HEAD).chain(lines).chain(["OUTMARK 0\nERRlast\nERRMARK 0\n"]);
    let (server, sandbox) = service(Socket::of(frames).then_stuck()).await;
    let process = started(&sandbox).await;
    assert_eq!(all(&process, Output::Stderr).await, "last\n");
    // The session has to stay for that.
    assert_eq!(server.lines(), [CREATE, EXEC, LOGS]);
    let expected = line.replace("OUT", "").repeat(40);
    assert!(all(&process, Output::Stdout).await == expected);
    server.seen(DELETE, 1).await;
    assert_eq!(server.lines(), [CREATE, EXEC, LOGS, LOGS, DELETE]);
}

#[tokio::test]
async fn a_dropped_line_is_an_error_of_every_method() {
    let (server, sandbox) = service(Socket::of([HEAD, "OUT12345\n"]).then_cut()).await;
    let process = started(&sandbox).await;
    assert_eq!(process.read(Output::Stdout).await.unwrap().unwrap(), "12345\n");
    for error in [
        process.read(Output::Stdout).await.unwrap_err(),
        process.read(Output::Stderr).await.unwrap_err(),
        process.wait(short_deadline()).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert!(error.to_string().contains("bytes of the log were received"), "{error}");
    }
    // The program runs on: another handle can be made of it.
    wait_for_cleanups().await;
    assert_eq!(server.lines(), [CREATE, EXEC, LOGS]);
}

#[tokio::test]
async fn a_handle_that_nobody_receives_kills_the_program() {
    let (server, sandbox) = service(Socket::of([HEAD]).then_stuck()).await;
    drop(sandbox.start_process(&command("serve"), short_deadline()).await.unwrap());
    server.seen(EXECUTE, 1).await;
    server.seen(DELETE, 1).await;
    server.forget();
    drop(started(&sandbox).await);
    wait_for_cleanups().await;
    assert_eq!(server.lines(), [CREATE, EXEC, LOGS]);
}

#[tokio::test]
async fn a_program_that_does_not_start_says_why() {
    let log = Socket::of(["OUTcould not start /bin/bash in /x: not a directoryMARK -1\n", "ERRMARK -1\n"]);
    let (server, sandbox) = service(log).await;
    let error = sandbox.start_process(&command("x"), short_deadline()).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert!(error.to_string().contains("in /x: not a directory"), "{error}");
    server.seen(DELETE, 1).await;
}

#[tokio::test]
async fn input_is_encoded_in_order_and_its_end_is_a_line_of_its_own() {
    let (server, sandbox) = service(Socket::of([HEAD]).then_stuck()).await;
    let process = started(&sandbox).await;
    process.write(b"no newline", short_deadline()).await.unwrap();
    process.write(&[0; 100_000], short_deadline()).await.unwrap();
    process.close_stdin(short_deadline()).await.unwrap();
    process.close_stdin(short_deadline()).await.unwrap();
    let late = process.write(b"x", short_deadline()).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::InvalidArgument);
    let sent: Vec<_> = { server.requests().into_iter() }
        .filter(|seen| seen.line() == INPUT)
        .map(|seen| seen.json()["data"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(sent.len(), 5);
    assert_eq!((&*sent[0], &*sent[4]), ("bm8gbmV3bGluZQ==", "."));
    assert!(sent[1..4].iter().all(|line| line.starts_with("AAAA")));
}

#[tokio::test]
async fn input_is_refused_once_the_program_has_exited() {
    // The script around the program runs for a moment longer, and the service takes input for it.
    let (server, sandbox) = service(Socket::of([HEAD, "OUTMARK 0\nERRMARK 0\n"]).then_stuck()).await;
    let process = started(&sandbox).await;
    assert_eq!(process.wait(short_deadline()).await.unwrap(), 0);
    let late = process.write(b"x", short_deadline()).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::CommandAlreadyCompleted);
    process.close_stdin(short_deadline()).await.unwrap();
    wait_for_cleanups().await;
    assert_eq!(server.lines(), [CREATE, EXEC, LOGS, DELETE]);
}

#[tokio::test]
async fn input_that_finds_no_program_says_that_it_came_too_late() {
    let answers = [
        (404, "NOT_FOUND", ErrorKind::Gone),
        (410, "SESSION_ENDED", ErrorKind::SessionEnded),
        (410, "COMMAND_ALREADY_COMPLETED", ErrorKind::CommandAlreadyCompleted),
        (410, "GONE", ErrorKind::Gone),
    ];
    for (status, code, kind) in answers {
        let (server, sandbox) = service(Socket::of([HEAD]).then_stuck()).await;
        let process = started(&sandbox).await;
        let body = json!({"statusCode": status, "message": "gone: it is over", "code": code, "source": "DAYTONA_DAEMON"});
        server.always(INPUT, Scripted::json(status, &body));
        let late = process.write(b"x", short_deadline()).await.unwrap_err();
        assert_eq!((late.kind(), late.status(), late.code()), (kind, Some(status), Some(code)), "{late}");
        process.close_stdin(short_deadline()).await.unwrap();
    }
}

#[tokio::test]
async fn signals_are_sent_to_the_process_that_was_started() {
    let (server, sandbox) = service(Socket::of([HEAD]).then_stuck()).await;
    let process = started(&sandbox).await;
    assert!(process.kill("SIGTERM", short_deadline()).await.unwrap());
    server.once(EXECUTE, Scripted::json(200, &json!({"exitCode": 3, "result": ""})));
    assert!(!process.kill("SIGKILL", short_deadline()).await.unwrap());
    server.once(EXECUTE, Scripted::json(200, &json!({"exitCode": 1, "result": "not permitted\n"})));
    let error = process.kill("SIGHUP", short_deadline()).await.unwrap_err();
    assert!(error.to_string().contains("not permitted"), "{error}");
    for wrong in ["TERM", "SIGX", "", "SIGTERM; true"] {
        let error = process.kill(wrong, short_deadline()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    assert_eq!(server.lines().iter().filter(|line| *line == EXECUTE).count(), 3);
}

#[tokio::test]
async fn a_program_is_found_by_its_id() {
    let (server, sandbox) = service(Socket::of([HEAD]).then_stuck()).await;
    let process = started(&sandbox).await;
    let found = json!({"sessionId": process.id(), "commands": [{"id": "c", "command": "x"}]});
    server.once(GET, Scripted::json(200, &found));
    let again = sandbox.attach_process(process.id(), short_deadline()).await.unwrap();
    assert_eq!((again.id(), again.pid()), (process.id(), 12));
    server.once(
        GET,
        Scripted::json(404, &json!({"statusCode": 404, "message": "not found: session not found"})),
    );
    for id in [process.id(), "other", "process-", ""] {
        let error = sandbox.attach_process(id, short_deadline()).await.map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ProcessNotFound, "{error}");
    }
}
