//! Every operation ends at its deadline, and closes its connection when dropped.

use std::time::Duration;

use daytona_client::{Deadline, ErrorKind};
use futures_util::future::join_all;

use serde_json::json;

use crate::support::{
    CALLS, Reply, Scripted, Server, client, create, ends_in_time, entry, sandbox, short_deadline,
};

const LIMIT: Duration = Duration::from_millis(300);

const DOWNLOAD: &str = "POST /toolbox/box-1/files/bulk-download";
/// Returns a stream when the head of the response has arrived.
const STREAM: &str = "GET /toolbox/box-1/computeruse/recordings/r/download";

/// Asserts that every operation times out at a server with these replies.
async fn all_time_out(reply: impl Into<Reply>, download: impl Into<Reply>) {
    let (other, download) = (reply.into(), download.into());
    let runs = CALLS.iter().map(|call| {
        let reply = match call.line {
            DOWNLOAD => download.clone(),
            STREAM => Reply::Silence,
            _ => other.clone(),
        };
        async move {
            let server = Server::start().await;
            let (daytona, sandbox) = (client(&server), sandbox(&server).await);
            server.always(call.line, reply);
            let error =
                ends_in_time(LIMIT, async |deadline| (call.run)(&daytona, &sandbox, deadline).await).await;
            assert!(error.kind().is_timeout(), "{}: {error}", call.line);
            assert!(error.message().contains("0.3 s"), "{}: {error}", call.line);
        }
    });
    join_all(runs).await;
}

fn multipart(body: &'static str) -> Scripted {
    Scripted::bytes(200, "multipart/form-data; boundary=B", body)
}

#[tokio::test]
async fn calls_to_a_silent_server_time_out() {
    all_time_out(Reply::Silence, Reply::Silence).await;
}

#[tokio::test]
async fn calls_time_out_if_the_body_does_not_arrive() {
    let json = Scripted::bytes(200, "application/json", "");
    all_time_out(json.then_stuck(), multipart("--B\r\n").then_stuck()).await;
}

#[tokio::test]
async fn calls_time_out_if_the_body_arrives_too_slowly() {
    let json = Scripted::bytes(200, "application/json", "[");
    all_time_out(json.then_dribble(), multipart("--B\r\n\r\n").then_dribble()).await;
}

#[tokio::test]
async fn calls_to_a_server_that_accepts_no_connection_time_out() {
    // This connection fills the backlog: the next one is not established.
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
        let running = tokio::spawn(async move { (call.run)(&daytona, &sandbox, short_deadline()).await });
        server.seen(call.line, 1).await;
        let connection = server.requests()[0].connection;
        running.abort();
        server.closed(connection).await;
    });
    join_all(runs).await;
}

#[tokio::test]
async fn dropping_a_download_during_the_response_closes_its_connection() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(DOWNLOAD, multipart("--B\r\n\r\nabc").then_stuck());
    let running =
        tokio::spawn(async move { sandbox.download(&["a".to_owned()], u64::MAX, short_deadline()).await });
    server.seen(DOWNLOAD, 1).await;
    let connection = server.requests()[0].connection;
    running.abort();
    server.closed(connection).await;
}

#[tokio::test]
async fn a_passed_deadline_fails_before_any_request() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let error = sandbox.work_dir(Deadline::after(Duration::ZERO)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(server.lines().is_empty(), "{:?}", server.lines());
}

#[tokio::test]
async fn creates_that_wait_for_others_end_at_their_deadline_and_hold_up_nothing_else() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.always("POST /api/sandbox", Reply::Silence);
    server.always("GET /api/sandbox", Scripted::json(200, &json!({"items": []})));
    server.always("GET /api/sandbox/box-1", Scripted::json(200, &entry(&server, "started")));
    // More creates at once than may run.
    let creates = join_all((0..100).map(|_| create(&server, Deadline::after(LIMIT))));
    let others = join_all((0..100).map(|_| sandbox.refresh(short_deadline())));
    let (created, refreshed) = tokio::join!(creates, others);
    for result in created {
        let error = result.map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert!(error.elapsed() >= LIMIT, "{:?}", error.elapsed());
    }
    assert!(refreshed.into_iter().all(|result| result.is_ok()));
    let sent = server.lines().iter().filter(|line| *line == "POST /api/sandbox").count();
    assert!(sent < 100, "{sent}");
}
