//! Watching files.

use std::time::Duration;

use daytona_client::{Deadline, ErrorKind};

use crate::support::{Reply, Scripted, Server, Socket, sandbox, short_deadline};

const WATCH: &str = "GET /toolbox/box-1/files/watch";
const READY: &str = r#"{"events":[]}"#;
const EVENT: &str = r#"{"events":[{"type":"rename","path":"d/b","oldPath":"d/a","isDir":true},{"type":"new kind","path":"x","isDir":false}]}"#;

#[tokio::test]
async fn changes_are_read_until_the_end() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.always(WATCH, Socket::of([READY, EVENT]));
    let mut watcher = sandbox.watch_files("d", true, short_deadline()).await.unwrap();
    let event = watcher.next().await.unwrap().unwrap();
    assert_eq!((&*event.kind, &*event.path, event.old_path.as_deref()), ("rename", "d/b", Some("d/a")));
    assert_eq!(watcher.next().await.unwrap().unwrap().kind, "new kind");
    assert_eq!(watcher.next().await.unwrap(), None);
    assert_eq!(watcher.next().await.unwrap(), None);
    let seen = server.only();
    assert_eq!(seen.parameter("path").as_deref(), Some("d"));
    assert_eq!(seen.parameter("recursive").as_deref(), Some("true"));
}

#[tokio::test]
async fn a_dropped_line_is_an_error_that_says_how_far_it_got() {
    let log = || Socket::of([READY, EVENT]);
    for socket in [log().then_cut(), log().then_close(1011)] {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.always(WATCH, socket);
        let mut watcher = sandbox.watch_files("d", false, short_deadline()).await.unwrap();
        assert!(watcher.next().await.unwrap().is_some());
        assert!(watcher.next().await.unwrap().is_some());
        let error = watcher.next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert!(error.to_string().contains("2 changes were received"), "{error}");
    }
}

#[tokio::test]
async fn a_service_without_the_operation_is_named() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.always(WATCH, Scripted::bytes(404, "text/plain", "404 page not found"));
    let error = sandbox.watch_files("d", false, short_deadline()).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("not supported by this service"), "{error}");
}

#[tokio::test]
async fn a_watch_that_does_not_begin_times_out() {
    for reply in [Reply::Silence, Socket::of([]).then_stuck().into()] {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.always(WATCH, reply);
        let deadline = Deadline::after(Duration::from_millis(300));
        let error = sandbox.watch_files("d", false, deadline).await.map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    }
}
