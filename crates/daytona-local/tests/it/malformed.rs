//! Requests that no client would send.

use std::net::SocketAddr;

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::Server;

const REQUESTS: usize = 20_000;

/// How many connections are open at once.
const AT_ONCE: usize = 40;

/// Random numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

/// Something like a request, then broken at random places.
fn request(random: &mut Random, id: &str, key: &str) -> Vec<u8> {
    let method =
        random.one_of(&["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "G\0T", "get", "", "PRI"]);
    let path = match random.below(3) {
        0 => format!(
            "/api/{}",
            random.one_of(&[
                "sandbox",
                "sandbox/%ff",
                "sandbox/%",
                "config",
                "volumes",
                "\u{e9}",
                "../..",
                "sandbox?limit=%zz"
            ])
        ),
        1 => format!(
            "/toolbox/{id}{}",
            random.one_of(&[
                "/files?path=%ff",
                "/files/bulk-upload",
                "/process/execute",
                "/%2e%2e/x",
                "/files%2Finfo?path=;",
                "//",
                "",
                "/process/session/%00",
                "/files/upload?path=%00",
                "/files/download?path=/dev/zero"
            ])
        ),
        _ => random
            .one_of(&[
                "/",
                "*",
                "",
                "http://[::1",
                "/toolbox",
                "/toolbox//",
                "toolbox/x/y",
                "/ /",
                "/api/api/api",
            ])
            .to_owned(),
    };
    let version = random.one_of(&["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9", ""]);
    let authorization = match random.below(3) {
        0 => String::new(),
        1 => "Authorization: Bearer wrong\r\n".to_owned(),
        _ => format!("Authorization: Bearer {key}\r\n"),
    };
    let framing = random.one_of(&[
        "",
        "Content-Length: 5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: gzip, chunked, chunked\r\n",
        "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n",
        "Range: bytes=9-1,-,99999999999999999999-\r\n",
        "Expect: 100-continue\r\nContent-Length: 5\r\n",
        ": no name\r\n",
        "no colon\r\n",
        "folded: a\r\n b\r\n",
    ]);
    let kind = random.one_of(&[
        "",
        "Content-Type: application/json\r\n",
        "Content-Type: multipart/form-data; boundary=\r\n",
        "Content-Type: multipart/form-data; boundary=B\r\n",
    ]);
    let body = random.one_of(&[
        "",
        "hello",
        "{\"command\":",
        "[[[[[[[[",
        "5\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\n",
        "zz\r\nhello",
        "--B\r\nContent-Disposition: form-data; name=\"files[0].file\"\r\n\r\n",
        "--B\n\n--B\n--B--",
        "0\r\nTrailer: \u{7f}\r\n\r\n",
    ]);
    let mut bytes =
        format!("{method} {path} {version}\r\nHost: x\r\n{authorization}{framing}{kind}\r\n{body}")
            .into_bytes();
    for _ in 0..random.below(3) {
        let at = random.below(bytes.len());
        bytes[at] = u8::try_from(random.below(256)).unwrap();
    }
    if random.below(8) == 0 {
        bytes.truncate(random.below(bytes.len()));
    }
    bytes
}

async fn send(address: SocketAddr, bytes: Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may close the connection at any moment.
    let _sent = stream.write_all(&bytes).await;
    let _closed = stream.shutdown().await;
    let _response = stream.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn malformed_requests_leave_the_server_as_it_was() {
    let mut server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let address: SocketAddr = server.origin().strip_prefix("http://").unwrap().parse().unwrap();
    let key = server.key().to_owned();
    let clients = (0..AT_ONCE).map(async |number| {
        let mut random = Random(number as u64 * 7919 + 1);
        for _ in 0..REQUESTS / AT_ONCE {
            send(address, request(&mut random, &id, &key)).await;
        }
    });
    join_all(clients).await;
    assert!(server.child().try_wait().unwrap().is_none());
    assert_eq!(server.get(&format!("/sandbox/{id}")).await.json["state"], "started");
    assert_eq!(server.run(&id, "echo still here").await, (0, "still here\n".to_owned()));
}

#[tokio::test]
async fn a_request_that_cannot_be_read_gets_the_errors_of_the_api() {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let address: SocketAddr = server.origin().strip_prefix("http://").unwrap().parse().unwrap();
    let key = server.key();
    let chunked = "Transfer-Encoding: chunked\r\n\r\nnot a length\r\n";
    for (head, rest) in [
        ("GET /api/sandbox/%ff".to_owned(), "\r\n"),
        ("POST /api/sandbox/%ff/start".to_owned(), "\r\n"),
        ("POST /api/sandbox".to_owned(), chunked),
        (format!("POST /toolbox/{id}/process/execute"), chunked),
        (format!("POST /toolbox/{id}/files/upload-v2?path=f"), chunked),
    ] {
        let bytes = format!(
            "{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n{rest}"
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 400 "), "{head}: {response}");
        assert!(response.contains("\"statusCode\":400"), "{head}: {response}");
    }
    assert_eq!(server.run(&id, "ls").await.1, "");
}
