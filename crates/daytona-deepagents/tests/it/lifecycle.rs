//! Creating, finding, stopping, starting and deleting sandboxes.

use std::time::Duration;

use daytona_client::{BuildInfo, LEASE_LABEL};
use daytona_deepagents::{Backend, Code, ExecuteOptions};
use serde_json::json;

use crate::local::{Local, deadline, failure, printed, run};

async fn connect(local: &Local, id_or_name: &str) -> Result<Backend, daytona_deepagents::Failure> {
    Backend::connect(local.client(), id_or_name, ExecuteOptions::default(), deadline()).await
}

#[tokio::test]
async fn a_sandbox_has_the_requested_options() {
    let Some(local) = Local::start().await else { return };
    let asked = json!({
        "name": "mine", "language": "python", "image": "python:3.12", "labels": {"team": "x"},
        "resources": {"cpu": 2, "memory": 4, "disk": 8}, "autoStopInterval": 30, "autoArchiveInterval": 60,
        "autoDeleteInterval": 90, "networkBlockAll": true,
    });
    let sandbox = local.create(asked).await.unwrap();
    let data = sandbox.sandbox().data();
    assert_eq!((data.name.as_str(), data.network_block_all), ("mine", true));
    assert_eq!((data.cpu, data.memory, data.disk), (2, 4, 8));
    let intervals = [data.auto_stop_interval, data.auto_archive_interval, data.auto_delete_interval];
    assert_eq!(intervals, [Some(30), Some(60), Some(90)]);
    assert_eq!(data.labels.get("team").map(String::as_str), Some("x"));
    assert_eq!(data.labels.get("code-toolbox-language").map(String::as_str), Some("python"));
    assert!(data.labels.contains_key(LEASE_LABEL));
    let image = BuildInfo { dockerfile_content: Some("FROM python:3.12\n".into()), ..BuildInfo::default() };
    assert_eq!(data.build_info.map(|info| info.dockerfile_content), Some(image.dockerfile_content));
    assert_eq!(sandbox.work_dir(deadline()).await.unwrap(), "/home/daytona");
    assert_eq!(sandbox.user_home_dir(deadline()).await.unwrap(), "/home/daytona");
    local.close().await;
}

#[tokio::test]
async fn a_sandbox_is_found_by_name_and_by_id() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.create(json!({"name": "a name/é"})).await.unwrap();
    printed(&sandbox, "echo kept > f").await;
    for id_or_name in ["a name/é", sandbox.sandbox().id()] {
        let found = connect(&local, id_or_name).await.unwrap();
        assert_eq!(found.sandbox().id(), sandbox.sandbox().id());
        assert!(found.is_running());
        assert_eq!(printed(&found, "cat f").await, "kept\n");
    }
    let failed = failure(connect(&local, "another").await);
    assert_eq!(failed.code, Code::SandboxNotFound, "{failed}");
    local.close().await;
}

#[tokio::test]
async fn a_rejected_key_fails_create_and_connect() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let create = daytona_deepagents::CreateOptions::from_json(&json!({})).unwrap();
    let failed = failure(
        Backend::create(local.client_with_key("wrong"), create).await.map(daytona_client::Unclaimed::claim),
    );
    assert_eq!(failed.code, Code::AuthenticationFailed, "{failed}");
    assert!(failed.to_string().contains("Invalid credentials"), "{failed}");
    let client = local.client_with_key("wrong");
    let failed = failure(
        Backend::connect(client, sandbox.sandbox().id(), ExecuteOptions::default(), deadline()).await,
    );
    assert_eq!(failed.code, Code::AuthenticationFailed, "{failed}");
    assert_eq!(local.ids().await.len(), 1);
    local.close().await;
}

