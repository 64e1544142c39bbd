use daytona_api::{Service, operations};
use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use crate::server::Server;

#[tokio::test]
async fn a_full_sandbox_has_every_field_that_clients_insist_on() {
    let server = Server::start(&[]);
    let made = server
        .post("/sandbox", json!({"name": "full", "env": {"A": "b"}, "labels": {"team": "x"}, "target": "eu"}))
        .await;
    let sandbox = &made.json;
    for field in
        ["id", "organizationId", "name", "user", "target", "toolboxProxyUrl", "createdAt", "runnerId"]
    {
        assert!(sandbox[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {sandbox}");
    }
    for field in ["cpu", "gpu", "memory", "disk", "autoStopInterval", "autoArchiveInterval"] {
        assert!(sandbox[field].is_u64(), "{field}: {sandbox}");
    }
    for field in ["public", "networkBlockAll", "kvm", "recoverable"] {
        assert_eq!(sandbox[field], false, "{field}");
    }
    assert_eq!((&sandbox["state"], &sandbox["env"]), (&json!("started"), &json!({"A": "b"})));
    assert_eq!((&sandbox["target"], &sandbox["autoDeleteInterval"]), (&json!("eu"), &json!(-1)));
    assert_eq!(sandbox["isolation"], server.line["isolation"]);
    assert_eq!(sandbox["toolboxProxyUrl"], format!("{}/toolbox", server.origin()));
    assert!(made.headers.contains_key("x-daytona-api-version"));
    let by_name = server.get("/sandbox/full").await;
    assert_eq!(by_name.json["id"], sandbox["id"]);
    let url = server.get(&format!("/sandbox/{}/toolbox-proxy-url", sandbox["id"].as_str().unwrap())).await;
    assert_eq!(url.json["url"], sandbox["toolboxProxyUrl"]);
}

#[tokio::test]
async fn errors_have_the_five_fields_and_the_services_words() {
    let server = Server::start(&[]);
    let missing = server.get("/sandbox/nope").await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.json["message"], "Sandbox with ID or name nope not found");
    assert_eq!(
        (&missing.json["path"], &missing.json["error"]),
        (&json!("/api/sandbox/nope"), &json!("Not Found"))
    );
    assert_eq!(missing.json["statusCode"], 404);
    assert!(missing.json["timestamp"].is_string());
    let unknown = server.post("/nowhere?a=b", json!({})).await;
    assert_eq!(
        (unknown.status.as_u16(), &unknown.json["message"]),
        (404, &json!("Cannot POST /api/nowhere?a=b"))
    );
    let wrong_method = server.api(Method::PATCH, "/sandbox", None).await;
    assert_eq!(wrong_method.json["message"], "Cannot PATCH /api/sandbox");
    for key in [None, Some("wrong")] {
        let refused = server.send(Method::GET, "/api/sandbox", key, None).await;
        assert_eq!((refused.status.as_u16(), &refused.json["message"]), (401, &json!("Invalid credentials")));
    }
    assert_eq!(server.send(Method::GET, "/api/config", None, None).await.json["oidc"]["provider"], "local");
    let key = server.get("/api-keys/current").await;
    assert!(!key.json.to_string().contains(server.key()));
    assert_eq!(server.get("/sandbox/nope/ports/3000/preview-url").await.status, 404);
}

#[tokio::test]
async fn requests_that_cannot_be_kept_are_refused_before_anything_is_made() {
    let server = Server::start(&[]);
    let build = json!({"dockerfileContent": "FROM a\n"});
    for (body, status, words) in [
        (
            json!({"snapshot": "a", "buildInfo": build}),
            400,
            "Cannot specify a snapshot when using a build info entry",
        ),
        (json!({"cpu": 2}), 400, "Cannot specify Sandbox resources when using a snapshot"),
        (json!({"networkAllowList": "10.0.0.0/99"}), 400, "is not a valid network"),
        (json!({"domainAllowList": "10.0.0.1"}), 400, "is not a valid domain"),
        (json!({"secrets": [{"A": "b"}]}), 400, "does not support secrets"),
        (json!({"volumes": [{"volumeId": "v", "mountPath": "/v"}]}), 404, "Volume with name v not found"),
        (json!({"env": {"A=B": "c"}}), 400, "Invalid environment variable"),
        (json!({"name": "<b>"}), 400, "HTML tags"),
        (json!({"autoStopInterval": -1}), 400, "Auto-stop interval must be non-negative"),
        (json!({"env": 7}), 400, "invalid type"),
    ] {
        let refused = server.post("/sandbox", body.clone()).await;
        let message = refused.json["message"].as_str().unwrap_or_default();
        assert_eq!(refused.status, status, "{body}: {message}");
        assert!(message.contains(words), "{body}: {message}");
    }
    assert_eq!(server.get("/sandbox").await.json["items"], json!([]));
    let built =
        server.post("/sandbox", json!({"buildInfo": build, "cpu": 2, "memory": 4, "name": "built"})).await;
    assert_eq!(
        (&built.json["cpu"], &built.json["memory"], &built.json["disk"]),
        (&json!(2), &json!(4), &json!(3))
    );
    assert_eq!(built.json["snapshot"], Value::Null);
    let twice = server.post("/sandbox", json!({"name": "built"})).await;
    assert_eq!(twice.status, 409);
    assert_eq!(twice.json["message"], "Sandbox with name built already exists");
}

#[tokio::test]
async fn files_outlive_a_stop_and_nothing_outlives_a_delete() {
    let server = Server::start(&[]);
    let id = server.create(json!({"name": "box"})).await;
    server.run(&id, "echo kept > ~/file; echo too > /tmp/file; echo three > /var/tmp/file").await;
    let stopped = server.api(Method::POST, "/sandbox/box/stop?force=true", None).await;
    assert_eq!(
        (&stopped.json["state"], &stopped.json["desiredState"]),
        (&json!("stopped"), &json!("stopped"))
    );
    assert_eq!(server.post("/sandbox/box/stop", json!({})).await.status, 400);
    let archived = server.post("/sandbox/box/archive", json!({})).await;
    assert_eq!(archived.json["state"], "archived");
    let started = server.post("/sandbox/box/start", json!({})).await;
    assert_eq!(started.json["state"], "started");
    assert_eq!(server.post("/sandbox/box/start", json!({})).await.status, 200);
    assert_eq!(server.post("/sandbox/box/archive", json!({})).await.status, 400);
    let (_, output) = server.run(&id, "cat ~/file /tmp/file /var/tmp/file").await;
    assert_eq!(output, "kept\ntoo\nthree\n");
    let deleted = server.api(Method::DELETE, "/sandbox/box", None).await;
    assert_eq!((deleted.status.as_u16(), &deleted.json["state"]), (200, &json!("destroying")));
    assert!(deleted.json["name"].as_str().unwrap().starts_with("DESTROYED_box_"));
    server.until_gone(&id).await;
    server.create(json!({"name": "box"})).await;
}

#[tokio::test]
async fn an_ephemeral_sandbox_is_gone_when_it_stops() {
    let server = Server::start(&[]);
    let id = server.create(json!({"autoDeleteInterval": 0})).await;
    let stopped = server.post(&format!("/sandbox/{id}/stop"), json!({})).await;
    assert_eq!(stopped.json["state"], "destroying");
    server.until_gone(&id).await;
}

#[tokio::test]
async fn a_sandbox_whose_toolbox_ends_can_be_recovered() {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    server.run(&id, "echo kept > ~/file").await;
    let path = format!("/toolbox/{id}/process/execute");
    let killed = json!({"command": "kill -9 2"});
    let response = server.send(Method::POST, &path, Some(server.key()), Some(killed)).await;
    assert_eq!(response.status, 502);
    let failed = server.until_state(&id, "error").await;
    assert_eq!((&failed["recoverable"], failed["errorReason"].is_string()), (&json!(true), true));
    assert_eq!(server.post(&format!("/sandbox/{id}/start"), json!({})).await.status, 400);
    assert_eq!(server.post(&format!("/sandbox/{id}/recover"), json!({})).await.json["state"], "started");
    assert_eq!(server.run(&id, "cat ~/file").await.1, "kept\n");
}

#[tokio::test]
async fn settings_change_and_show() {
    let server = Server::start(&[]);
    let id = server.create(json!({"labels": {"old": "x"}})).await;
    let at = |rest: &str| format!("/sandbox/{id}/{rest}");
    let labels = server.api(Method::PUT, &at("labels"), Some(json!({"labels": {"new": "y"}}))).await;
    assert_eq!(labels.json["labels"], json!({"new": "y"}));
    for (path, field, value) in [
        ("autostop/0", "autoStopInterval", json!(0)),
        ("autoarchive/0", "autoArchiveInterval", json!(43200)),
        ("autoarchive/99999999", "autoArchiveInterval", json!(43200)),
        ("autodelete/-5", "autoDeleteInterval", json!(-1)),
        ("autodelete/0", "autoDeleteInterval", json!(0)),
        ("public/true", "public", json!(true)),
    ] {
        assert_eq!(server.post(&at(path), json!({})).await.json[field], value, "{path}");
    }
    for path in ["autostop/-1", "autostop/x", "autoarchive/-1", "public/maybe"] {
        assert_eq!(server.post(&at(path), json!({})).await.status, 400, "{path}");
    }
    assert_eq!(server.post(&at("last-activity"), json!({})).await.status, 201);
}

#[tokio::test]
async fn lists_filter_sort_and_page() {
    let server = Server::start(&[]);
    for (name, team) in [("a1", "x"), ("a2", "y"), ("b1", "x")] {
        server.create(json!({"name": name, "labels": {"team": team}})).await;
    }
    server.post("/sandbox/b1/stop", json!({})).await;
    let names = async |query: &str| -> Vec<String> {
        let page = server.get(&format!("/sandbox?sort=name&order=asc{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.json);
        let items = page.json["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("").await, ["a1", "a2", "b1"]);
    assert_eq!(names("&labels=%7B%22team%22%3A%22x%22%7D").await, ["a1", "b1"]);
    assert_eq!(names("&states=stopped").await, ["b1"]);
    assert_eq!(names("&states=stopped&states=started").await, ["a1", "a2", "b1"]);
    assert_eq!(names("&name=A").await, ["a1", "a2"]);
    assert_eq!(names("&minCpu=2").await, Vec::<String>::new());
    assert_eq!(names("&createdAtAfter=2020-01-01T00:00:00.000Z").await, ["a1", "a2", "b1"]);
    assert_eq!(names("&createdAtBefore=2020-01-01T00:00:00.000Z").await, Vec::<String>::new());
    // None has a time to live.
    assert_eq!(names("&autoDestroyAtAfter=2020-01-01T00:00:00.000Z").await, Vec::<String>::new());
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.get(&format!("/sandbox?sort=name&order=desc&limit=1&cursor={cursor}")).await;
        paged.extend(page.json["items"].as_array().unwrap().iter().map(|item| item["name"].clone()));
        match page.json["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(paged, ["b1", "a2", "a1"]);
    let item = &server.get("/sandbox?limit=1").await.json["items"][0];
    for field in ["env", "volumes", "kvm", "buildInfo"] {
        assert_eq!(item.get(field), None, "{field}");
    }
    assert_eq!(item["networkBlockAll"], false);
    for query in
        ["limit=0", "limit=201", "labels=x", "cursor=x", "states=melting", "states=destroyed", "sort=x"]
    {
        assert_eq!(server.get(&format!("/sandbox?{query}")).await.status, 400, "{query}");
    }
    let numbered = server.get("/sandbox/paginated?page=2&limit=2").await.json;
    assert_eq!(
        (&numbered["total"], &numbered["page"], &numbered["totalPages"]),
        (&json!(3), &json!(2), &json!(2))
    );
    assert_eq!(numbered["items"].as_array().unwrap().len(), 1);
    assert!(numbered["items"][0]["env"].is_object());
}

#[tokio::test]
async fn totals_are_refused_in_the_services_words() {
    let server = Server::start(&["--max-cpu", "2", "--max-sandboxes", "3"]);
    server.create(json!({"name": "one"})).await;
    server.create(json!({})).await;
    let refused = server.post("/sandbox", json!({})).await;
    let message = refused.json["message"].as_str().unwrap().to_owned();
    assert_eq!(refused.status, 400);
    assert!(message.starts_with("Total CPU limit exceeded. Maximum allowed: 2.\n"), "{message}");
    server.post("/sandbox/one/stop", json!({})).await;
    server.create(json!({})).await;
    let refused = server.post("/sandbox", json!({})).await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn many_at_once_are_all_made() {
    let server = Server::start(&[]);
    let made = futures_util::future::join_all((0..20).map(|_| server.create(json!({})))).await;
    let responses =
        futures_util::future::join_all(made.iter().map(|id| server.run(id, "echo $DAYTONA_SANDBOX_ID")))
            .await;
    for (id, (code, output)) in made.iter().zip(responses) {
        assert_eq!((code, output.trim()), (0, id.as_str()));
    }
}

#[tokio::test]
async fn every_operation_of_the_table_has_a_route() {
    let server = Server::start(&[]);
    for operation in operations::all().filter(|operation| operation.service == Service::ControlPlane) {
        let path = operation.path_with(|_| Some("none"));
        let seen = server.api(operation.method.clone(), &path, Some(json!({}))).await;
        let message = seen.json["message"].as_str().unwrap_or_default();
        let is_absent = operation.path.contains("ssh-access");
        assert_eq!(seen.status == 501, is_absent, "{operation:?}: {message}");
        assert!(!message.starts_with("Cannot "), "{operation:?}: {message}");
    }
}

#[tokio::test]
async fn a_sandbox_whose_creator_disconnects_is_deleted() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    const MANY: usize = 20;
    let server = Server::start(&[]);
    let address = server.origin().trim_start_matches("http://").to_owned();
    let request = format!(
        "POST /api/sandbox HTTP/1.1\r\nhost: local\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}",
        server.key()
    );
    let listed = async || -> BTreeSet<String> {
        let list = server.get("/sandbox").await.json;
        list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut connections = Vec::new();
    for _ in 0..MANY {
        let mut connection = tokio::net::TcpStream::connect(&address).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        connections.push(connection);
    }
    let created = loop {
        let created = listed().await;
        if created.len() == MANY {
            break created;
        }
    };
    for connection in &mut connections {
        connection.shutdown().await.unwrap();
    }
    let mut responses = String::new();
    for mut connection in connections {
        connection.read_to_string(&mut responses).await.unwrap();
    }
    // Those that were started before the server saw that their clients had left.
    let answered: BTreeSet<String> = created.into_iter().filter(|id| responses.contains(id)).collect();
    assert!(answered.len() < MANY, "every sandbox was started before its client left");
    while listed().await != answered {
        tokio::task::yield_now().await;
    }
}
