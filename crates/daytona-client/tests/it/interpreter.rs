//! Code that runs in the interpreter, over a WebSocket.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use daytona_client::{
    CodeMessage, Deadline, Error, ErrorKind, ExecutionError, ExecutionResult, RunCode, Sandbox,
};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_async};

use crate::support::{GET, ID, Scripted, Server, client, entry, failure, short_deadline};

type Socket = WebSocketStream<TcpStream>;

/// A toolbox that accepts one run and does what the test says after its first message.
struct Toolbox<T> {
    _control_plane: Server,
    sandbox: Sandbox,
    run: JoinHandle<T>,
}

impl<T: Send + 'static> Toolbox<T> {
    async fn start<F>(serve: impl FnOnce(Value, Socket) -> F + Send + 'static) -> Self
    where
        F: Future<Output = T> + Send,
    {
        let control_plane = Server::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut entry = entry(&control_plane, "started");
        entry["toolboxProxyUrl"] = json!(format!("http://{}/toolbox", listener.local_addr().unwrap()));
        control_plane.once(GET, Scripted::json(200, &entry));
        let sandbox = client(&control_plane).get(ID, short_deadline()).await.unwrap();
        let run = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = accept_async(stream).await.unwrap();
            let request = socket.next().await.unwrap().unwrap();
            serve(serde_json::from_str(request.to_text().unwrap()).unwrap(), socket).await
        });
        Self { _control_plane: control_plane, sandbox, run }
    }
}

fn code(text: &str) -> RunCode {
    RunCode { code: text.to_owned(), ..RunCode::default() }
}

async fn say(socket: &mut Socket, kind: &str, text: &str) {
    let message = json!({"type": kind, "text": text, "name": "", "value": "", "traceback": ""});
    socket.send(Message::text(message.to_string())).await.unwrap();
}

async fn close(mut socket: Socket, code: u16, reason: &str) {
    let frame = CloseFrame { code: code.into(), reason: reason.to_owned().into() };
    socket.send(Message::Close(Some(frame))).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
}

/// What comes of a run that prints, and is closed then.
async fn closed(timeout: u64, status: u16, reason: &'static str) -> Result<ExecutionResult, Error> {
    let toolbox = Toolbox::start(move |_, mut socket| async move {
        say(&mut socket, "stdout", "é\n").await;
        close(socket, status, reason).await;
    })
    .await;
    toolbox.sandbox.run_code(&code("1"), Deadline::seconds(timeout)).await
}

#[tokio::test]
async fn what_the_code_says_is_the_result() {
    let toolbox = Toolbox::start(|request, mut socket| async move {
        say(&mut socket, "stdout", "a\n").await;
        say(&mut socket, "later", "unknown").await;
        socket.send(Message::Ping(bytes::Bytes::new())).await.unwrap();
        say(&mut socket, "stderr", "b\n").await;
        let error = json!({"type": "error", "name": "E", "value": "v", "traceback": "t", "text": ""});
        socket.send(Message::binary(error.to_string())).await.unwrap();
        say(&mut socket, "stdout", "c\n").await;
        say(&mut socket, "control", "completed").await;
        request
    })
    .await;
    let envs = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
    let run = RunCode { code: "print(1)".to_owned(), context_id: Some("c".to_owned()), envs: Some(envs) };
    let deadline = Deadline::after(Duration::from_millis(1500));
    let result = toolbox.sandbox.run_code(&run, deadline).await.unwrap();
    let error = ExecutionError { name: "E".to_owned(), value: "v".to_owned(), traceback: "t".to_owned() };
    let expected = ExecutionResult { stdout: "a\nc\n".into(), stderr: "b\n".into(), error: Some(error) };
    assert_eq!(result, expected);
    let sent = json!({"code": "print(1)", "contextId": "c", "envs": {"A": "1"}, "timeout": 2});
    assert_eq!(toolbox.run.await.unwrap(), sent);
}

