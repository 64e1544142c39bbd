//! `--data`: sandboxes that outlive the server.

use std::path::Path;
use std::process::{Command, Stdio};

use http::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::server::Server;

const PROGRAM: &str = env!("CARGO_BIN_EXE_daytona-local");

fn start(folder: &Path) -> Server {
    Server::start(&["--data", folder.to_str().unwrap()])
}

fn kill(mut server: Server) {
    server.child().kill().unwrap();
    server.child().wait().unwrap();
}

fn stop(mut server: Server) {
    drop(server.child().stdin.take());
    assert!(server.child().wait().unwrap().success());
}

#[tokio::test]
async fn sandboxes_outlive_a_server_that_is_killed() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    let id = server.create(json!({"name": "kept", "labels": {"a": "b"}, "env": {"SECRET": "value"}})).await;
    server.run(&id, "echo content > file; mkdir closed; chmod 0 closed").await;
    assert_eq!(server.post(&format!("/sandbox/{id}/autostop/7"), json!({})).await.status, 200);
    let signing_key = server.get(&format!("/sandbox/{id}/signing-key")).await.json;
    let preview = server.get(&format!("/sandbox/{id}/ports/3000/preview-url")).await.json;
    let labels = json!({"labels": {"c": "d"}});
    assert_eq!(server.api(Method::PUT, &format!("/sandbox/{id}/labels"), Some(labels)).await.status, 200);
    kill(server);

    let server = start(folder.path());
    let found = server.get("/sandbox/kept").await.json;
    assert_eq!(found["id"], json!(id));
    assert_eq!((&found["labels"], &found["autoStopInterval"]), (&json!({"c": "d"}), &json!(7)));
    assert_eq!(server.get(&format!("/sandbox/{id}/signing-key")).await.json, signing_key);
    let again = server.get(&format!("/sandbox/{id}/ports/3000/preview-url")).await.json;
    assert_ne!((&again["token"], &again["url"]), (&preview["token"], &preview["url"]));
    assert!(found["toolboxProxyUrl"].as_str().unwrap().starts_with(server.origin()));
    assert_eq!(
        server.run(&id, "cat file; echo $SECRET; echo more > file").await,
        (0, "content\nvalue\n".to_owned())
    );
    stop(server);

    let server = start(folder.path());
    assert_eq!(server.run(&id, "cat file").await, (0, "more\n".to_owned()));
}

#[tokio::test]
async fn states_outlive_the_server_and_deleted_sandboxes_do_not() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    let [stopped, archived, deleted] =
        [server.create(json!({})).await, server.create(json!({})).await, server.create(json!({})).await];
    for id in [&stopped, &archived] {
        server.post(&format!("/sandbox/{id}/stop"), json!({})).await;
        server.until_state(id, "stopped").await;
    }
    server.post(&format!("/sandbox/{archived}/archive"), json!({})).await;
    server.api(Method::DELETE, &format!("/sandbox/{deleted}"), None).await;
    kill(server);
    // The creation or the removal of a sandbox that was not completed.
    std::fs::create_dir_all(folder.path().join("sandboxes/incomplete/home")).unwrap();

    let server = start(folder.path());
    let states = async |id: &str| server.get(&format!("/sandbox/{id}")).await;
    assert_eq!(states(&stopped).await.json["state"], "stopped");
    assert_eq!(states(&archived).await.json["state"], "archived");
    assert_eq!(states(&deleted).await.status, 404);
    assert!(!folder.path().join("sandboxes").join(&deleted).exists());
    assert!(!folder.path().join("sandboxes/incomplete").exists());
    server.post(&format!("/sandbox/{stopped}/start"), json!({})).await;
    server.until_state(&stopped, "started").await;
}

