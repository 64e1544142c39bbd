//! Files on their way out.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::toolbox::{Seen, Toolbox, request};

const BOUNDARY: &str = "--DAYTONA-FILE-BOUNDARY";

async fn ask(toolbox: &Toolbox, path: &str, headers: &[(&str, &str)]) -> Seen {
    toolbox.send(request(Method::GET, path, headers, "")).await
}

/// The parts of a bulk download: headers and content.
fn parts(seen: &Seen) -> Vec<(String, String)> {
    assert_eq!(seen.header("content-type"), "multipart/form-data; boundary=DAYTONA-FILE-BOUNDARY");
    let text = seen.text();
    let body = text.strip_suffix(&format!("{BOUNDARY}--\r\n")).unwrap();
    let start = format!("{BOUNDARY}\r\n");
    let split = |part: &str| {
        let (head, content) = part.strip_suffix("\r\n").unwrap().split_once("\r\n\r\n").unwrap();
        (head.to_owned(), content.to_owned())
    };
    body.split(&start).skip(1).map(split).collect()
}

#[tokio::test]
async fn every_path_has_its_part_in_order() {
    let toolbox = Toolbox::start();
    toolbox.run("mkdir d; echo ok > 'ä \"b\".txt'; : > e; ln -s o o").await;
    let paths = ["ä \"b\".txt", "nope", "d", "", "e/x", "o", "e"];
    let parts = parts(&toolbox.post("/files/bulk-download", json!({ "paths": paths })).await);
    let good = "Content-Disposition: form-data; name=\"file\"; filename=\"\u{fffd} \\\"b\\\".txt\"; \
                filename*=utf-8''%C3%A4%20%22b%22.txt\r\nContent-Length: 3\r\nContent-Type: text/plain; charset=utf-8";
    assert_eq!(parts[0], (good.to_owned(), "ok\n".to_owned()));
    let errors = [
        (1, 404, "FILE_NOT_FOUND", "file not found: nope"),
        (2, 400, "INVALID_FILE_PATH", "invalid file path: path points to a directory: d"),
        (3, 400, "INVALID_FILE_PATH", "invalid file path: path is empty"),
        (4, 500, "FILE_READ_FAILED", "failed to open file: open e/x: not a directory"),
        (5, 500, "FILE_READ_FAILED", "failed to open file: open o: too many levels of symbolic links"),
    ];
    for (place, status, code, message) in errors {
        let (head, content) = &parts[place];
        assert!(head.contains("name=\"error\"") && head.contains("application/json"), "{head}");
        let error: Value = serde_json::from_str(content).unwrap();
        assert_eq!((&error["statusCode"], &error["code"]), (&json!(status), &json!(code)));
        assert_eq!((&error["message"], &error["path"]), (&json!(message), &json!(paths[place])));
        assert_eq!(error["source"], "DAYTONA_DAEMON");
    }
    assert!(parts[6].0.contains("Content-Length: 0") && parts[6].1.is_empty());
    assert_eq!(parts.len(), paths.len());
}