#[tokio::test]
async fn the_code_of_the_close_says_how_the_run_ended() {
    assert_eq!(closed(60, 1000, "").await.unwrap().stdout, "é\n");
    let interrupted = closed(60, 4008, "").await.unwrap().error.unwrap();
    assert_eq!(interrupted.name, "KeyboardInterrupt");
    let gone = failure(closed(60, 1001, "worker process ended").await);
    assert_eq!(gone.kind(), ErrorKind::Connection);
    assert_eq!(
        gone.message(),
        "worker process ended (close code 1001). The interpreter has exited, and the state of its context is \
         lost. 3 bytes of output were received"
    );
    let unknown = failure(closed(60, 1008, "context not found: x").await);
    assert_eq!((unknown.kind(), unknown.sandbox_id()), (ErrorKind::Connection, Some(ID)));
    assert!(unknown.message().starts_with("context not found: x (close code 1008)"), "{unknown}");
    let silent = failure(closed(60, 1011, "").await);
    assert!(silent.message().starts_with("the service closed the connection (close code 1011)"), "{silent}");
}

#[tokio::test]
async fn a_run_that_took_its_time_has_timed_out() {
    let toolbox = Toolbox::start(|request, mut socket| async move {
        say(&mut socket, "control", "interrupted").await;
        tokio::time::sleep(Duration::from_secs(request["timeout"].as_u64().unwrap())).await;
        close(socket, 4008, "").await;
    })
    .await;
    let deadline = Deadline::after(Duration::from_millis(300));
    let error = failure(toolbox.sandbox.run_code(&code("1"), deadline).await);
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.message(), "timed out after 1 s. Pass a larger timeout, or 0 for none");
}

#[tokio::test]
async fn a_run_waits_for_its_turn_while_the_service_is_alive() {
    let toolbox = Toolbox::start(|_, mut socket| async move {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_secs(2)).await;
            socket.send(Message::Ping(bytes::Bytes::new())).await.unwrap();
        }
        say(&mut socket, "control", "completed").await;
        close(socket, 1000, "").await;
    })
    .await;
    let result = toolbox.sandbox.run_code(&code("1"), Deadline::seconds(1)).await.unwrap();
    assert_eq!(result, ExecutionResult::default());
}

#[tokio::test]
async fn a_service_that_falls_silent_is_not_waited_for() {
    let toolbox = Toolbox::start(|_, mut socket| async move {
        say(&mut socket, "stdout", "123").await;
        std::future::pending::<()>().await;
    })
    .await;
    let error = failure(toolbox.sandbox.run_code(&code("1"), Deadline::seconds(1)).await);
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.message().contains("the service sent nothing for 6 s. 3 bytes"), "{error}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_error_that_says_how_far_it_got() {
    let toolbox = Toolbox::start(|_, mut socket| async move {
        say(&mut socket, "stdout", "12345").await;
    })
    .await;
    let mut stream = toolbox.sandbox.open_code(&code("1"), short_deadline()).await.unwrap();
    toolbox.run.await.unwrap();
    assert_eq!(stream.next_batch().await.unwrap(), [CodeMessage::Stdout("12345".into())]);
    let error = failure(stream.next_batch().await);
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.message().ends_with("5 bytes of output were received"), "{error}");
    assert_eq!(stream.next_batch().await.unwrap(), []);
}

#[tokio::test]
async fn a_message_that_is_not_json_is_an_error() {
    let toolbox = Toolbox::start(|_, mut socket| async move {
        socket.send(Message::text("secret of a user")).await.unwrap();
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let error = failure(toolbox.sandbox.run_code(&code("1"), short_deadline()).await);
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_run_that_is_dropped_is_closed_and_one_that_ended_is_not_sent_anything() {
    let toolbox = Toolbox::start(|_, mut socket| async move {
        say(&mut socket, "stdout", "on").await;
        socket.next().await
    })
    .await;
    let mut stream = toolbox.sandbox.open_code(&code("1"), short_deadline()).await.unwrap();
    assert!(stream.next().await.unwrap().is_some());
    drop(stream);
    let last = toolbox.run.await.unwrap().unwrap().unwrap();
    assert!(matches!(last, Message::Close(_)), "{last:?}");
}

#[tokio::test]
async fn blank_code_is_refused_without_a_request() {
    let server = Server::start().await;
    let sandbox = crate::support::sandbox(&server).await;
    let error = failure(sandbox.run_code(&code(" \n"), short_deadline()).await);
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(server.lines(), Vec::<String>::new());
}
