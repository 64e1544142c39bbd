//! Volumes for other users, on limited disks and with other isolations.

use http::Method;
use serde_json::{Value, json};

use crate::server::Server;

async fn volume(server: &Server) -> String {
    let created = server.post("/volumes", json!({"name": "v"})).await;
    assert_eq!((created.status.as_u16(), &created.json["state"]), (200, &json!("ready")), "{}", created.json);
    created.json["id"].as_str().unwrap().to_owned()
}

fn mounted(at: &str) -> Value {
    json!({"volumes": [{"volumeId": "v", "mountPath": at}]})
}

#[tokio::test]
async fn sandboxes_of_an_ordinary_user_share_volumes() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can start a server as another user");
        return;
    }
    let server = Server::start_as_ordinary_user(&[]);
    if server.line["isolation"] != "namespaces" {
        eprintln!("skipped: ordinary users have no namespaces here: {}", server.line["isolation"]);
        return;
    }
    let id = volume(&server).await;
    let one = server.create(mounted("/home/daytona/shared")).await;
    let other = server.create(mounted("/data")).await;
    assert_eq!(
        server.run(&one, "umask 077; mkdir shared/folder && echo content > shared/folder/file").await.0,
        0
    );
    let (code, output) =
        server.run(&other, "cat /data/folder/file && rm -r /data/folder && ls -A /data").await;
    assert_eq!((code, &*output), (0, "content\n"));
    for sandbox in [one, other] {
        server.api(Method::DELETE, &format!("/sandbox/{sandbox}"), None).await;
        server.until_gone(&sandbox).await;
    }
    assert_eq!(server.api(Method::DELETE, &format!("/volumes/{id}"), None).await.status, 200);
}

#[tokio::test]
async fn a_volume_is_not_on_the_disk_of_a_sandbox() {
    let server = Server::start(&[]);
    volume(&server).await;
    let mut create = mounted("/home/daytona/shared");
    create["buildInfo"] = json!({"dockerfileContent": "FROM scratch"});
    create["disk"] = json!(1);
    let created = server.post("/sandbox", create).await;
    assert_eq!(created.status, 200, "{}", created.json);
    let id = created.json["id"].as_str().unwrap();
    let is_limited = created.json["enforcedLimits"].as_array().unwrap().contains(&json!("disk"));
    let (code, output) = server
        .run(id, "fallocate -l 1100M shared/large && stat -c %s shared/large; rm -f shared/large")
        .await;
    assert_eq!((code, &*output), (0, "1153433600\n"), "limited: {is_limited}");
}

#[tokio::test]
async fn volumes_require_namespaces() {
    for isolation in ["landlock", "none"] {
        let server = Server::start(&["--isolation", isolation]);
        volume(&server).await;
        let refused = server.post("/sandbox", mounted("/data")).await;
        assert_eq!(refused.status, 400, "{isolation}");
        let message = refused.json["message"].as_str().unwrap();
        assert!(message.starts_with("Volumes require isolation by namespaces"), "{message}");
        server.create(json!({"volumes": []})).await;
    }
}
