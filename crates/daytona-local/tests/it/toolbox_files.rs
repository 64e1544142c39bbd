//! Looking at files and changing them.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::toolbox::{Toolbox, request};

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_folder_is_listed_by_bytes_and_as_deep_as_asked() {
    let toolbox = Toolbox::start();
    toolbox.run("mkdir -p d/e/g; touch d/b d/a d/Z d/.h d/e/f d/e/g/h; ln -s e d/l; ln -s gone d/x").await;
    let list = toolbox.get("/files?path=d").await.json();
    assert_eq!(names(&list), [".h", "Z", "a", "b", "e", "l"]);
    assert_eq!(list[5]["isDir"], true);
    assert_eq!(list[2]["path"], toolbox.path("d/a").to_str().unwrap());
    let deep = toolbox.get("/files?path=d&depth=2").await.json();
    assert_eq!(names(&deep), [".h", "Z", "a", "b", "e", "f", "g", "l"]);
    assert_eq!(toolbox.get("/files?path=d&depth=0").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_a_file_is() {
    let toolbox = Toolbox::start();
    toolbox.run("printf hello > f; chmod 2754 f; touch -d '2020-02-29 01:02:03.5 UTC' f").await;
    let info = toolbox.get("/files/info?path=./f").await.json();
    assert_eq!((&info["name"], &info["size"], &info["isDir"]), (&json!("f"), &json!(5), &json!(false)));
    assert_eq!((&info["mode"], &info["permissions"]), (&json!("grwxr-xr--"), &json!("0754")));
    assert_eq!(info["modifiedAt"], "2020-02-29T01:02:03.5Z");
    assert_eq!(info["modTime"], "2020-02-29 01:02:03.5 +0000 UTC");
}

#[tokio::test]
async fn a_path_need_not_be_text() {
    let toolbox = Toolbox::start();
    toolbox.run("touch $'\\xff'").await;
    assert_eq!(toolbox.get("/files/info?path=%ff").await.json()["name"], "\u{fffd}");
    assert_eq!(
        toolbox.send(request(Method::DELETE, "/files?path=%FF", &[], "")).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(toolbox.get("/files").await.json(), json!([]));
}

#[tokio::test]
async fn failures_name_the_path_the_cause_and_the_request() {
    let toolbox = Toolbox::start();
    toolbox.write("f", "x");
    for (path, status, code, cause) in [
        ("nope", 404, "FILE_NOT_FOUND", "no such file or directory"),
        ("f/x", 400, "BAD_REQUEST", "not a directory"),
        ("a%00b", 400, "BAD_REQUEST", "invalid argument"),
        ("", 400, "BAD_REQUEST", "path is required"),
    ] {
        let error = toolbox.get(&format!("/files/info?path={path}")).await.json();
        assert_eq!((&error["statusCode"], &error["code"]), (&json!(status), &json!(code)), "{path}");
        assert!(error["message"].as_str().unwrap().ends_with(cause), "{error}");
        assert_eq!((&error["path"], &error["method"]), (&json!("/files/info"), &json!("GET")));
    }
}

#[tokio::test]
async fn a_folder_is_deleted_only_when_that_is_meant() {
    let toolbox = Toolbox::start();
    toolbox.run("mkdir -p d/e; touch d/e/f keep; ln -s ../keep d/l").await;
    let delete = |query: &'static str| toolbox.send(request(Method::DELETE, query, &[], ""));
    assert_eq!(delete("/files?path=d&recursive=1").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(delete("/files?path=.&recursive=true").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(delete("/files?path=d&recursive=true").await.status, StatusCode::NO_CONTENT);
    assert_eq!(toolbox.run("ls").await.1, "keep\n");
}

#[tokio::test]
async fn a_move_replaces_nothing() {
    let toolbox = Toolbox::start();
    toolbox.run("mkdir -p d/x; echo 1 > a; echo 2 > b").await;
    let relocate = |query: &'static str| toolbox.post(query, Value::Null);
    assert_eq!(relocate("/files/move?source=a&destination=b").await.status, StatusCode::CONFLICT);
    assert_eq!(relocate("/files/move?source=a&destination=d").await.status, StatusCode::CONFLICT);
    assert_eq!(relocate("/files/move?source=a&destination=no/b").await.status, StatusCode::NOT_FOUND);
    assert_eq!(relocate("/files/move?source=d&destination=d/x/y").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(relocate("/files/move?source=a&destination=new/").await.status, StatusCode::OK);
    assert_eq!(toolbox.run("find . -type f | sort; ls d; cat new b").await.1, "./b\n./new\nx\n1\n2\n");
}

#[tokio::test]
async fn a_move_to_another_file_system_keeps_modes_and_links() {
    let toolbox = Toolbox::start();
    let other = tempfile::tempdir_in("/dev/shm").unwrap();
    toolbox
        .run("mkdir -m 500 d; chmod 700 d; echo x > d/f; chmod 640 d/f; ln -s gone d/l; chmod 500 d")
        .await;
    let target = other.path().join("d");
    let query = format!("/files/move?source=d&destination={}", target.display());
    assert_eq!(toolbox.post(&query, Value::Null).await.status, StatusCode::OK);
    let script = format!("cd {}; stat -c '%a %N' . f l; ls {}", target.display(), toolbox.path("").display());
    assert_eq!(toolbox.run(&script).await.1, "500 '.'\n640 'f'\n777 'l' -> 'gone'\n");
}

#[tokio::test]
async fn modes_change_and_bad_ones_do_not() {
    let toolbox = Toolbox::start();
    toolbox.write("f", "");
    let change = |query: &'static str| toolbox.post(query, Value::Null);
    assert_eq!(change("/files/permissions?path=f&mode=4611").await.status, StatusCode::OK);
    assert_eq!(change("/files/permissions?path=f&mode=9").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        change("/files/permissions?path=f&mode=600&owner=no-such-user").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(toolbox.run("stat -c %a f").await.1, "600\n");
}

#[tokio::test]
async fn texts_and_names_are_found() {
    let toolbox = Toolbox::start();
    toolbox.run("mkdir -p p/a; printf 'x\\n hit \\r\\n' > p/a/z; printf 'hit\\0' > p/bin; echo hit > p/b; ln -s b p/l; mkfifo p/q").await;
    let found = toolbox.get("/files/find?path=./p/&pattern=hit").await.json();
    assert_eq!(
        found,
        json!([{"file": "p/a/z", "line": 2, "content": " hit "}, {"file": "p/b", "line": 1, "content": "hit"}])
    );
    let found = toolbox.get("/files/search?path=p&pattern=%5B%5Ez%5D").await.json();
    assert_eq!(found, json!({"files": ["p", "p/a", "p/b", "p/l", "p/q"]}));
    assert_eq!(toolbox.get("/files/search?path=gone&pattern=%5B").await.json(), json!({"files": []}));
}

#[tokio::test]
async fn a_text_is_replaced_in_place() {
    let toolbox = Toolbox::start();
    toolbox.run("printf 'a.c abc\\xff' > f; chmod 640 f; ln f hard; ln -s f soft; mkdir d").await;
    let body = json!({"files": ["soft", "nope", "d"], "PATTERN": "a.c", "newValue": "$1"});
    let done = toolbox.post("/files/replace", body).await.json();
    assert_eq!(done[0], json!({"file": "soft", "success": true}));
    assert_eq!(done[1]["error"], "open nope: no such file or directory");
    assert_eq!(done[2]["error"], "read d: is a directory");
    assert_eq!(
        toolbox.run("od -An -c hard; stat -c %a f").await.1.split_whitespace().collect::<String>(),
        "$1abc377640"
    );
    let refused =
        toolbox.post("/files/replace", json!({"files": [], "pattern": "x", "newValue": null})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}
