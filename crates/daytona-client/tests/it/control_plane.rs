//! Listing, deleting, starting and stopping.

use std::collections::BTreeMap;
use std::time::Duration;

use daytona_client::{Daytona, Deadline, ErrorKind, ResizeSandbox, SandboxState};
use serde_json::{Value, json};

use crate::support::{
    DELETE, GET, LIST, Reply, Scripted, Seen, Server, api_error, client, ends_in_time, entry, failure,
    sandbox, short_deadline,
};

const NUMBERED: &str = "GET /api/sandbox/paginated";
const START: &str = "POST /api/sandbox/box-1/start";
const STOP: &str = "POST /api/sandbox/box-1/stop";

fn labels() -> BTreeMap<String, String> {
    BTreeMap::from([("team".to_owned(), "a b&c".to_owned())])
}

/// Returns sandboxes as items of a list.
fn items(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({"id": id, "state": "started"})).collect()
}

async fn ids(daytona: &Daytona) -> Vec<String> {
    let found = daytona.list(&labels(), short_deadline()).await.unwrap();
    found.iter().map(|sandbox| sandbox.id().to_owned()).collect()
}

fn assert_filters_by_labels(request: &Seen) {
    let asked: Value = serde_json::from_str(&request.parameter("labels").unwrap()).unwrap();
    assert_eq!(asked, json!({"team": "a b&c"}), "{}", request.query);
}

#[tokio::test]
async fn all_pages_of_the_list_are_read() {
    let server = Server::start().await;
    server.once(LIST, Scripted::json(200, &json!({"items": items(&["a", "b"]), "nextCursor": "x/+ 1="})));
    server.once(LIST, Scripted::json(200, &json!({"items": [], "nextCursor": "y"})));
    server.once(LIST, Scripted::json(200, &json!({"items": items(&["c"]), "nextCursor": ""})));
    assert_eq!(ids(&client(&server)).await, ["a", "b", "c"]);
    let requests = server.requests();
    let cursors: Vec<_> = requests.iter().map(|seen| seen.parameter("cursor")).collect();
    assert_eq!(cursors, [None, Some("x/+ 1=".to_owned()), Some("y".to_owned())]);
    requests.iter().for_each(assert_filters_by_labels);
}

#[tokio::test]
async fn a_bare_array_of_an_old_service_is_the_whole_list() {
    let server = Server::start().await;
    server.once(LIST, Scripted::bytes(200, "application/json", format!("\n {}", items(&["a", "b"]))));
    assert_eq!(ids(&client(&server)).await, ["a", "b"]);
    assert_filters_by_labels(&server.only());
}

#[tokio::test]
async fn numbered_pages_are_read_if_the_cursor_list_is_missing() {
    let server = Server::start().await;
    server.once(LIST, api_error(404, "Cannot GET /api/sandbox?limit=200"));
    for (page, found) in [(1, items(&["a"])), (2, items(&["b"])), (3, items(&["c"]))] {
        let page = json!({"items": found, "total": 3, "page": page, "totalPages": 3});
        server.once(NUMBERED, Scripted::json(200, &page));
    }
    assert_eq!(ids(&client(&server)).await, ["a", "b", "c"]);
    assert_eq!(server.lines(), [LIST, NUMBERED, NUMBERED, NUMBERED]);
    let pages: Vec<_> = server.requests()[1..].iter().map(|seen| seen.parameter("page").unwrap()).collect();
    assert_eq!(pages, ["1", "2", "3"]);
    server.requests()[1..].iter().for_each(assert_filters_by_labels);
}

#[tokio::test]
async fn an_empty_numbered_list_has_no_further_pages() {
    let server = Server::start().await;
    server.once(LIST, api_error(404, "Cannot GET /api/sandbox"));
    server.once(NUMBERED, Scripted::json(200, &json!({"items": [], "total": 0, "page": 1, "totalPages": 0})));
    assert!(ids(&client(&server)).await.is_empty());
}

