//! Requests and files that are made to exhaust the toolbox.

use std::fs::OpenOptions;
use std::path::Path;

use futures_util::future::join_all;
use http::{Method, StatusCode};
use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
use serde_json::{Value, json};

use crate::toolbox::{Toolbox, request};

/// Deeper than any path can tell, and than a thread's stack or the limit on open
/// files would allow.
const DEPTH: usize = 15_000;

/// Folders below one another.
fn deep(root: &Path) {
    std::fs::create_dir(root).unwrap();
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut folder = openat(CWD, root, flags, Mode::empty()).unwrap();
    for _ in 0..DEPTH {
        mkdirat(&folder, "d", Mode::RWXU).unwrap();
        folder = openat(&folder, "d", flags, Mode::empty()).unwrap();
    }
}

async fn delete(toolbox: &Toolbox, path: &str) -> StatusCode {
    let path = format!("/files?recursive=true&path={path}");
    toolbox.send(request(Method::DELETE, &path, &[], "")).await.status
}

#[tokio::test]
async fn a_path_that_is_too_long_is_refused_by_every_operation() {
    let toolbox = Toolbox::start();
    let long = "d/".repeat(8_000) + "f";
    for (method, path) in [
        (Method::GET, "/files?path="),
        (Method::GET, "/files/info?path="),
        (Method::POST, "/files/folder?path="),
        (Method::DELETE, "/files?path="),
        (Method::POST, "/files/move?destination=x&source="),
        (Method::POST, "/files/move?source=.&destination="),
        (Method::POST, "/files/permissions?mode=700&path="),
        (Method::GET, "/files/find?pattern=x&path="),
        (Method::GET, "/files/search?pattern=x&path="),
        (Method::GET, "/files/download?path="),
        (Method::POST, "/files/upload-v2?path="),
    ] {
        let seen = toolbox.send(request(method, &format!("{path}{long}"), &[], "")).await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(seen.json()["source"], "DAYTONA_DAEMON", "{path}");
    }
    let part = |name: &str, content: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
    };
    for (path, reason) in [(&*long, "path too long"), (&long[..5001], "file name too long")] {
        let body = part("files[0].path", path) + &part("files[0].file", "x") + "--B--";
        let headers = [("content-type", "multipart/form-data; boundary=B")];
        let seen = toolbox.send(request(Method::POST, "/files/bulk-upload", &headers, body)).await;
        let errors = seen.json()["errors"].to_string();
        assert!(seen.status == StatusCode::BAD_REQUEST && errors.contains(reason), "{errors:.300}");
    }
    let body = json!({"files": [long], "pattern": "x", "newValue": "y"});
    assert_eq!(toolbox.post("/files/replace", body).await.json()[0]["success"], false);
    assert_eq!(toolbox.run("ls").await, (0, String::new()));
}

#[tokio::test]
async fn a_deep_tree_is_read_copied_and_deleted() {
    let toolbox = Toolbox::start();
    deep(&toolbox.path("deep"));
    let found = toolbox.get("/files/search?path=deep&pattern=d").await.json();
    // As many as paths can tell.
    assert!(found["files"].as_array().unwrap().len() > 1000);
    assert_eq!(toolbox.get("/files/find?path=deep&pattern=d").await.json(), json!([]));
    let listed = toolbox.get("/files?path=deep&depth=4294967295").await.json();
    assert!(listed.as_array().unwrap().len() > 1000);
    let other = tempfile::tempdir_in("/dev/shm").unwrap();
    let moved = other.path().join("deep");
    let query = format!("/files/move?source=deep&destination={}", moved.display());
    assert_eq!(toolbox.post(&query, Value::Null).await.status, StatusCode::OK);
    assert!(!toolbox.path("deep").exists());
    assert_eq!(delete(&toolbox, moved.to_str().unwrap()).await, StatusCode::NO_CONTENT);
    assert!(!moved.exists());
}

