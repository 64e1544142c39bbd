//! Creating a sandbox: number of requests, and cleaning up after failures.

use std::time::Duration;

use daytona_client::{
    BuildInfo, CreateSandbox, Deadline, ErrorKind, LEASE_LABEL, SandboxState, wait_for_cleanups,
};
use serde_json::{Value, json};

use crate::support::{
    CREATE, DELETE, GET, ID, LIST, Reply, Scripted, Seen, Server, api_error, client, create, ends_in_time,
    entry, failure, short_deadline,
};

/// Starts a server whose sandbox has these states: the first on creation, the others
/// when polled.
async fn server_with_states(states: &[&str]) -> Server {
    let server = Server::start().await;
    let (first, later) = states.split_first().unwrap();
    server.once(CREATE, Scripted::json(200, &entry(&server, first)));
    for state in later {
        server.once(GET, Scripted::json(200, &entry(&server, state)));
    }
    server.always(DELETE, Scripted::json(200, &entry(&server, "destroying")));
    server
}

#[tokio::test]
async fn creating_a_started_sandbox_takes_one_request() {
    let server = server_with_states(&["started"]).await;
    let settings = CreateSandbox { name: Some("n".into()), ..CreateSandbox::default() };
    let sandbox = client(&server).create(settings, short_deadline()).await.unwrap();
    assert_eq!((sandbox.id(), sandbox.state()), (ID, SandboxState::Started));
    let request = server.only();
    let mut body = request.json();
    let lease = body["labels"].as_object_mut().unwrap().remove(LEASE_LABEL).unwrap();
    assert!(lease.as_str().unwrap().len() >= 32, "{lease}");
    assert_eq!(body, json!({"name": "n", "env": {}, "labels": {}}));
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("authorization"), "Bearer dtn_secret_key_5f2e");
}

#[tokio::test]
async fn every_create_has_a_unique_lease_and_the_default_target() {
    let server = Server::start().await;
    server.always(CREATE, Scripted::json(200, &entry(&server, "started")));
    let mut config = daytona_client::Config::new(&server.api_url(), "key".into());
    config.target = Some("eu".into());
    config.organization_id = Some("org".into());
    let daytona = daytona_client::Daytona::new(config).unwrap();
    daytona.create(CreateSandbox::default(), short_deadline()).await.unwrap();
    let chosen = CreateSandbox { target: Some("us".into()), ..CreateSandbox::default() };
    daytona.create(chosen, short_deadline()).await.unwrap();
    let requests = server.requests();
    let bodies: Vec<Value> = requests.iter().map(Seen::json).collect();
    assert_ne!(bodies[0]["labels"][LEASE_LABEL], bodies[1]["labels"][LEASE_LABEL]);
    assert_eq!((&bodies[0]["target"], &bodies[1]["target"]), (&json!("eu"), &json!("us")));
    assert_eq!(requests[0].header("x-daytona-organization-id"), "org");
}

#[tokio::test]
async fn the_state_is_polled_until_the_sandbox_is_started() {
    let server =
        server_with_states(&["creating", "pulling_snapshot", "melting", "unknown", "starting", "started"])
            .await;
    let sandbox = create(&server, short_deadline()).await.unwrap();
    assert_eq!(sandbox.state(), SandboxState::Started);
    assert_eq!(server.lines(), [CREATE, GET, GET, GET, GET, GET]);
}

#[tokio::test]
async fn the_poll_interval_increases() {
    let server = server_with_states(&["creating"]).await;
    server.always(GET, Scripted::json(200, &entry(&server, "creating")));
    let error = failure(create(&server, Deadline::after(Duration::from_millis(1_500))).await);
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    let looks = server.lines().iter().filter(|line| *line == GET).count();
    // From 20 ms, increasing by half: about nine polls in 1.5 s; a fixed 20 ms would be 75.
    assert!((2..=12).contains(&looks), "{looks}");
}

