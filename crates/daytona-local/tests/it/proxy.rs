use daytona_api::toolbox::signed_url::Permission;
use http::Method;
use serde_json::{Value, json};

use crate::server::Server;

#[tokio::test]
async fn the_proxy_answers_for_sandboxes_that_cannot() {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let version = format!("/toolbox/{id}/version");
    let bad_key = server.send(Method::GET, &version, Some("wrong"), None).await;
    let unknown = server.send(Method::GET, "/toolbox/nope/version", Some(server.key()), None).await;
    for refused in [bad_key, unknown] {
        assert_eq!(refused.status, 401);
        assert_eq!(
            (&refused.json["code"], &refused.json["source"]),
            (&json!("UNAUTHORIZED"), &json!("DAYTONA_PROXY"))
        );
        assert_eq!(refused.json["message"], "unauthorized: authentication failed: Bearer token is invalid");
    }
    let none = server.send(Method::GET, &version, None, None).await;
    assert!(none.json["message"].as_str().unwrap().starts_with("unauthorized: missing authentication"));
    let bare = server.send(Method::GET, &format!("/toolbox/{id}"), Some(server.key()), None).await;
    assert_eq!((bare.status.as_u16(), &bare.json["message"]), (404, &json!("not found: not found")));
    server.post(&format!("/sandbox/{id}/stop"), json!({})).await;
    let stopped = server.send(Method::GET, &version, Some(server.key()), None).await;
    assert_eq!(stopped.status, 400);
    assert_eq!(
        stopped.json["message"],
        "bad request: failed to resolve container IP after 3 attempts: no IP address found. \
         Is the Sandbox started?"
    );
}

#[tokio::test]
async fn use_moves_the_idle_clock() {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let last = async || {
        server.get(&format!("/sandbox/{id}")).await.json["lastActivityAt"].as_str().unwrap().to_owned()
    };
    let before = last().await;
    while last().await == before {
        server.run(&id, "true").await;
    }
}

#[tokio::test]
async fn a_large_body_that_nobody_wants_does_not_hide_the_response() {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let large = json!("x".repeat(8 << 20));
    for (path, key, status) in [
        (format!("/toolbox/{id}/nope"), server.key(), 404),
        (format!("/toolbox/{id}/init"), server.key(), 400),
        (format!("/toolbox/{id}/files/folder"), server.key(), 400),
        (format!("/toolbox/{id}/process/execute"), "wrong", 401),
        ("/api/nope".to_owned(), server.key(), 404),
        ("/api/secret".to_owned(), server.key(), 501),
        ("/api/secret".to_owned(), "wrong", 401),
        ("/api/sandbox".to_owned(), server.key(), 413),
    ] {
        let seen = server.send(Method::POST, &path, Some(key), Some(large.clone())).await;
        assert_eq!(seen.status, status, "{path}");
        // What is no operation of a toolbox has a response in plain text.
        let is_plain = path.ends_with("/nope") && path.starts_with("/toolbox");
        assert!(is_plain || seen.json["statusCode"] == status, "{path}: {}", seen.json);
    }
}