#[tokio::test]
async fn an_endless_list_times_out() {
    let server = Server::start().await;
    server.always(LIST, Scripted::json(200, &json!({"items": [], "nextCursor": "again"})));
    let daytona = client(&server);
    let limit = Duration::from_millis(300);
    let error = ends_in_time(limit, async |deadline| daytona.list(&labels(), deadline).await.map(drop)).await;
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn delete_all_reads_all_pages_and_reports_failures() {
    let server = Server::start().await;
    server.once(LIST, Scripted::json(200, &json!({"items": items(&["a", "b"]), "nextCursor": "next"})));
    server.once(LIST, Scripted::json(200, &json!({"items": items(&["c", "d"]), "nextCursor": null})));
    server.once("DELETE /api/sandbox/a", Scripted::empty(200));
    server.once("DELETE /api/sandbox/b", api_error(403, "Access denied"));
    server.once("DELETE /api/sandbox/c", api_error(404, "Sandbox with ID or name c not found"));
    server.once("DELETE /api/sandbox/d", api_error(500, "the runner is gone"));
    let mut report = client(&server).delete_all(&labels(), short_deadline()).await.unwrap();
    report.deleted.sort();
    assert_eq!(report.deleted, ["a", "c"]);
    let failed: Vec<_> = report.failed.iter().map(|(id, error)| (id.as_str(), error.kind())).collect();
    assert_eq!(failed, [("b", ErrorKind::Forbidden), ("d", ErrorKind::InternalServer)]);
    assert_eq!(report.failed[1].1.sandbox_id(), Some("d"));
}

#[tokio::test]
async fn delete_all_sends_few_requests_at_once() {
    let server = Server::start().await;
    let ids: Vec<_> = (0..60).map(|number| format!("box-{number:02}")).collect();
    let names: Vec<_> = ids.iter().map(String::as_str).collect();
    server.once(LIST, Scripted::json(200, &json!({"items": items(&names), "nextCursor": null})));
    for id in &ids {
        server.once(&format!("DELETE /api/sandbox/{id}"), Reply::Late(Scripted::empty(200)));
    }
    let report = client(&server).delete_all(&labels(), short_deadline()).await.unwrap();
    assert_eq!((report.deleted, report.failed.len()), (ids, 0));
    assert!((2..=8).contains(&server.peak()), "{} requests at once", server.peak());
}

#[tokio::test]
async fn delete_all_goes_on_with_throttled_sandboxes_while_others_are_deleted() {
    let server = Server::start().await;
    let page = json!({"items": items(&["a", "b"]), "nextCursor": null});
    server.always(LIST, Scripted::json(200, &page));
    let throttled = || api_error(429, "ThrottlerException: Too Many Requests");
    for _ in 0..5 {
        server.once("DELETE /api/sandbox/a", throttled());
    }
    server
        .always("DELETE /api/sandbox/a", Scripted::empty(200))
        .always("DELETE /api/sandbox/b", Scripted::empty(200));
    let report = client(&server).delete_all(&labels(), short_deadline()).await.unwrap();
    assert_eq!((report.deleted.len(), report.failed.len()), (2, 0), "{:?}", report.failed);

    // It ends when nothing is deleted any more.
    server.always("DELETE /api/sandbox/a", throttled()).always("DELETE /api/sandbox/b", throttled());
    let report = client(&server).delete_all(&labels(), short_deadline()).await.unwrap();
    let failed: Vec<_> = report.failed.iter().map(|(id, error)| (id.as_str(), error.kind())).collect();
    assert_eq!(failed, [("a", ErrorKind::RateLimited), ("b", ErrorKind::RateLimited)]);
}

#[tokio::test]
async fn delete_all_without_labels_fails_before_any_request() {
    let server = Server::start().await;
    let error = failure(client(&server).delete_all(&BTreeMap::new(), short_deadline()).await);
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert!(server.lines().is_empty());
}

#[tokio::test]
async fn deleting_a_missing_sandbox_succeeds() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(DELETE, api_error(404, "Sandbox with ID or name box-1 not found"));
    sandbox.delete(short_deadline()).await.unwrap();
    assert!(sandbox.is_deleted());
    assert_eq!(server.lines(), [DELETE]);
}

#[tokio::test]
async fn deleting_waits_for_another_state_change() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(DELETE, api_error(409, "Sandbox state change in progress"));
    // Services before 0.160 return another status for it.
    server.once(DELETE, api_error(400, "Sandbox state change in progress"));
    server.once(DELETE, api_error(409, "An operation is already in progress for this resource"));
    server.once(DELETE, Scripted::json(200, &entry(&server, "destroying")));
    sandbox.delete(short_deadline()).await.unwrap();
    assert_eq!((server.lines().len(), sandbox.is_deleted()), (4, true));
}

