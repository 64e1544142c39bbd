//! Connections to terminals: what a service may send, and how they may end.

use std::time::Duration;

use daytona_client::{CreatePtyParams, Deadline, Error, ErrorKind, Pty, PtyExit};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, accept_async};

use crate::support::{GET, Scripted, Server, client, entry, failure, short_deadline};

const CONNECTED: &str = r#"{"type":"control","status":"connected"}"#;
const EXITED: &str = r#"{"type":"control","status":"exited","exitCode":3,"exitReason":"non-zero exit"}"#;

type Socket = WebSocketStream<TcpStream>;

/// Connects to a terminal at a service that does `serve` with the WebSocket.
async fn connect<Serving>(
    deadline: Deadline,
    serve: impl FnOnce(Socket) -> Serving + Send + 'static,
) -> Result<Pty, Error>
where
    Serving: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let toolbox = format!("http://{}/toolbox", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(accept_async(stream).await.unwrap()).await;
    });
    let server = Server::start().await;
    let mut entry = entry(&server, "started");
    entry["toolboxProxyUrl"] = json!(toolbox);
    server.always(GET, Scripted::json(200, &entry));
    let sandbox = client(&server).get("box-1", short_deadline()).await.unwrap();
    let params = CreatePtyParams { id: "t".into(), ..CreatePtyParams::default() };
    sandbox.create_pty(params, deadline).await
}

/// Connects to a service that sends these messages, and reads to the end.
async fn read(messages: Vec<Message>) -> (Vec<u8>, Result<Option<PtyExit>, Error>) {
    let connected = connect(short_deadline(), |mut socket| async move {
        let is_closed = messages.last().is_some_and(Message::is_close);
        for message in messages {
            socket.send(message).await.unwrap();
        }
        // The client confirms a close; otherwise the connection is cut here.
        while is_closed && matches!(socket.next().await, Some(Ok(_))) {}
    });
    let mut pty = connected.await.unwrap();
    let mut output = Vec::new();
    loop {
        match pty.output.next().await {
            Ok(Some(data)) => output.extend_from_slice(&data),
            Ok(None) => return (output, Ok(pty.output.exit().cloned())),
            Err(error) => return (output, Err(error)),
        }
    }
}

fn close(code: u16, reason: &str) -> Message {
    Message::Close(Some(CloseFrame { code: CloseCode::from(code), reason: reason.to_owned().into() }))
}

fn text(text: &str) -> Message {
    Message::text(text.to_owned())
}

#[tokio::test]
async fn the_exit_is_in_a_message_or_in_the_close() {
    let failed = r#"{"exitCode":3,"exitReason":"non-zero exit"}"#;
    for messages in [
        vec![text(CONNECTED), Message::binary("out"), text(EXITED), close(1011, failed)],
        vec![text(CONNECTED), Message::binary("out"), close(1011, failed)],
        // Output may overtake the first message, and what follows the exit counts too.
        vec![Message::binary("o"), text(CONNECTED), text(EXITED), Message::binary("ut")],
        vec![text(CONNECTED), Message::binary("ou"), text("t"), text(EXITED)],
    ] {
        let (output, exit) = read(messages).await;
        let exit = exit.unwrap().unwrap();
        assert_eq!(output, b"out");
        assert_eq!((exit.exit_code, exit.exit_reason.as_deref()), (Some(3), Some("non-zero exit")));
    }
}

#[tokio::test]
async fn an_exit_code_is_never_invented() {
    for (message, reason) in [
        (close(1000, ""), "with code 1000, without an exit code"),
        (close(1008, "slow consumer"), "with code 1008 (slow consumer)"),
        (close(1011, r#"{"error":"PTY session unavailable"}"#), "PTY session unavailable"),
    ] {
        let (output, exit) = read(vec![text(CONNECTED), Message::binary("out"), message]).await;
        let error = failure(exit);
        assert_eq!((output.as_slice(), error.kind()), (&b"out"[..], ErrorKind::Connection));
        assert!(error.to_string().contains(reason), "{error}");
        assert!(error.to_string().contains("3 bytes of output were received"), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_reason_of_the_service() {
    let refused = r#"{"type":"control","status":"error","error":"PTY session t not found"}"#;
    let refuse = move |mut socket: Socket| async move { socket.send(text(refused)).await.unwrap() };
    let error = failure(connect(short_deadline(), refuse).await);
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.to_string().contains("PTY session t not found"), "{error}");
}

#[tokio::test]
async fn a_service_that_never_says_that_the_client_is_connected_times_out() {
    let wait = |mut socket: Socket| async move { while let Some(Ok(_)) = socket.next().await {} };
    let error = failure(connect(Deadline::after(Duration::from_millis(200)), wait).await);
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_long_input_is_sent_in_frames_that_services_take() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let connected = connect(short_deadline(), |mut socket| async move {
        socket.send(text(CONNECTED)).await.unwrap();
        let mut lengths = Vec::new();
        while let Some(Ok(Message::Binary(frame))) = socket.next().await {
            lengths.push(frame.len());
        }
        sender.send(lengths).unwrap();
    });
    let mut pty = connected.await.unwrap();
    pty.input.send(vec![b'x'; 100_000].into(), short_deadline()).await.unwrap();
    pty.input.close().await;
    assert_eq!(receiver.await.unwrap(), [32_768, 32_768, 32_768, 1_696]);
}
