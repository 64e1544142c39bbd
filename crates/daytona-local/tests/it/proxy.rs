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
