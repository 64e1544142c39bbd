//! Transfers without a timeout end once no data moves, and not before.

use std::time::{Duration, Instant};

use bytes::Bytes;
use daytona_client::{Deadline, Error, ErrorKind, Sandbox, UploadFile};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket};

use crate::support::{GET, Reply, Scripted, Server, client, entry, failure, sandbox, short_deadline};

const IDLE: Duration = Duration::from_millis(300);
/// Tolerance for a busy machine.
const MARGIN: Duration = Duration::from_secs(5);
const UPLOAD: &str = "POST /toolbox/box-1/files/bulk-upload";
const DOWNLOAD: &str = "POST /toolbox/box-1/files/bulk-download";

fn file(size: usize) -> UploadFile {
    UploadFile { path: "f".into(), content: Bytes::from(vec![7_u8; size]).into() }
}

fn multipart(body: &'static str) -> Scripted {
    Scripted::bytes(200, "multipart/form-data; boundary=B", body)
}

/// Runs a transfer that must fail after the idle limit.
async fn stall<T>(transfer: impl Future<Output = Result<T, Error>>) -> Error {
    let started = Instant::now();
    let error = failure(transfer.await);
    assert!(started.elapsed() >= IDLE && started.elapsed() < IDLE + MARGIN, "{:?}", started.elapsed());
    assert_eq!((error.kind(), error.retries()), (ErrorKind::Timeout, 0), "{error}");
    assert!(error.message().contains("no data was transferred for 0.3 s"), "{error}");
    error
}

#[tokio::test]
async fn transfers_without_a_response_fail() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.always(UPLOAD, Reply::Silence).always(DOWNLOAD, Reply::Silence);
    stall(sandbox.upload(&[file(1)], Deadline::while_active(IDLE))).await;
    stall(sandbox.download(&["f".to_owned()], u64::MAX, Deadline::while_active(IDLE))).await;
    assert_eq!(server.lines(), [UPLOAD, DOWNLOAD]);
}

#[tokio::test]
async fn a_download_that_stops_names_the_file() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let bodies = [
        "--B\r\nContent-Length: 1\r\n\r\nx\r\n--B\r\n",
        "--B\r\nContent-Length: 1\r\n\r\nx\r\n--B\r\nContent-Length: 9\r\n\r\nabc",
    ];
    for body in bodies {
        server.once(DOWNLOAD, multipart(body).then_stuck());
        let paths = ["ready", "stuck"].map(str::to_owned);
        let error = stall(sandbox.download(&paths, u64::MAX, Deadline::while_active(IDLE))).await;
        assert!(error.message().contains("The next file was \"stuck\""), "{error}");
    }
}

#[tokio::test]
async fn a_slow_download_is_read_for_longer_than_the_idle_limit() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(DOWNLOAD, multipart("--B\r\n\r\n").then_dribble());
    let started = Instant::now();
    let mut stream = sandbox.download_stream("f", Deadline::while_active(IDLE)).await.unwrap();
    while started.elapsed() < 2 * IDLE {
        assert!(stream.next().await.unwrap().is_some());
    }
}

/// Returns a sandbox whose toolbox is a server that the test writes, with a small
/// buffer for what it has not read.
async fn toolbox_at() -> (Server, Sandbox, TcpListener) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let server = Server::start().await;
    let mut entry = entry(&server, "started");
    entry["toolboxProxyUrl"] = json!(format!("http://{}/toolbox", listener.local_addr().unwrap()));
    server.once(GET, Scripted::json(200, &entry));
    let sandbox = client(&server).get("box-1", short_deadline()).await.unwrap();
    (server, sandbox, listener)
}

#[tokio::test]
async fn an_upload_that_is_not_read_fails() {
    let (_server, sandbox, listener) = toolbox_at().await;
    let accepted = tokio::spawn(async move { listener.accept().await.unwrap() });
    // More than all buffers hold.
    stall(sandbox.upload(&[file(64 << 20)], Deadline::while_active(IDLE))).await;
    accepted.await.unwrap();
}

#[tokio::test]
async fn an_upload_that_is_read_slowly_takes_longer_than_the_idle_limit() {
    let (_server, sandbox, listener) = toolbox_at().await;
    let reading = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 512 * 1024];
        loop {
            let read = stream.read(&mut buffer).await.unwrap();
            if buffer[..read].ends_with(b"--\r\n") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        stream
    });
    // The socket takes the next chunk once a part of its buffer is read.
    let idle = Duration::from_secs(1);
    let started = Instant::now();
    sandbox.upload(&[file(16 << 20)], Deadline::while_active(idle)).await.unwrap();
    assert!(started.elapsed() > idle, "{:?} is too fast to prove anything", started.elapsed());
    reading.await.unwrap();
}
