//! Every operation ends at its deadline, and lets go when it is dropped.

use std::time::Duration;

use daytona_client::{Deadline, ErrorKind};
use futures_util::future::join_all;

use crate::support::{Answer, CALLS, Reply, Server, client, ends_in_time, sandbox, soon};

const LIMIT: Duration = Duration::from_millis(300);

const DOWNLOAD: &str = "POST /toolbox/box-1/files/bulk-download";

/// Runs every operation at a server that answers like this, and downloads at
/// one that answers like that.
async fn all_time_out(reply: impl Into<Reply>, download: impl Into<Reply>) {
    let (other, download) = (reply.into(), download.into());
    let runs = CALLS.iter().map(|call| {
        let reply = if call.line == DOWNLOAD { &download } else { &other };
        let reply = reply.clone();
        async move {
            let server = Server::start().await;
            let (daytona, sandbox) = (client(&server), sandbox(&server).await);
            server.always(call.line, reply);
            let error =
                ends_in_time(LIMIT, async |deadline| (call.run)(&daytona, &sandbox, deadline).await).await;
            assert_eq!(error.kind(), ErrorKind::Timeout, "{}: {error}", call.line);
            assert!(error.message().contains("0.3 s"), "{}: {error}", call.line);
        }
    });
    join_all(runs).await;
}

fn multipart(body: &'static str) -> Answer {
    Answer::bytes(200, "multipart/form-data; boundary=B", body)
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    all_time_out(Reply::Silence, Reply::Silence).await;
}

#[tokio::test]
async fn a_server_that_answers_a_head_and_then_hangs_is_given_up() {
    let json = Answer::bytes(200, "application/json", "");
    all_time_out(json.then_stuck(), multipart("--B\r\n").then_stuck()).await;
}

#[tokio::test]
async fn a_server_that_dribbles_is_given_up() {
    let json = Answer::bytes(200, "application/json", "[");
    all_time_out(json.then_dribble(), multipart("--B\r\n\r\n").then_dribble()).await;
}

#[tokio::test]
async fn a_server_that_takes_no_connection_is_given_up() {
    // Its queue is full after these: what comes next is not even connected.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let _held = tokio::net::TcpStream::connect(address).await.unwrap();

    let config = daytona_client::Config::new(&format!("http://{address}/api"), "key".into());
    let daytona = daytona_client::Daytona::new(config).unwrap();
    let error = ends_in_time(LIMIT, async |deadline| daytona.get("x", deadline).await).await;
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn dropping_an_operation_closes_its_connection() {
    let runs = CALLS.iter().map(|call| async move {
        let server = Server::start().await;
        let (daytona, sandbox) = (client(&server), sandbox(&server).await);
        server.always(call.line, Reply::Silence);
        let running = tokio::spawn(async move { (call.run)(&daytona, &sandbox, soon()).await });
        server.seen(call.line, 1).await;
        let connection = server.requests()[0].connection;
        running.abort();
        server.closed(connection).await;
    });
    join_all(runs).await;
}

#[tokio::test]
async fn dropping_an_operation_in_the_middle_of_an_answer_closes_its_connection() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(DOWNLOAD, multipart("--B\r\n\r\nabc").then_stuck());
    let running = tokio::spawn(async move { sandbox.download(&["a".to_owned()], u64::MAX, soon()).await });
    server.seen(DOWNLOAD, 1).await;
    let connection = server.requests()[0].connection;
    running.abort();
    server.closed(connection).await;
}

#[tokio::test]
async fn a_deadline_that_has_passed_sends_nothing() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let error = sandbox.work_dir(Deadline::after(Duration::ZERO)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(server.lines().is_empty(), "{:?}", server.lines());
}
