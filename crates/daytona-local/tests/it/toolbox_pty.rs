//! Terminals: both handshakes, the order of the last output, and how they end.

use std::io::{BufRead as _, Read as _};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::toolbox::{Toolbox, request};
use crate::toolbox_follow::open;

const PROTOCOLS: &str = "sec-websocket-protocol";
const EXIT_CONTROL: &str = "X-Daytona-Pty-Exit-Control";

type Socket = WebSocketStream<UnixStream>;

/// Everything that a client of a terminal received.
#[derive(Debug, Default)]
struct Received {
    output: String,
    /// Control messages after the one that says that it is connected.
    control: Vec<Value>,
    close: Option<(CloseCode, Value)>,
}

impl Toolbox {
    async fn connect_pty(&self, id: &str, headers: &[(&'static str, &str)]) -> Socket {
        open(self.stream().await, &format!("/process/pty/{id}/connect"), headers).await.unwrap()
    }

    async fn create_connect(&self, query: &str, protocols: &str) -> Result<Socket, Error> {
        let path = format!("/process/pty/create-connect?{query}");
        open(self.stream().await, &path, &[(PROTOCOLS, protocols)]).await
    }

    async fn create_pty(&self, body: Value) -> StatusCode {
        self.post("/process/pty", body).await.status
    }

    async fn delete_pty(&self, id: &str) -> StatusCode {
        self.send(request(Method::DELETE, &format!("/process/pty/{id}"), &[], "")).await.status
    }
}

/// A toolbox whose terminals read no profile of the user who runs the tests.
async fn started() -> Toolbox {
    let toolbox = Toolbox::start();
    let home = toolbox.path("");
    assert_eq!(toolbox.post("/env", json!({"set": {"HOME": home}})).await.status, StatusCode::OK);
    toolbox
}

async fn type_in(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).await.unwrap();
}

/// Reads to the end. The first message says that the client is connected.
async fn read(mut socket: Socket) -> Received {
    let connected = socket.next().await.unwrap().unwrap().into_text().unwrap();
    let connected: Value = serde_json::from_str(&connected).unwrap();
    assert_eq!(connected, json!({"type": "control", "status": "connected"}));
    let (mut received, mut output) = (Received::default(), Vec::new());
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Binary(chunk) => {
                assert!(received.control.is_empty(), "output after the exit");
                output.extend_from_slice(&chunk);
            }
            Message::Text(text) => received.control.push(serde_json::from_str(&text).unwrap()),
            Message::Close(Some(frame)) => {
                received.close = Some((frame.code, serde_json::from_str(&frame.reason).unwrap()));
            }
            other => panic!("{other:?}"),
        }
    }
    received.output = String::from_utf8_lossy(&output).into_owned();
    received
}

#[tokio::test]
async fn all_output_comes_before_the_exit_in_both_handshakes() {
    let toolbox = started().await;
    for (command, code, exit) in [
        ("exit", CloseCode::Normal, json!({"exitCode": 0})),
        ("exit 3", CloseCode::Error, json!({"exitCode": 3, "exitReason": "non-zero exit"})),
    ] {
        assert_eq!(toolbox.create_pty(json!({"id": "old", "lazyStart": true})).await, StatusCode::CREATED);
        let mut old = toolbox.connect_pty("old", &[]).await;
        let mut new = toolbox.create_connect("id=new&cols=90&rows=30", EXIT_CONTROL).await.unwrap();
        let input = format!("stty -echo; echo; seq 1 30000; {command}\n");
        type_in(&mut old, &input).await;
        type_in(&mut new, &input).await;
        let (old, new) = tokio::join!(read(old), read(new));
        for received in [&old, &new] {
            let numbers = received.output.split("\r\n").filter_map(|line| line.parse::<u32>().ok());
            assert!(numbers.eq(1..=30_000), "{code:?}");
            assert_eq!(received.close, Some((code, exit.clone())));
        }
        assert!(old.control.is_empty());
        let mut exited = json!({"type": "control", "status": "exited"});
        exited.as_object_mut().unwrap().extend(exit.as_object().unwrap().clone());
        assert_eq!(new.control, [exited]);
        assert_eq!(toolbox.get("/process/pty").await.json(), json!({"sessions": []}));
    }
}

#[tokio::test]
async fn a_terminal_is_made_of_the_query_and_the_subprotocols() {
    let toolbox = started().await;
    let variables = BASE64_URL_SAFE_NO_PAD.encode(json!({"A": "ž 1", "TERM": ""}).to_string());
    let protocols = format!("X-Daytona-Pty-Envs~{variables},{EXIT_CONTROL}");
    let mut socket = toolbox.create_connect("id=a%20b&cols=61&rows=17&cwd=%2Ftmp", &protocols).await.unwrap();
    type_in(&mut socket, "stty -echo; echo \"[$A|$TERM|$PWD|$(stty size)]\"; exit\n").await;
    let received = read(socket).await;
    assert!(received.output.contains("[ž 1|xterm-256color|/tmp|17 61]"), "{}", received.output);
}