#[tokio::test]
async fn deleting_stops_waiting_at_the_deadline() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.always(DELETE, api_error(409, "Sandbox state change in progress"));
    let error = failure(sandbox.delete(Deadline::after(Duration::from_millis(1_500))).await);
    // Between two attempts, or during one.
    assert!(matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Timeout), "{error}");
    assert!(!sandbox.is_deleted() && server.lines().len() >= 2);
}

#[tokio::test]
async fn starting_and_stopping_wait_for_the_state() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(STOP, Scripted::json(200, &entry(&server, "stopping")));
    server.once(GET, Scripted::json(200, &entry(&server, "stopping")));
    server.once(GET, Scripted::json(200, &entry(&server, "stopped")));
    sandbox.stop(true, short_deadline()).await.unwrap();
    assert_eq!(sandbox.state(), SandboxState::Stopped);
    assert_eq!(server.requests()[0].query, "force=true");
    server.once(START, Scripted::json(200, &entry(&server, "starting")));
    server.once(GET, Scripted::json(200, &entry(&server, "started")));
    sandbox.start(short_deadline()).await.unwrap();
    assert_eq!(server.lines(), [STOP, GET, GET, START, GET]);
}

#[tokio::test]
async fn stopping_a_sandbox_that_deletes_itself_succeeds() {
    let last: [Reply; 2] = [
        Scripted::json(200, &json!({"id": "box-1", "state": "destroyed"})).into(),
        api_error(404, "gone").into(),
    ];
    for last in last {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.once(STOP, Scripted::json(200, &entry(&server, "stopping")));
        server.once(GET, Scripted::json(200, &entry(&server, "destroying")));
        server.once(GET, last);
        sandbox.stop(false, short_deadline()).await.unwrap();
        assert_eq!(sandbox.state(), SandboxState::Destroyed);
    }
}

#[tokio::test]
async fn a_failed_start_reports_the_reason_and_keeps_the_sandbox() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let mut failed = entry(&server, "error");
    failed["errorReason"] = json!("the disk is full");
    server
        .once(START, Scripted::json(200, &entry(&server, "starting")))
        .once(GET, Scripted::json(200, &failed));
    let error = failure(sandbox.start(short_deadline()).await);
    assert_eq!(error.kind(), ErrorKind::SandboxFailed, "{error}");
    assert!(error.message().contains("the disk is full"), "{error}");
    assert_eq!(server.lines(), [START, GET]);
}

#[tokio::test]
async fn a_resize_and_a_pause_wait_until_they_are_over() {
    const RESIZE: &str = "POST /api/sandbox/box-1/resize";
    const PAUSE: &str = "POST /api/sandbox/box-1/pause";
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let mut resized = entry(&server, "started");
    resized["cpu"] = json!(4);
    server.once(RESIZE, Scripted::json(200, &entry(&server, "resizing")));
    server
        .once(GET, Scripted::json(200, &entry(&server, "resizing")))
        .once(GET, Scripted::json(200, &resized));
    let wanted = ResizeSandbox { cpu: Some(4), ..ResizeSandbox::default() };
    sandbox.resize(wanted, short_deadline()).await.unwrap();
    assert_eq!((sandbox.data().cpu, server.requests()[0].json()), (4, json!({"cpu": 4})));
    sandbox.wait_until_resized(short_deadline()).await.unwrap();

    // Some services return an empty object, or the state before.
    for first in [json!({}), entry(&server, "started"), entry(&server, "pausing")] {
        server.forget();
        server
            .once(PAUSE, Scripted::json(200, &first))
            .once(GET, Scripted::json(200, &entry(&server, "paused")));
        sandbox.pause(short_deadline()).await.unwrap();
        assert_eq!(
            (sandbox.state(), server.lines()),
            (SandboxState::Paused, vec![PAUSE.to_owned(), GET.to_owned()])
        );
        server.once(START, Scripted::json(200, &entry(&server, "started")));
        sandbox.start(short_deadline()).await.unwrap();
    }

    for state in ["error", "destroyed"] {
        server.once(RESIZE, Scripted::json(200, &entry(&server, "resizing")));
        server.once(GET, Scripted::json(200, &entry(&server, state)));
        let error = failure(sandbox.resize(wanted, short_deadline()).await);
        assert_eq!(error.kind(), ErrorKind::SandboxFailed, "{error}");
    }
}