#[tokio::test]
async fn a_signed_url_is_for_its_file_and_its_key_only() {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let other = server.create(json!({})).await;
    server.run(&id, "printf 1 > 'a file'; printf 2 > b").await;
    let key_of = async |path: &str| {
        server.get(&format!("/sandbox/{path}/signing-key")).await.json.as_str().unwrap().to_owned()
    };
    let key = key_of(&id).await;
    assert_ne!(key, key_of(&other).await);
    let url = |id: &str, path: &str, expires: u64| {
        let permission = Permission { method: &Method::GET, path, expires };
        let encoded = path.replace(' ', "+");
        let signature = permission.sign(&key);
        format!("/toolbox/{id}/files/download?path={encoded}&expires={expires}&signature={signature}")
    };
    let status = async |path: &str| server.send(Method::GET, path, None, None).await;
    // The content is a number, and so JSON.
    let seen = status(&url(&id, "a file", 0)).await;
    assert_eq!((seen.status.as_u16(), &seen.json), (200, &json!(1)));
    let url_of_b = url(&id, "b", 4_000_000_000);
    assert_eq!(status(&url_of_b).await.json, json!(2));
    for refused in [
        url(&other, "b", 0),
        url("nope", "b", 0),
        url(&id, "b", 1),
        url_of_b.replace("path=b", "path=a+file"),
        format!("{url_of_b}&path=a+file"),
        url_of_b.replace("path=b", "path=a+file&path=b"),
        url_of_b.replace("files/download", "files/info"),
        url_of_b.replace("expires=4000000000", "expires=4000000001"),
        format!("/toolbox/{id}/files/download?path=b"),
    ] {
        let seen = status(&refused).await;
        assert_eq!(seen.status, 401, "{refused}");
        assert_eq!(seen.json["code"], "UNAUTHORIZED");
    }
    // A key that is wrong is not made up for by a signature.
    assert_eq!(server.send(Method::GET, &url_of_b, Some("wrong"), None).await.status, 401);
    let rotated = server.post(&format!("/sandbox/{id}/signing-key/rotate"), json!({})).await;
    assert_eq!(rotated.json, json!(key_of(&id).await));
    assert_eq!(status(&url_of_b).await.status, 401);
    for path in ["signing-key", "signing-key/rotate"] {
        let method = if path.ends_with("rotate") { Method::POST } else { Method::GET };
        let seen = server.send(method, &format!("/api/sandbox/{id}/{path}"), None, None).await;
        assert_eq!(seen.status, 401, "{path}");
    }
}

#[tokio::test]
async fn the_environment_of_new_processes_can_be_changed() {
    let server = Server::start(&[]);
    let id = server.create(json!({"env": {"KEPT": "1", "GONE": "2"}})).await;
    let env = async |body: Value| {
        server.send(Method::POST, &format!("/toolbox/{id}/env"), Some(server.key()), Some(body)).await
    };
    let changed = env(json!({"set": {"NEW": "a b"}, "unset": ["GONE"]})).await;
    assert_eq!(changed.status, 200);
    assert!(changed.json.as_object().unwrap().values().all(Value::is_string));
    let values = "echo $KEPT,$GONE,$NEW";
    assert_eq!(server.run(&id, values).await.1, "1,,a b\n");
    assert_eq!(env(json!({"set": {}, "unset": null, "unsetValuePrefix": "a "})).await.status, 200);
    assert_eq!(server.run(&id, values).await.1, "1,,\n");
    for bad in [json!({"set": {"A B": "1"}}), json!({"unset": ["="]}), json!({"set": {"A": 1}}), json!([])] {
        assert_eq!(env(bad.clone()).await.status, 400, "{bad}");
    }
    assert_eq!(server.run(&id, values).await.1, "1,,\n");
}

#[tokio::test]
async fn git_and_language_servers_have_the_changed_environment() {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let post = async |path: &str, body: Value| {
        server.send(Method::POST, &format!("/toolbox/{id}/{path}"), Some(server.key()), Some(body)).await
    };
    let program = "mkdir other bin && printf '#!/bin/sh\\nexit 3' > bin/pyright-langserver && chmod +x bin/*";
    assert_eq!(server.run(&id, program).await.0, 0);
    let set =
        json!({"HOME": "/home/daytona/other", "PATH": "/home/daytona/bin:/usr/local/bin:/usr/bin:/bin"});
    assert_eq!(post("env", json!({"set": set})).await.status, 200);
    let config = json!({"key": "user.name", "value": "updated", "scope": "global"});
    assert_eq!(post("git/config", config).await.status, 200);
    assert_eq!(server.run(&id, "grep -c updated /home/daytona/other/.gitconfig").await.1, "1\n");
    let started = post("lsp/start", json!({"languageId": "python", "pathToProject": "."})).await;
    let message = started.json["message"].as_str().unwrap();
    assert!(message.contains("it exited with exit status: 3"), "{message}");
}