#[tokio::test]
async fn a_removal_that_a_server_did_not_complete_is_completed_by_the_next() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    let id = server.create(json!({})).await;
    kill(server);
    let files = folder.path().join("sandboxes").join(&id);
    let record = files.join("sandbox.json");
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, text.replace(r#""state":"started""#, r#""state":"destroying""#)).unwrap();

    let server = start(folder.path());
    while files.exists() || server.get(&format!("/sandbox/{id}")).await.status != 404 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn sandboxes_of_a_kept_folder_have_users_of_their_own() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    let first = server.create(json!({})).await;
    stop(server);
    let server = start(folder.path());
    let second = server.create(json!({})).await;
    let owner = |id: &str| {
        let home = folder.path().join("sandboxes").join(id).join("home");
        std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(home).unwrap())
    };
    assert_eq!(owner(&first) == owner(&second), !rustix::process::geteuid().is_root());
    assert_eq!(server.run(&first, "touch file && stat -c %U file").await.0, 0);
}

#[test]
fn a_folder_in_use_and_a_record_that_cannot_be_read_are_refused() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().to_str().unwrap();
    let refusal = || {
        let output = Command::new(PROGRAM).args(["--data", data]).stdin(Stdio::null()).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let server = start(folder.path());
    assert!(refusal().contains("another local server uses it"), "{}", refusal());
    stop(server);
    let record = folder.path().join("sandboxes/broken/sandbox.json");
    std::fs::create_dir_all(record.parent().unwrap()).unwrap();
    std::fs::write(&record, "{").unwrap();
    assert!(refusal().contains("broken/sandbox.json"), "{}", refusal());
    assert!(record.exists());
}

#[tokio::test]
async fn a_sandbox_whose_time_is_over_is_deleted_by_a_later_server() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    let id = server.create(json!({"ttlMinutes": 5})).await;
    let kept = server.create(json!({"ttlMinutes": 5})).await;
    kill(server);
    let record = folder.path().join("sandboxes").join(&id).join("sandbox.json");
    let mut changed: serde_json::Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    assert!(changed["sandbox"]["autoDestroyAt"].is_string(), "{changed}");
    changed["sandbox"]["autoDestroyAt"] = json!("2020-01-01T00:00:00.000Z");
    std::fs::write(&record, changed.to_string()).unwrap();

    let server = start(folder.path());
    server.until_gone(&id).await;
    assert!(server.get(&format!("/sandbox/{kept}")).await.json["autoDestroyAt"].is_string());
}

#[tokio::test]
async fn volumes_outlive_the_server_and_deleted_ones_do_not() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    let [kept, deleted] = [
        server.post("/volumes", json!({"name": "kept"})).await.json,
        server.post("/volumes", json!({"name": "deleted"})).await.json,
    ];
    let mounted = json!({"volumes": [{"volumeId": "kept", "mountPath": "/data", "subpath": "in"}]});
    let id = server.create(mounted.clone()).await;
    assert_eq!(server.run(&id, "echo content > /data/file").await.0, 0);
    let volumes = folder.path().join("volumes");
    let path_of = |volume: &serde_json::Value| volumes.join(volume["id"].as_str().unwrap());
    let delete = format!("/volumes/{}", deleted["id"].as_str().unwrap());
    assert_eq!(server.api(Method::DELETE, &delete, None).await.status, 200);
    assert!(!path_of(&deleted).exists());
    kill(server);
    // The removal of a volume that was not completed.
    std::fs::create_dir_all(volumes.join("incomplete/files/folder")).unwrap();

    let server = start(folder.path());
    let found = server.get("/volumes").await.json;
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!((&found[0]["id"], &found[0]["name"]), (&kept["id"], &json!("kept")));
    assert!(!volumes.join("incomplete").exists());
    assert_eq!(server.run(&id, "cat /data/file").await, (0, "content\n".to_owned()));
    let in_use =
        server.api(Method::DELETE, &format!("/volumes/{}", kept["id"].as_str().unwrap()), None).await;
    assert_eq!(in_use.status, 409, "{}", in_use.json);
    let other = server.create(mounted).await;
    assert_eq!(server.run(&other, "cat /data/file").await, (0, "content\n".to_owned()));
}