const VOLUMES: &str = "POST /api/volumes";
const VOLUME: &str = "GET /api/volumes/v1";
const BY_NAME: &str = "GET /api/volumes/by-name/a%20b";

fn volume(state: &str) -> Scripted {
    Scripted::json(200, &json!({"id": "v1", "name": "a b", "state": state, "errorReason": "no space"}))
}

#[tokio::test]
async fn a_volume_is_returned_when_it_can_be_mounted() {
    let server = Server::start().await;
    let daytona = client(&server);
    server.once(BY_NAME, api_error(404, "Volume with name a b not found"));
    server.once(VOLUMES, volume("pending_create"));
    server.once(VOLUME, volume("creating")).once(VOLUME, volume("ready"));
    let created = daytona.volume_or_create("a b", short_deadline()).await.unwrap();
    assert_eq!((&*created.id, &*created.state), ("v1", "ready"));
    assert_eq!(server.lines(), [BY_NAME, VOLUMES, VOLUME, VOLUME]);
    assert_eq!(server.requests()[1].json(), json!({"name": "a b"}));

    // One that exists is waited for too, and one that cannot be used is an error.
    server.once(BY_NAME, volume("creating")).once(VOLUME, volume("error"));
    let failed = daytona.volume_or_create("a b", short_deadline()).await.map(drop);
    let error = failure(failed);
    assert!(error.message().contains("in the state error: no space"), "{error}");
    // Without that, it is returned as it is.
    server.once(BY_NAME, volume("deleting"));
    assert_eq!(daytona.volume("a b", short_deadline()).await.unwrap().state, "deleting");
}

#[tokio::test]
async fn a_volume_that_somebody_else_creates_meanwhile_is_found() {
    let server = Server::start().await;
    server.once(BY_NAME, api_error(404, "Volume with name a b not found")).once(BY_NAME, volume("ready"));
    server.once(VOLUMES, api_error(400, "Volume with name a b already exists"));
    let found = client(&server).volume_or_create("a b", short_deadline()).await.unwrap();
    assert_eq!(found.id, "v1");
    assert_eq!(server.lines(), [BY_NAME, VOLUMES, BY_NAME]);
}

#[tokio::test]
async fn the_toolbox_url_of_an_old_service_is_cached_on_success() {
    let server = Server::start().await;
    server.once(GET, Scripted::json(200, &json!({"id": "box-1", "state": "started"})));
    let sandbox = client(&server).get("box-1", short_deadline()).await.unwrap();
    let ask = "GET /api/sandbox/box-1/toolbox-proxy-url";
    server.once(ask, Scripted::empty(500));
    server.once(ask, Scripted::json(200, &json!({"url": format!("{}/old/", server.origin())})));
    server.always("GET /old/box-1/work-dir", Scripted::json(200, &json!({"dir": "/home/daytona"})));
    assert_eq!(failure(sandbox.work_dir(short_deadline()).await).kind(), ErrorKind::InternalServer);
    sandbox.work_dir(short_deadline()).await.unwrap();
    sandbox.work_dir(short_deadline()).await.unwrap();
    assert_eq!(server.lines().iter().filter(|line| *line == ask).count(), 2);
}

#[tokio::test]
async fn names_are_encoded_as_one_path_segment() {
    let server = Server::start().await;
    let id = json!({"id": "real-id", "name": "a/b ?", "state": "stopped"});
    server.once("GET /api/sandbox/a%2Fb%20%3F", Scripted::json(200, &id));
    let sandbox = client(&server).get("a/b ?", short_deadline()).await.unwrap();
    assert_eq!((sandbox.id(), sandbox.state()), ("real-id", SandboxState::Stopped));
    // No encoding of dots keeps a URL from leading to another address.
    for name in [" ", ".", ".."] {
        let error = failure(client(&server).get(name, short_deadline()).await);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name:?}");
    }
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn consecutive_calls_reuse_one_connection() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let work_dir = "GET /toolbox/box-1/work-dir";
    server.always(work_dir, Scripted::json(200, &json!({"dir": "/home/daytona"})));
    server.always(GET, Scripted::json(200, &entry(&server, "started")));
    server.always("GET /toolbox/box-1/files", Scripted::empty(404));
    for _ in 0..5 {
        sandbox.work_dir(short_deadline()).await.unwrap();
        sandbox.refresh(short_deadline()).await.unwrap();
        failure(sandbox.list_files("d", short_deadline()).await);
    }
    assert_eq!(server.connections(), 1);
}
