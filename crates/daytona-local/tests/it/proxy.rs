use http::Method;
use serde_json::json;

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
        (format!("/toolbox/{id}/env"), server.key(), 501),
        (format!("/toolbox/{id}/files/folder"), server.key(), 400),
        (format!("/toolbox/{id}/process/execute"), "wrong", 401),
        ("/api/nope".to_owned(), server.key(), 404),
        ("/api/volumes".to_owned(), server.key(), 501),
        ("/api/volumes".to_owned(), "wrong", 401),
        ("/api/sandbox".to_owned(), server.key(), 413),
    ] {
        let seen = server.send(Method::POST, &path, Some(key), Some(large.clone())).await;
        assert_eq!(seen.status, status, "{path}");
        // What is no operation of a toolbox has a response in plain text.
        let is_plain = path.ends_with("/nope") && path.starts_with("/toolbox");
        assert!(is_plain || seen.json["statusCode"] == status, "{path}: {}", seen.json);
    }
}
