//! Logs of sessions as they grow.

use std::fmt::Write as _;
use std::path::PathBuf;

use futures_util::StreamExt as _;
use http::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::server::Server;
use crate::toolbox::Toolbox;
use crate::toolbox_session::NEW;

/// Opens a WebSocket over a connection.
pub(crate) async fn open<Stream: AsyncRead + AsyncWrite + Unpin>(
    stream: Stream,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<WebSocketStream<Stream>, Error> {
    let mut request = format!("ws://toolbox{path}").into_client_request()?;
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    client_async(request, stream).await.map(|(socket, _)| socket)
}

impl Toolbox {
    async fn follow(&self, command: &str) -> WebSocketStream<UnixStream> {
        open(self.stream().await, &format!("{command}/logs?follow=true"), &[NEW]).await.unwrap()
    }
}

/// Reads to the end: everything that came, and how it was closed.
async fn read<Stream: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<Stream>,
) -> (String, Option<CloseCode>) {
    let (mut content, mut code) = (Vec::new(), None);
    while let Some(message) = socket.next().await {
        match message.unwrap() {
            Message::Binary(frame) => {
                assert!(!matches!(frame.last(), Some(1 | 2)), "a frame ends in a marker");
                content.extend_from_slice(&frame);
            }
            Message::Close(frame) => code = frame.map(|frame| frame.code),
            other => panic!("{other:?}"),
        }
    }
    (String::from_utf8(content).unwrap(), code)
}

async fn write(fifo: PathBuf, text: &'static str) {
    tokio::task::spawn_blocking(move || std::fs::write(fifo, text).unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_hundred_thousand_lines_arrive_in_order_early_and_late() {
    let toolbox = Toolbox::start();
    let go = toolbox.fifo("go");
    toolbox.create_session().await;
    let blocked = toolbox.start_in_session("read x <go").await;
    let command = toolbox.start_in_session("seq 1 100000; echo end >&2").await;
    let queued = tokio::spawn(read(toolbox.follow(&command).await));
    write(go, "go\n").await;
    let during = tokio::spawn(read(toolbox.follow(&command).await));
    let mut expected = (1..=100_000).fold(String::new(), |mut text, number| {
        writeln!(text, "\x01\x01\x01{number}").unwrap();
        text
    });
    expected.push_str("\x02\x02\x02end\n");
    for follower in [queued, during, tokio::spawn(read(toolbox.follow(&command).await))] {
        let (content, code) = follower.await.unwrap();
        assert_eq!(code, Some(CloseCode::Normal));
        // Which stream comes first at the very end is anybody's guess.
        let (mut content, mut expected) =
            (content.lines().collect::<Vec<_>>(), expected.lines().collect::<Vec<_>>());
        let is_end = |line: &&str| line.ends_with("end");
        assert_eq!(content.iter().filter(|line| is_end(line)).count(), 1);
        content.retain(|line| !is_end(line));
        expected.retain(|line| !is_end(line));
        assert!(content == expected);
    }
    assert_eq!(read(toolbox.follow(&blocked).await).await, (String::new(), Some(CloseCode::Normal)));
}

#[tokio::test]
async fn lines_arrive_while_the_command_runs_and_its_end_closes() {
    let toolbox = Toolbox::start();
    let go = toolbox.fifo("go");
    toolbox.create_session().await;
    let command = toolbox.start_in_session("echo one; read x <go; printf two; exit 3").await;
    let mut socket = toolbox.follow(&command).await;
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::binary(&b"\x01\x01\x01one\n"[..]));
    write(go, "go\n").await;
    assert_eq!(read(socket).await, ("\x01\x01\x01two\n".to_owned(), Some(CloseCode::Normal)));
}

#[tokio::test]
async fn without_follow_a_socket_gets_what_is_there_and_pings_are_answered() {
    let toolbox = Toolbox::start();
    let go = toolbox.fifo("go");
    toolbox.create_session().await;
    let command = toolbox.start_in_session("echo one; read x <go; echo two").await;
    let mut socket = toolbox.follow(&command).await;
    assert!(socket.next().await.unwrap().unwrap().is_binary());
    futures_util::SinkExt::send(&mut socket, Message::Ping("p".into())).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong("p".into()));
    // No version: one text without markers.
    let now = open(toolbox.stream().await, &format!("{command}/logs?follow=no"), &[]).await.unwrap();
    assert_eq!(read(now).await, ("one\n".to_owned(), Some(CloseCode::Normal)));
    // A client that closes is answered, and the command runs on.
    socket.close(None).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
    let last = toolbox.follow(&command).await;
    write(go, "go\n").await;
    assert_eq!(read(last).await.0, "\x01\x01\x01one\n\x01\x01\x01two\n");
}