#[tokio::test]
async fn stopping_kills_processes_and_keeps_files() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let sleepers = "grep -lzx '[1]000' /proc/[0-9]*/cmdline 2>/dev/null | wc -l";
    // The shell may end before its child has become `sleep`.
    let started =
        format!("nohup sleep 1000 >/dev/null 2>&1 & until [ $({sleepers}) = 1 ]; do sleep 0.01; done");
    printed(&sandbox, &format!("echo kept > f; {started}")).await;
    sandbox.stop(deadline()).await.unwrap();
    assert!(!sandbox.is_running());

    let failed = failure(run(&sandbox, "true").await);
    assert_eq!(failed.code, Code::SandboxNotStarted, "{failed}");
    let failed = failure(sandbox.download_files(&["f".to_owned()], u64::MAX, deadline()).await);
    assert_eq!(failed.code, Code::SandboxNotStarted, "{failed}");

    let found = connect(&local, sandbox.sandbox().id()).await.unwrap();
    assert!(!found.is_running());
    found.start(deadline()).await.unwrap();
    assert!(found.is_running());
    assert_eq!(printed(&found, "cat f").await, "kept\n");
    assert_eq!(printed(&found, sleepers).await, "0\n");
    // The other handle can use the sandbox too.
    assert_eq!(printed(&sandbox, "cat f").await, "kept\n");
    local.close().await;
}

#[tokio::test]
async fn calls_fail_if_another_handle_stopped_the_sandbox() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    connect(&local, sandbox.sandbox().id()).await.unwrap().stop(deadline()).await.unwrap();
    assert!(sandbox.is_running(), "as last known");
    let failed = failure(run(&sandbox, "true").await);
    assert_eq!(failed.code, Code::SandboxNotStarted, "{failed}");
    assert!(!sandbox.is_running());
    local.close().await;
}

#[tokio::test]
async fn calls_fail_if_another_handle_deleted_the_sandbox() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let id = sandbox.sandbox().id().to_owned();
    connect(&local, &id).await.unwrap().delete(deadline()).await.unwrap();
    for code in [
        failure(run(&sandbox, "true").await).code,
        failure(sandbox.download_files(&["f".to_owned()], u64::MAX, deadline()).await).code,
        failure(sandbox.work_dir(deadline()).await).code,
        failure(sandbox.start(deadline()).await).code,
        failure(connect(&local, &id).await).code,
    ] {
        assert_eq!(code, Code::SandboxNotFound);
    }
    sandbox.delete(deadline()).await.unwrap();
    assert!(local.ids().await.is_empty());
    local.close().await;
}

#[tokio::test]
async fn stopping_a_sandbox_that_deletes_itself_succeeds() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.create(json!({"autoDeleteInterval": 0})).await.unwrap();
    sandbox.stop(deadline()).await.unwrap();
    assert!(!sandbox.is_running());
    assert!(local.ids().await.is_empty());
    local.close().await;
}

#[tokio::test]
async fn a_dropped_create_leaves_no_sandbox() {
    let Some(local) = Local::start().await else { return };
    let client = local.client();
    for milliseconds in [0, 1, 2, 5, 10, 20] {
        let options = daytona_deepagents::CreateOptions::from_json(&json!({})).unwrap();
        let create = Backend::create(client.clone(), options);
        if let Ok(Ok(made)) = tokio::time::timeout(Duration::from_millis(milliseconds), create).await {
            made.claim().delete(deadline()).await.unwrap();
        }
    }
    daytona_client::wait_for_cleanups().await;
    assert!(local.ids().await.is_empty(), "{:?}", local.ids().await);
    local.close().await;
}

#[tokio::test]
async fn delete_all_deletes_sandboxes_with_the_labels() {
    let Some(local) = Local::start().await else { return };
    for team in ["a", "a", "b"] {
        local.create(json!({"labels": {"team": team}})).await.unwrap();
    }
    let labels = [("team".to_owned(), "a".to_owned())].into();
    let report = local.client().delete_all(&labels, daytona_client::Deadline::seconds(20)).await.unwrap();
    assert_eq!((report.deleted.len(), report.failed.len()), (2, 0));
    assert_eq!(local.ids().await.len(), 1);
    local.close().await;
}