#[tokio::test]
async fn what_cannot_be_created_is_refused_before_the_upgrade() {
    let toolbox = started().await;
    assert_eq!(toolbox.create_pty(json!({"id": "a"})).await, StatusCode::CREATED);
    for (query, protocols, status) in [
        ("id=a", EXIT_CONTROL, StatusCode::CONFLICT),
        ("cols=80", EXIT_CONTROL, StatusCode::BAD_REQUEST),
        ("id=b&cols=1001", EXIT_CONTROL, StatusCode::BAD_REQUEST),
        ("id=b&rows=x", EXIT_CONTROL, StatusCode::BAD_REQUEST),
        ("id=b", "X-Daytona-Pty-Envs~!", StatusCode::BAD_REQUEST),
        ("id=b&cwd=%2Fnone", EXIT_CONTROL, StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        match toolbox.create_connect(query, protocols).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), status, "{query}"),
            other => panic!("{query}: {other:?}"),
        }
    }
    let large = json!({"id": "b", "lazyStart": true, "envs": {"A": "x".repeat(300 * 1024)}});
    assert_eq!(toolbox.create_pty(large).await, StatusCode::BAD_REQUEST);
    let sessions = toolbox.get("/process/pty").await.json()["sessions"].as_array().unwrap().len();
    assert_eq!(sessions, 1);
}

#[tokio::test]
async fn a_sandbox_has_a_limit_of_terminals() {
    let toolbox = started().await;
    for number in 0..256 {
        let body = json!({"id": number.to_string(), "lazyStart": true});
        assert_eq!(toolbox.create_pty(body).await, StatusCode::CREATED);
    }
    assert_eq!(toolbox.create_pty(json!({"id": "more"})).await, StatusCode::BAD_REQUEST);
    assert_eq!(toolbox.delete_pty("0").await, StatusCode::OK);
    assert_eq!(toolbox.create_pty(json!({"id": "more"})).await, StatusCode::CREATED);
}

#[tokio::test]
async fn deletion_kills_what_left_its_group_and_frees_the_id_at_once() {
    let toolbox = started().await;
    let fifo = toolbox.fifo("held");
    for _ in 0..3 {
        assert_eq!(toolbox.create_pty(json!({"id": "a"})).await, StatusCode::CREATED);
        let mut socket = toolbox.connect_pty("a", &[(PROTOCOLS, EXIT_CONTROL)]).await;
        type_in(&mut socket, "(trap '' HUP TERM; echo started; exec sleep 1000) >held & disown\n").await;
        let held = fifo.clone();
        let started = tokio::task::spawn_blocking(move || {
            let mut held = std::io::BufReader::new(std::fs::File::open(held).unwrap());
            let mut line = String::new();
            held.read_line(&mut line).unwrap();
            held
        });
        let mut held = started.await.unwrap();
        assert_eq!(toolbox.delete_pty("a").await, StatusCode::OK);
        // Ends when nobody holds the other end.
        let rest = tokio::task::spawn_blocking(move || held.read_to_end(&mut Vec::new()).unwrap());
        assert_eq!(rest.await.unwrap(), 0);
        let killed = json!({"exitCode": 137, "exitReason": "SIGKILL"});
        assert_eq!(read(socket).await.close, Some((CloseCode::Error, killed)));
    }
}

#[tokio::test]
async fn all_clients_see_the_output_and_a_large_message_ends_only_its_connection() {
    let toolbox = started().await;
    assert_eq!(toolbox.create_pty(json!({"id": "a"})).await, StatusCode::CREATED);
    let (mut first, second) = (toolbox.connect_pty("a", &[]).await, toolbox.connect_pty("a", &[]).await);
    let mut large = toolbox.connect_pty("a", &[]).await;
    large.send(Message::binary(vec![b'x'; 70_000])).await.unwrap();
    while let Some(Ok(message)) = large.next().await {
        if let Message::Close(Some(frame)) = message {
            assert_eq!(frame.code, CloseCode::Size);
        }
    }
    type_in(&mut first, "echo bo''th; exit\n").await;
    for received in [read(first).await, read(second).await] {
        assert!(received.output.contains("both\r\n"), "{}", received.output);
        assert_eq!(received.close, Some((CloseCode::Normal, json!({"exitCode": 0}))));
    }
}