#[tokio::test]
async fn deletion_closes_followers_after_the_last_output() {
    let toolbox = Toolbox::start();
    toolbox.create_session().await;
    let command = toolbox.start_in_session("trap 'echo bye; exit' TERM; echo ready; sleep 1000 & wait").await;
    let waits = toolbox.start_in_session("echo never").await;
    let (mut socket, waiting) = (toolbox.follow(&command).await, toolbox.follow(&waits).await);
    assert!(socket.next().await.unwrap().unwrap().is_binary());
    assert_eq!(toolbox.delete_session().await, StatusCode::NO_CONTENT);
    assert_eq!(read(socket).await, ("\x01\x01\x01bye\n".to_owned(), Some(CloseCode::Normal)));
    assert_eq!(read(waiting).await, (String::new(), Some(CloseCode::Normal)));
}

#[tokio::test]
async fn what_is_not_there_is_refused_before_the_upgrade() {
    let toolbox = Toolbox::start();
    toolbox.create_session().await;
    for path in ["/process/session/s/command/nope/logs", "/process/session/nope/command/nope/logs"] {
        match open(toolbox.stream().await, path, &[]).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), StatusCode::NOT_FOUND),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_version_may_be_a_subprotocol_which_is_echoed() {
    let toolbox = Toolbox::start();
    toolbox.create_session().await;
    let command = toolbox.start_in_session("echo out").await;
    let offered = [("sec-websocket-protocol", "X-Daytona-SDK-Version~0.205.0")];
    // The client itself refuses a response without one of its protocols.
    let socket =
        open(toolbox.stream().await, &format!("{command}/logs?follow=true"), &offered).await.unwrap();
    assert_eq!(read(socket).await.0, "\x01\x01\x01out\n");
}

/// Memory in use by a process, in KiB.
fn memory(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn a_follower_that_does_not_read_costs_no_memory_and_misses_nothing() {
    const BYTES: usize = 64 * 1024 * 1024;
    const ROOM: u64 = 16 * 1024;
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let session = format!("/toolbox/{id}/process/session");
    let post = async |path: &str, body| server.send(Method::POST, path, Some(server.key()), Some(body)).await;
    assert_eq!(post(&session, json!({"sessionId": "s"})).await.status, 201);
    let of_toolbox = "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q 'daytona-local toolbox' \
                      && cat $p/status; done; true";
    let used = async || {
        let toolbox = memory(&server.run(&id, of_toolbox).await.1);
        let server = memory(&std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap());
        toolbox + server
    };
    let started = post(
        &format!("{session}/s/exec"),
        json!({"command": format!("yes 0123456789abcde | head -c {BYTES}"), "runAsync": true}),
    )
    .await;
    let command = format!("{session}/s/command/{}", started.json["cmdId"].as_str().unwrap());
    let stream = TcpStream::connect(server.origin().trim_start_matches("http://")).await.unwrap();
    let authorization = format!("Bearer {}", server.key());
    let headers = [NEW, ("authorization", &authorization)];
    let socket = open(stream, &format!("{command}/logs?follow=true"), &headers).await.unwrap();
    let before = used().await;
    // A barrier: the command before has ended.
    let barrier = post(&format!("{session}/s/exec"), json!({"command": ":"})).await;
    assert_eq!(barrier.json["exitCode"], 0);
    let after = used().await;
    assert!(after < before + ROOM, "{before} KiB before, {after} KiB after");
    let (content, code) = read(socket).await;
    assert_eq!((content.len(), code), (BYTES + BYTES / 16 * 3, Some(CloseCode::Normal)));
}