#[tokio::test]
async fn a_file_that_reports_no_size_is_sent_whole() {
    let toolbox = Toolbox::start();
    let seen = toolbox.post("/files/bulk-download", json!({"paths": ["/proc/sys/kernel/ostype"]})).await;
    let parts = parts(&seen);
    assert!(parts[0].0.contains("Content-Length: 0"));
    assert_eq!(parts[0].1, "Linux\n");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_to_its_end_ends_the_answer_without_the_closing_boundary() {
    let toolbox = Toolbox::start();
    toolbox.write("ok", "first");
    // It opens, and has nothing at its start.
    let paths = ["ok", "/proc/self/mem", "ok"];
    let seen = toolbox.post("/files/bulk-download", json!({ "paths": paths })).await;
    let text = seen.text();
    assert!(text.contains("\r\n\r\nfirst\r\n--DAYTONA-FILE-BOUNDARY\r\n"), "{text}");
    assert!(text.contains("filename=\"/proc/self/mem\"") && text.ends_with("\r\n\r\n"), "{text}");
    assert_eq!(text.matches(BOUNDARY).count(), 2, "{text}");
}

#[tokio::test]
async fn a_fifo_is_refused_without_waiting_for_its_other_end() {
    let toolbox = Toolbox::start();
    toolbox.fifo("p");
    let error = "open p: not a regular file";
    let parts = parts(&toolbox.post("/files/bulk-download", json!({"paths": ["p"]})).await);
    assert!(parts[0].1.contains("FILE_READ_FAILED") && parts[0].1.contains(error), "{}", parts[0].1);
    let seen = ask(&toolbox, "/files/download?path=p", &[]).await;
    assert_eq!(seen.status, StatusCode::BAD_REQUEST);
    assert!(seen.text().contains("p: not a regular file"), "{}", seen.text());
    let replaced = json!({"files": ["p"], "pattern": "a", "newValue": "b"});
    let seen = toolbox.post("/files/replace", replaced).await;
    assert_eq!(seen.json(), json!([{"file": "p", "success": false, "error": error}]));
}

#[tokio::test]
async fn bodies_without_paths_are_refused() {
    let toolbox = Toolbox::start();
    for body in [json!({}), json!({"paths": []}), json!({"paths": "a"}), json!({"paths": [1]}), json!(["a"])]
    {
        let seen = toolbox.post("/files/bulk-download", body.clone()).await;
        assert_eq!(
            (seen.status, &seen.json()["statusCode"]),
            (StatusCode::BAD_REQUEST, &json!(400)),
            "{body}"
        );
    }
    let seen = toolbox.post("/files/bulk-download", json!({"paths": [null]})).await;
    assert!(parts(&seen)[0].1.contains("INVALID_FILE_PATH"));
}

#[tokio::test]
async fn large_files_arrive_whole() {
    let toolbox = Toolbox::start();
    let content = "0123456789abcdef".repeat(256 * 1024);
    toolbox.write("big", &content);
    let seen = ask(&toolbox, "/files/download?path=big", &[]).await;
    assert_eq!(seen.header("content-length"), content.len().to_string());
    assert!(seen.body == content);
    let found = parts(&toolbox.post("/files/bulk-download", json!({"paths": ["big", "big"]})).await);
    assert!(found.len() == 2 && found.iter().all(|(_, found)| *found == content));
}

#[tokio::test]
async fn stretches_of_a_file() {
    let toolbox = Toolbox::start();
    toolbox.write("f", "0123456789");
    let get = |range: &'static str| {
        let toolbox = &toolbox;
        async move { ask(toolbox, "/files/download?path=f", &[("range", range)]).await }
    };
    let seen = get("bytes=2-4").await;
    assert_eq!((seen.status, seen.text().as_str()), (StatusCode::PARTIAL_CONTENT, "234"));
    assert_eq!((seen.header("content-range"), seen.header("content-length")), ("bytes 2-4/10", "3"));
    let seen = get("bytes=0-1,8-9").await;
    let boundary = seen.header("content-type").split_once("boundary=").unwrap().1;
    let part = |range: &str, content: &str| {
        format!(
            "--{boundary}\r\nContent-Range: bytes {range}/10\r\nContent-Type: application/octet-stream\r\n\r\n{content}\r\n"
        )
    };
    assert_eq!(seen.text(), part("0-1", "01") + &part("8-9", "89") + &format!("--{boundary}--\r\n"));
    let seen = get("bytes=10-").await;
    assert_eq!(
        (seen.status, seen.header("content-range")),
        (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */10")
    );
    let seen = get("lines=1-2").await;
    assert_eq!((seen.status, seen.header("content-range")), (StatusCode::RANGE_NOT_SATISFIABLE, ""));
}

#[tokio::test]
async fn conditions_on_the_time() {
    let toolbox = Toolbox::start();
    toolbox.run("echo x > f; touch -d '2020-01-01 00:00:00.9 UTC' f").await;
    let (then, before) = ("Wed, 01 Jan 2020 00:00:00 GMT", "Tue, 31 Dec 2019 23:59:59 GMT");
    let cases: [(&[(&str, &str)], u16); 7] = [
        (&[("if-modified-since", then)], 304),
        (&[("if-modified-since", before)], 200),
        (&[("if-unmodified-since", before)], 412),
        (&[("if-match", "\"tag\"")], 412),
        (&[("range", "bytes=0-0"), ("if-range", then)], 206),
        (&[("range", "bytes=0-0"), ("if-range", before)], 200),
        (&[("range", "bytes=0-0"), ("if-range", "\"tag\"")], 200),
    ];
    for (headers, status) in cases {
        let seen = ask(&toolbox, "/files/download?path=f", headers).await;
        assert_eq!(seen.status, status, "{headers:?}");
        assert!(status == 412 || seen.header("last-modified") == then, "{headers:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent() {
    let toolbox = Toolbox::start();
    for (path, status, code) in
        [("nope", 404, "FILE_NOT_FOUND"), (".", 400, "INVALID_FILE_PATH"), ("", 400, "BAD_REQUEST")]
    {
        let seen = ask(&toolbox, &format!("/files/download?path={path}"), &[]).await;
        assert_eq!((seen.status.as_u16(), &seen.json()["code"]), (status, &json!(code)), "{path}");
    }
}
