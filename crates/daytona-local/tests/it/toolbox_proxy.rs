//! Ports, and requests to the programs that listen on them.

use futures_util::{SinkExt as _, StreamExt as _};
use http::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::server::Server;
use crate::toolbox::{Toolbox, request};

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Reads the head of a request.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn a_port_is_listed_while_a_program_listens() {
    let toolbox = Toolbox::start();
    let (listener, port) = listener().await;
    let lists = async || {
        let ports = toolbox.get("/port").await.json()["ports"].clone();
        ports.as_array().unwrap().contains(&json!(port))
    };
    assert!(lists().await);
    drop(listener);
    assert!(!lists().await);
}

#[tokio::test]
async fn the_port_in_use_is_from_3000_to_9999() {
    let toolbox = Toolbox::start();
    for port in ["2999", "10000", "abc", "-3000", "0x1000", "3000.5"] {
        let seen = toolbox.get(&format!("/port/{port}/in-use")).await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{port}");
        assert_eq!(seen.json()["source"], "DAYTONA_DAEMON");
    }
    for (address, port) in [("127.0.0.1", 9131), ("::1", 9132)] {
        // Another program of this machine may have it.
        let Ok(listener) = TcpListener::bind((address, port)).await else { continue };
        let in_use = async |port: &str| toolbox.get(&format!("/port/{port}/in-use")).await.json();
        assert_eq!(in_use(&format!("+0{port}")).await, json!({"isInUse": true}));
        drop(listener);
        // A program that another test starts has a copy of the socket until it runs.
        while in_use(&port.to_string()).await != json!({"isInUse": false}) {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn sandboxes_that_share_a_network_see_their_own_ports_only() {
    let server = Server::start(&["--isolation", "none"]);
    let (one, other) = (server.create(json!({})).await, server.create(json!({})).await);
    let listen = "exec 3<>/dev/null; python3 -c 'import socket, time
s = socket.create_server((\"127.0.0.1\", 0)); print(s.getsockname()[1], flush=True); time.sleep(600)' > port 2>&1 &
until grep -q . port; do sleep 0.01; done; cat port";
    let (code, port) = server.run(&one, listen).await;
    assert_eq!(code, 0, "{port}");
    let port: u16 = port.trim().parse().unwrap();
    let ports = async |id: &str| {
        server.send(Method::GET, &format!("/toolbox/{id}/port"), Some(server.key()), None).await.json
    };
    assert_eq!(ports(&one).await, json!({"ports": [port]}));
    assert_eq!(ports(&other).await, json!({"ports": []}));
}

#[tokio::test]
async fn a_request_reaches_a_program_as_it_was_written() {
    let toolbox = Toolbox::start();
    let (listener, port) = listener().await;
    let program = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = head(&mut stream).await;
        let mut body = [0; 4];
        stream.read_exact(&mut body).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 302 Found\r\nlocation: /else\r\ncontent-length: 2\r\n\r\nhi")
            .await
            .unwrap();
        (head, body)
    });
    let headers = [("x-a", "b"), ("connection", "x-b"), ("x-b", "c")];
    let path = format!("/proxy/{port}/%2F(a)//b?x=%20");
    let seen = toolbox.send(request(Method::PUT, &path, &headers, "body")).await;
    assert_eq!((seen.status.as_u16(), seen.header("location"), seen.text().as_str()), (302, "/else", "hi"));
    let (head, body) = program.await.unwrap();
    assert!(head.starts_with("PUT /%2F(a)//b?x=%20 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: localhost:{port}\r\n")) && head.contains("x-a: b"), "{head}");
    assert!(!head.contains("x-b"), "{head}");
    assert_eq!(&body, b"body");
}

#[tokio::test]
async fn what_cannot_be_reached_has_an_empty_response() {
    let toolbox = Toolbox::start();
    let (listener, port) = listener().await;
    drop(listener);
    for port in [port.to_string(), "0".to_owned(), "99999".to_owned()] {
        let seen = toolbox.send(request(Method::POST, &format!("/proxy/{port}/x"), &[], "unread")).await;
        assert_eq!((seen.status, seen.text().as_str()), (StatusCode::BAD_GATEWAY, ""), "{port}");
    }
    let seen = toolbox.get("/proxy/abc/").await;
    assert_eq!((seen.status, &seen.json()["code"]), (StatusCode::BAD_REQUEST, &json!("BAD_REQUEST")));
    let moved = toolbox.get("/proxy/3456?a=b").await;
    assert_eq!((moved.status.as_u16(), moved.header("location")), (301, "/proxy/3456/?a=b"));
    let unknown = request(Method::from_bytes(b"PROPFIND").unwrap(), "/proxy/3456/", &[], "");
    assert_eq!(toolbox.send(unknown).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_port_of_the_toolbox_is_the_toolbox() {
    let toolbox = Toolbox::start();
    let path = format!("{}/work-dir", "/proxy/2280".repeat(1000));
    assert_eq!(toolbox.get(&path).await.json(), toolbox.get("/work-dir").await.json());
}

#[tokio::test]
async fn a_program_notices_that_its_client_leaves() {
    let toolbox = Toolbox::start();
    let (listener, port) = listener().await;
    let mut client = toolbox.stream().await;
    client.write_all(format!("GET /proxy/{port}/ HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    head(&mut stream).await;
    drop(client);
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_web_socket_passes() {
    let server = Server::start(&["--isolation", "none"]);
    let id = server.create(json!({})).await;
    let (listener, port) = listener().await;
    let program = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() {
                socket.send(message).await.unwrap();
            }
        }
    });
    let origin = server.origin().trim_start_matches("http://").to_owned();
    let mut request = format!("ws://{origin}/toolbox/{id}/proxy/{port}/chat").into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {}", server.key()).parse().unwrap());
    let stream = TcpStream::connect(origin).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    socket.send(Message::text("é")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("é"));
    socket.close(None).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
    program.await.unwrap();
}

#[tokio::test]
async fn redirects_of_programs_are_not_changed_by_the_control_plane() {
    let server = Server::start(&["--isolation", "none"]);
    let id = server.create(json!({})).await;
    let (listener, port) = listener().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 302 Found\r\nlocation: /else\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
    });
    let get = async |path: &str| {
        let path = format!("/toolbox/{id}{path}");
        server.send(Method::GET, &path, Some(server.key()), None).await.headers["location"].clone()
    };
    assert_eq!(get(&format!("/proxy/{port}/a")).await, "/else");
    assert_eq!(get("/proxy/3456").await, format!("/toolbox/{id}/proxy/3456/"));
}
