//! Limits on what a sandbox uses.

use std::path::PathBuf;

use http::Method;
use serde_json::json;

use crate::isolation::root_of;
use crate::server::Server;

/// Folders of the control groups with this name.
fn groups_named(name: &str) -> Vec<PathBuf> {
    let found = std::process::Command::new("find").args(["/sys/fs/cgroup", "-name", name]).output().unwrap();
    String::from_utf8(found.stdout).unwrap().lines().map(PathBuf::from).collect()
}

#[tokio::test]
async fn a_sandbox_that_uses_up_its_memory_does_not_take_that_of_others() {
    let server = Server::start(&[]);
    let create = json!({"buildInfo": {"dockerfileContent": "FROM scratch"}, "memory": 1, "cpu": 1});
    let created = server.post("/sandbox", create).await;
    let id = created.json["id"].as_str().unwrap().to_owned();
    let enforced = created.json["enforcedLimits"].as_array().unwrap();
    if !enforced.contains(&json!("memory")) {
        eprintln!("this machine cannot limit memory: {enforced:?}");
        return;
    }
    let neighbour = server.create(json!({})).await;
    let (code, output) = server.run(&id, "python3 -c 'b = bytearray(1400 << 20); print(len(b))'").await;
    assert_eq!(code, 137, "{output}");
    assert!(output.contains("memory limit"), "{output}");
    assert_eq!(server.run(&id, "echo still").await, (0, "still\n".to_owned()));
    assert_eq!(server.run(&neighbour, "echo fine").await, (0, "fine\n".to_owned()));
}

#[tokio::test]
async fn a_running_sandbox_gets_more_memory_at_once() {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let resized = server.post(&format!("/sandbox/{id}/resize"), json!({"memory": 2, "cpu": 2})).await;
    assert_eq!(
        (resized.status.as_u16(), &resized.json["memory"], &resized.json["cpu"]),
        (200, &json!(2), &json!(2))
    );
    let less = server.post(&format!("/sandbox/{id}/resize"), json!({"memory": 1})).await;
    assert_eq!(less.status, 400, "{}", less.json);
    let (code, output) = server.run(&id, "python3 -c 'b = bytearray(1400 << 20); print(len(b))'").await;
    assert_eq!((code, output), (0, format!("{}\n", 1400 << 20)));
}

#[tokio::test]
async fn a_resize_is_a_part_of_the_quota() {
    let server = Server::start(&["--max-cpu", "3"]);
    let id = server.create(json!({})).await;
    server.create(json!({})).await;
    let path = format!("/sandbox/{id}/resize");
    assert_eq!(server.post(&path, json!({"cpu": 2})).await.status, 200);
    let refused = server.post(&path, json!({"cpu": 3})).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.json["message"].as_str().unwrap().starts_with("Total CPU limit exceeded"),
        "{}",
        refused.json
    );
    assert_eq!(server.get(&format!("/sandbox/{id}")).await.json["cpu"], 2);
}

#[tokio::test]
async fn groups_end_with_their_sandboxes_and_their_server() {
    let mut server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let groups = groups_named(&id);
    let enforced = server.get(&format!("/sandbox/{id}")).await.json["enforcedLimits"].clone();
    assert_eq!(groups.is_empty(), enforced == json!([]), "{groups:?}");
    for group in &groups {
        let processes = std::fs::read_to_string(group.join("cgroup.procs")).unwrap();
        // The first process and the toolbox; not the guard.
        assert_eq!(processes.lines().count(), 2, "{}", group.display());
    }
    server.api(Method::DELETE, &format!("/sandbox/{id}"), None).await;
    server.until_gone(&id).await;
    assert_eq!(groups_named(&id), [] as [PathBuf; 0]);
    server.create(json!({})).await;
    let name = root_of(server.pid()).file_name().unwrap().to_str().unwrap().to_owned();
    server.child().kill().unwrap();
    server.child().wait().unwrap();
    while !groups_named(&name).is_empty() {
        tokio::task::yield_now().await;
    }
}