#[tokio::test]
async fn a_sandbox_in_an_error_state_is_deleted() {
    for state in ["error", "build_failed", "destroyed", "destroying"] {
        for is_first in [true, false] {
            let states = if is_first { vec![state] } else { vec!["creating", state] };
            let server = server_with_states(&states).await;
            let error = failure(create(&server, short_deadline()).await);
            assert_eq!(error.kind(), ErrorKind::SandboxFailed, "{state}: {error}");
            assert_eq!(server.lines().last().unwrap(), DELETE, "{state}");
            let text = error.to_string();
            assert!(
                text.contains(state) && text.contains(ID) && text.contains("The sandbox was deleted"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn the_error_contains_the_reason_of_the_service() {
    let server = Server::start().await;
    let mut failed = entry(&server, "error");
    failed["errorReason"] = json!("no space on the runner");
    server.once(CREATE, Scripted::json(200, &failed)).once(DELETE, Scripted::empty(200));
    let error = failure(create(&server, short_deadline()).await);
    assert!(error.message().contains("no space on the runner"), "{error}");
}

#[tokio::test]
async fn a_sandbox_that_does_not_start_in_time_is_deleted() {
    let server = server_with_states(&["creating"]).await;
    server.always(GET, Scripted::json(200, &entry(&server, "creating")));
    // May end one interval early, since the next poll would be past the deadline.
    let error = failure(create(&server, Deadline::seconds(3)).await);
    assert_eq!((error.kind(), error.sandbox_id()), (ErrorKind::Timeout, Some(ID)), "{error}");
    // Between two polls, or during one.
    let messages = ["still creating", "timeout of"];
    assert!(messages.iter().any(|message| error.message().contains(message)), "{error}");
    assert_eq!(server.lines().last().unwrap(), DELETE);
}

#[tokio::test]
async fn a_sandbox_whose_state_cannot_be_polled_is_deleted() {
    let replies: [(Reply, ErrorKind); 3] = [
        (Reply::Silence, ErrorKind::Timeout),
        (Scripted::empty(500).into(), ErrorKind::InternalServer),
        (api_error(404, "Sandbox with ID or name box-1 not found").into(), ErrorKind::SandboxNotFound),
    ];
    for (reply, kind) in replies {
        let server = server_with_states(&["creating"]).await;
        server.always(GET, reply);
        let error = failure(create(&server, Deadline::after(Duration::from_secs(2))).await);
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(server.lines(), [CREATE, GET, DELETE]);
    }
}

#[tokio::test]
async fn dropping_a_create_while_polling_deletes_the_sandbox() {
    let server = server_with_states(&["creating"]).await;
    server.always(GET, Reply::Silence);
    let daytona = client(&server);
    let running =
        tokio::spawn(async move { daytona.create(CreateSandbox::default(), short_deadline()).await });
    server.seen(GET, 1).await;
    running.abort();
    server.seen(DELETE, 1).await;
}

#[tokio::test]
async fn dropping_a_create_while_cleaning_up_deletes_the_sandbox() {
    let server = Server::start().await;
    server.once(CREATE, Scripted::json(200, &entry(&server, "error")));
    server.once(DELETE, Reply::Silence).once(DELETE, Scripted::empty(200));
    let daytona = client(&server);
    let running =
        tokio::spawn(async move { daytona.create(CreateSandbox::default(), short_deadline()).await });
    server.seen(DELETE, 1).await;
    running.abort();
    server.seen(DELETE, 2).await;
}

#[tokio::test]
async fn the_error_contains_the_id_if_deleting_fails() {
    let server = Server::start().await;
    server.once(CREATE, Scripted::json(200, &entry(&server, "build_failed")));
    server.always(DELETE, api_error(500, "the runner is gone"));
    let error = failure(create(&server, short_deadline()).await);
    assert_eq!((error.kind(), error.sandbox_id()), (ErrorKind::SandboxFailed, Some(ID)));
    let text = error.to_string();
    assert!(text.contains("Sandbox box-1 still exists") && text.contains("the runner is gone"), "{text}");
}

/// Asserts that the sandbox of a create with a lost response is found by its lease and
/// deleted.
async fn assert_cleaned_up(reply: impl Into<Reply>, kind: ErrorKind) {
    let server = Server::start().await;
    server.once(CREATE, reply);
    // The list is delayed: the first search finds nothing.
    server.once(LIST, Scripted::json(200, &json!({"items": [], "nextCursor": null})));
    let found = json!({"items": [entry(&server, "creating")], "nextCursor": null});
    server.once(LIST, Scripted::json(200, &found));
    server.once(DELETE, Scripted::empty(200));
    let error = failure(create(&server, Deadline::after(Duration::from_secs(2))).await);
    assert_eq!(error.kind(), kind, "{error}");
    server.seen(DELETE, 1).await;
    assert_eq!(server.lines(), [CREATE, LIST, LIST, DELETE], "{kind:?}");
    let requests = server.requests();
    let asked: Value = serde_json::from_str(&requests[1].parameter("labels").unwrap()).unwrap();
    assert_eq!(asked, json!({LEASE_LABEL: requests[0].json()["labels"][LEASE_LABEL]}), "{kind:?}");
}

#[tokio::test]
async fn a_sandbox_whose_create_response_was_lost_is_deleted() {
    let cut = Scripted::bytes(200, "application/json", r#"{"id":"box-1","sta"#);
    tokio::join!(
        assert_cleaned_up(Reply::Silence, ErrorKind::Timeout),
        assert_cleaned_up(Reply::Close, ErrorKind::Connection),
        assert_cleaned_up(cut.clone().then_cut(), ErrorKind::Connection),
        assert_cleaned_up(cut.clone().then_stuck(), ErrorKind::Timeout),
        assert_cleaned_up(cut, ErrorKind::InvalidResponse),
        assert_cleaned_up(Scripted::empty(200), ErrorKind::InvalidResponse),
        assert_cleaned_up(Scripted::html(200), ErrorKind::InvalidResponse),
        assert_cleaned_up(Scripted::json(200, &json!({"name": "no id"})), ErrorKind::InvalidResponse),
        assert_cleaned_up(api_error(500, "Internal server error"), ErrorKind::InternalServer),
        assert_cleaned_up(Scripted::empty(502), ErrorKind::BadGateway),
        assert_cleaned_up(Scripted::empty(503), ErrorKind::Unavailable),
        assert_cleaned_up(Scripted::html(504), ErrorKind::Timeout),
        // The status of a content delivery network whose origin timed out.
        assert_cleaned_up(Scripted::html(524), ErrorKind::Other),
        assert_cleaned_up(api_error(400, "Sandbox failed to start: no space"), ErrorKind::SandboxFailed),
    );
}

#[tokio::test]
async fn dropping_a_create_before_its_response_deletes_the_sandbox() {
    let server = Server::start().await;
    server.once(CREATE, Reply::Silence).once(DELETE, Scripted::empty(200));
    server.once(LIST, Scripted::json(200, &json!({"items": [entry(&server, "started")]})));
    let daytona = client(&server);
    let running =
        tokio::spawn(async move { daytona.create(CreateSandbox::default(), short_deadline()).await });
    server.seen(CREATE, 1).await;
    let connection = server.requests()[0].connection;
    running.abort();
    server.closed(connection).await;
    server.seen(DELETE, 1).await;
}

#[tokio::test]
async fn a_rejected_create_needs_no_clean_up() {
    let refusals = [
        (api_error(401, "Invalid credentials"), ErrorKind::Authentication),
        (api_error(403, "Access denied"), ErrorKind::Forbidden),
        (api_error(403, "Organization is suspended"), ErrorKind::Forbidden),
        (api_error(400, "Total CPU limit exceeded. Maximum allowed: 10.\nhint"), ErrorKind::ResourceLimit),
        (api_error(403, "Total memory limit exceeded. Maximum allowed: 10GiB."), ErrorKind::ResourceLimit),
        (api_error(400, "No available runners"), ErrorKind::BadRequest),
        (api_error(404, "Region not found"), ErrorKind::NotFound),
        (api_error(409, "Sandbox with name n already exists"), ErrorKind::Conflict),
        (api_error(422, "not for this class"), ErrorKind::Unprocessable),
    ];
    let server = Server::start().await;
    for (refusal, kind) in refusals {
        server.once(CREATE, refusal);
        let error = failure(create(&server, short_deadline()).await);
        assert_eq!(error.kind(), kind, "{error}");
    }
    wait_for_cleanups().await;
    assert_eq!(server.lines(), [CREATE; 9]);
}

#[tokio::test]
async fn incompatible_settings_fail_before_any_request() {
    let server = Server::start().await;
    let image = || Some(BuildInfo { dockerfile_content: Some("FROM x\n".into()), ..BuildInfo::default() });
    let both = CreateSandbox { build_info: image(), snapshot: Some("s".into()), ..CreateSandbox::default() };
    let wrong = [
        (both, "snapshot"),
        (CreateSandbox { cpu: Some(2), ..CreateSandbox::default() }, "image"),
        (CreateSandbox { memory: Some(2), snapshot: Some("s".into()), ..CreateSandbox::default() }, "image"),
        (CreateSandbox { disk: Some(2), ..CreateSandbox::default() }, "image"),
        (CreateSandbox { gpu: Some(1), ..CreateSandbox::default() }, "image"),
    ];
    for (settings, word) in wrong {
        let error = failure(client(&server).create(settings, short_deadline()).await);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.message().contains(word), "{error}");
    }
    assert!(server.lines().is_empty() && server.connections() == 0);
}

#[tokio::test]
async fn a_hanging_create_times_out() {
    let server = Server::start().await;
    server.always(CREATE, Reply::Silence).always(LIST, Reply::Silence);
    let error =
        ends_in_time(Duration::from_millis(300), async |deadline| create(&server, deadline).await).await;
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn many_creates_share_a_bounded_number_of_connections() {
    let server = Server::start().await;
    server.always(CREATE, Scripted::json(200, &entry(&server, "started")));
    let daytona = client(&server);
    let creates = (0..200).map(|_| daytona.create(CreateSandbox::default(), short_deadline()));
    let made = futures_util::future::join_all(creates).await;
    assert!(made.into_iter().all(|made| made.is_ok()));
    // Some connections are not back in the pool when the next call needs one.
    assert!(server.connections() < 100, "{}", server.connections());
}