#[tokio::test]
async fn what_a_program_left_in_the_toolboxs_folder_is_removed_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let state_dir = folder.path().join("state");
    deep(&state_dir);
    let options = daytona_local::toolbox::ToolboxOptions {
        work_dir: folder.path().to_owned(),
        home_dir: folder.path().to_owned(),
        state_dir: state_dir.clone(),
        ..Default::default()
    };
    let (_connector, end) = daytona_local::channel::channel().unwrap();
    let acceptor = daytona_local::channel::Acceptor::new(end).unwrap();
    let server = tokio::spawn(daytona_local::toolbox::serve(acceptor, options));
    while state_dir.exists() {
        tokio::task::yield_now().await;
    }
    server.abort();
}

#[tokio::test]
async fn a_fifo_a_socket_and_a_device_hold_nobody_up() {
    let toolbox = Toolbox::start();
    toolbox.fifo("p");
    let _socket = std::os::unix::net::UnixListener::bind(toolbox.path("s")).unwrap();
    // More than there are threads for blocking work.
    let downloads = join_all((0..520).map(|_| toolbox.get("/files/download?path=p"))).await;
    assert!(downloads.iter().all(|seen| seen.status == StatusCode::BAD_REQUEST));
    for path in ["p", "/dev/zero"] {
        let seen = toolbox.get(&format!("/files/download?path={path}")).await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(seen.json()["message"].as_str().unwrap().ends_with("not a regular file"), "{path}");
    }
    let parts = toolbox.post("/files/bulk-download", json!({"paths": ["p", "s", "/dev/zero"]})).await.text();
    assert_eq!(parts.matches("not a regular file").count(), 2, "{parts}");
    let body = json!({"files": ["p", "s", "/dev/zero"], "pattern": "x", "newValue": "y"});
    let reasons = ["not a regular file", "no such device or address", "not a regular file"];
    for (done, reason) in
        toolbox.post("/files/replace", body).await.json().as_array().unwrap().iter().zip(reasons)
    {
        assert!(done["error"].as_str().unwrap().ends_with(reason), "{done}");
    }
    assert_eq!(toolbox.get("/files/find?path=/dev/zero&pattern=x").await.json(), json!([]));
}

/// Whether this process has a file open.
fn is_open(path: &Path) -> bool {
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    open.filter_map(|entry| std::fs::read_link(entry.path()).ok()).any(|opened| opened == path)
}

#[tokio::test]
async fn work_on_a_huge_file_ends_with_its_client() {
    let toolbox = Toolbox::start();
    let huge = toolbox.path("huge");
    // It has no content on the disk; it would take hours to read.
    OpenOptions::new().write(true).create_new(true).open(&huge).unwrap().set_len(1 << 42).unwrap();
    let body = json!({"files": ["huge", "huge", "huge"], "pattern": "x", "newValue": "y"}).to_string();
    let replace = request(Method::POST, "/files/replace", &[], body);
    let download = request(Method::GET, "/files/download?path=huge", &[], "");
    for work in [replace, download] {
        let mut connection = toolbox.connect().await;
        let call = tokio::spawn(async move { connection.send(work).await });
        while !is_open(&huge) {
            tokio::task::yield_now().await;
        }
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        while is_open(&huge) {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(std::fs::metadata(&huge).unwrap().len(), 1 << 42);
}

#[tokio::test]
async fn a_large_folder_is_listed_in_order() {
    let toolbox = Toolbox::start();
    toolbox.run("mkdir d; cd d; seq -w 0 9999 | xargs touch").await;
    let listed = toolbox.get("/files?path=d").await.json();
    let names: Vec<&str> =
        listed.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert!(names.len() == 10_000 && names.is_sorted());
    let found = toolbox.get("/files/search?path=d&pattern=*9").await.json();
    assert_eq!(found["files"].as_array().unwrap().len(), 1000);
}

#[tokio::test]
async fn the_connection_survives_a_body_that_nobody_wants() {
    let toolbox = Toolbox::start();
    let mut connection = toolbox.connect().await;
    for (path, status) in [("/nope", 404), ("/init", 400), ("/files/folder", 400), ("/version/", 307)] {
        let seen = connection.send(request(Method::POST, path, &[], vec![b'x'; 8 << 20])).await;
        assert!(seen.status == status || path == "/version/", "{path}: {}", seen.status);
    }
}
