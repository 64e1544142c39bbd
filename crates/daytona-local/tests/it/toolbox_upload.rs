//! Files on their way in.

use bytes::Bytes;
use futures_util::stream;
use http::{Method, Request, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use serde_json::json;

use crate::toolbox::{Body, Seen, Toolbox, request};

const MULTIPART: &[(&str, &str)] = &[("content-type", "multipart/form-data; boundary=B")];

/// A part of a bulk upload.
fn part(name: &str, content: &str) -> String {
    format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
}

/// A path with its file.
fn file(index: &str, path: &str, content: &str) -> String {
    part(&format!("files[{index}].path"), path) + &part(&format!("files[{index}].file"), content)
}

async fn bulk(toolbox: &Toolbox, body: String) -> Seen {
    toolbox.send(request(Method::POST, "/files/bulk-upload", MULTIPART, body)).await
}

#[tokio::test]
async fn good_files_stay_when_others_fail() {
    let toolbox = Toolbox::start();
    std::fs::create_dir(toolbox.path("d")).unwrap();
    toolbox.write("f", "x");
    let body = [
        file("0", "new/ok1", "1"),
        file("1", "d", "2"),
        file("2", "f/g", "3"),
        part("files[9].file", "4"),
        file("3", " ok2 \n", "5"),
        "--B--\r\n".to_owned(),
    ];
    let seen = bulk(&toolbox, body.concat()).await;
    assert_eq!(seen.status, StatusCode::BAD_REQUEST);
    let response = seen.json();
    assert_eq!(response["files"], json!([{"path": "new/ok1", "bytes": 1}, {"path": "ok2", "bytes": 1}]));
    let errors = json!([
        "d: create: open d: is a directory",
        "f/g: mkdir f: mkdir f: not a directory",
        "file[9]: missing .path metadata",
    ]);
    assert_eq!(response["errors"], errors);
    assert_eq!((&response["source"], &response["statusCode"]), (&json!("DAYTONA_DAEMON"), &json!(400)));
    assert_eq!((toolbox.read("new/ok1"), toolbox.read("ok2")), ("1".to_owned(), "5".to_owned()));
}

#[tokio::test]
async fn files_that_cannot_be_written_do_not_keep_others_from_being_written() {
    let toolbox = Toolbox::start();
    let fifo = toolbox.fifo("fifo");
    // Both ends are open, so that a FIFO could be written.
    let _ends = std::fs::OpenOptions::new().read(true).write(true).open(fifo).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(toolbox.path("socket")).unwrap();
    let paths = ["fifo", "socket", "/dev/full", "ok"];
    let body: String = paths.iter().map(|path| file(path, path, "content")).collect();
    let answer = bulk(&toolbox, body + "--B--\r\n").await.json();
    let errors = json!([
        "fifo: create: open fifo: not a regular file",
        "socket: create: open socket: no such device or address",
        "/dev/full: write: no space left on device",
    ]);
    assert_eq!((&answer["errors"], &answer["files"]), (&errors, &json!([{"path": "ok", "bytes": 7}])));
}

#[tokio::test]
async fn paths_may_all_come_first_and_nothing_is_fine() {
    let toolbox = Toolbox::start();
    let body = part("files[a].path", "a") + &part("files[].path", "b") + &part("files[].file", "B");
    let seen = bulk(&toolbox, body + &part("files[a].file", "A") + "--B--").await;
    assert_eq!(seen.json(), json!({"files": [{"path": "b", "bytes": 1}, {"path": "a", "bytes": 1}]}));
    assert_eq!(bulk(&toolbox, "--B--\r\n".to_owned()).await.json(), json!({"files": null}));
}

#[tokio::test]
async fn what_arrived_of_a_body_that_is_cut_off_stays() {
    let toolbox = Toolbox::start();
    let whole = file("0", "f", "half");
    let seen = bulk(&toolbox, whole.trim_end().to_owned()).await;
    let response = seen.json();
    assert_eq!(
        response["errors"],
        json!(["f: write: unexpected EOF", "reading part: multipart: NextPart: EOF"])
    );
    assert_eq!(toolbox.read("f"), "half");
}

#[tokio::test]
async fn an_existing_file_keeps_its_mode_and_its_other_names() {
    let toolbox = Toolbox::start();
    toolbox.run("echo old-and-longer > f; chmod 750 f; ln f hard; ln -s f soft").await;
    assert_eq!(bulk(&toolbox, file("0", "soft", "new") + "--B--").await.status, StatusCode::OK);
    assert_eq!(toolbox.run("cat f hard; stat -c %a f; readlink soft").await.1, "newnew750\nf\n");
}

/// The length of a file of this process that has no name, or none any more, and
/// is in a folder.
fn length_without_a_name(folder: &std::path::Path) -> u64 {
    let mut length = 0;
    for entry in std::fs::read_dir("/proc/self/fd").unwrap().flatten() {
        // Others open and close files meanwhile.
        let Ok(path) = std::fs::read_link(entry.path()) else { continue };
        let is_deleted = path.as_os_str().as_encoded_bytes().ends_with(b" (deleted)");
        if path.starts_with(folder) && is_deleted {
            length += std::fs::metadata(entry.path()).map_or(0, |found| found.len());
        }
    }
    length
}

/// A request whose body comes from a channel.
fn slow_upload(path: &str, headers: &[(&str, &str)]) -> (tokio::sync::mpsc::Sender<String>, Request<Body>) {
    let (sender, receiver) = tokio::sync::mpsc::channel::<String>(1);
    let pieces = stream::unfold(receiver, |mut receiver| async {
        let piece = receiver.recv().await?;
        Some((Ok(Frame::data(Bytes::from(piece))), receiver))
    });
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    (sender, request.body(StreamBody::new(pieces).boxed_unsync()).unwrap())
}

#[tokio::test]
async fn a_body_of_unknown_length_is_on_disk_while_it_arrives_and_appears_at_its_end() {
    let toolbox = Toolbox::start();
    let (sender, upload) = slow_upload("/files/bulk-upload", MULTIPART);
    let big = "0123456789abcdef".repeat(64 * 1024);
    let start = file("0", "f", &big);
    let whole = async {
        sender.send(start.trim_end().to_owned()).await.unwrap();
        // The request is not over, yet its content is on the disk but for what
        // may be the start of a boundary.
        while length_without_a_name(&toolbox.path("")) < big.len() as u64 - 16 {
            tokio::task::yield_now().await;
        }
        assert!(!toolbox.path("f").exists());
        sender.send("\r\n--B--\r\n".to_owned()).await.unwrap();
        drop(sender);
    };
    let (seen, ()) = tokio::join!(toolbox.send(upload), whole);
    assert_eq!(seen.json(), json!({"files": [{"path": "f", "bytes": big.len()}]}));
    assert!(toolbox.read("f") == big);
}

#[tokio::test]
async fn a_connection_that_breaks_off_leaves_the_old_file_or_none() {
    let toolbox = Toolbox::start();
    toolbox.write("old", "old");
    toolbox.run("echo one > names; ln names other").await;
    let form = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n";
    for target in ["old", "new", "names"] {
        for (path, headers, head) in [
            (format!("/files/upload?path={target}"), MULTIPART, form.to_owned()),
            (format!("/files/upload-v2?path={target}"), MULTIPART, form.to_owned()),
            (format!("/files/upload-v2?path={target}"), &[][..], String::new()),
            (
                "/files/bulk-upload".to_owned(),
                MULTIPART,
                file("0", target, "").trim_end().to_owned() + "\r\n\r\n",
            ),
        ] {
            let (sender, upload) = slow_upload(&path, headers);
            let mut connection = toolbox.connect().await;
            let call = tokio::spawn(async move { connection.send(upload).await });
            sender.send(format!("{head}{}", "x".repeat(300_000))).await.unwrap();
            let folder = toolbox.path("").parent().unwrap().to_owned();
            while length_without_a_name(&folder) < 100_000 {
                tokio::task::yield_now().await;
            }
            call.abort();
            assert!(call.await.unwrap_err().is_cancelled());
            while length_without_a_name(&folder) > 0 {
                tokio::task::yield_now().await;
            }
        }
    }
    assert_eq!(toolbox.run("cat old names other; ls -A").await.1, "oldone\none\nnames\nold\nother\n");
}

#[tokio::test]
async fn a_file_is_exchanged_as_a_whole() {
    let toolbox = Toolbox::start();
    for (path, body) in [
        ("/files/upload-v2?path=f", "new".to_owned()),
        ("/files/bulk-upload", file("0", "f", "new") + "--B--"),
    ] {
        toolbox.write("f", "old and longer");
        let old = std::fs::File::open(toolbox.path("f")).unwrap();
        let headers = if path.contains("bulk") { MULTIPART } else { &[] };
        assert_eq!(toolbox.send(request(Method::POST, path, headers, body)).await.status, StatusCode::OK);
        // Whoever reads the old file reads on: not a byte of it has changed.
        assert_eq!(std::io::read_to_string(old).unwrap(), "old and longer", "{path}");
        assert_eq!(toolbox.read("f"), "new", "{path}");
    }
}

#[tokio::test]
async fn a_target_that_cannot_be_exchanged_is_written_in_place() {
    let toolbox = Toolbox::start();
    toolbox.run("echo old > f; chmod 640 f; exec 3<f; cp f attr; python3 -c 'import os; os.setxattr(\"attr\", \"user.a\", b\"1\")'").await;
    let raw = |path: &'static str| toolbox.send(request(Method::POST, path, &[], "new"));
    assert_eq!(raw("/files/upload-v2?path=f").await.status, StatusCode::OK);
    assert_eq!(raw("/files/upload-v2?path=attr").await.status, StatusCode::OK);
    assert_eq!(raw("/files/upload-v2?path=/dev/null").await.status, StatusCode::OK);
    let refused = ["mkfifo p", "mkdir d"];
    toolbox.run(&refused.join(";")).await;
    for path in ["/files/upload-v2?path=p", "/files/upload-v2?path=d"] {
        assert_eq!(raw(path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    let check = "cat f attr; stat -c %a f attr; python3 -c 'import os; print(os.getxattr(\"attr\", \"user.a\"))'; stat -c %F /dev/null";
    assert_eq!(toolbox.run(check).await.1, "newnew640\n640\nb'1'\ncharacter special file\n");
}

#[tokio::test]
async fn a_body_that_is_not_multipart_is_refused() {
    let toolbox = Toolbox::start();
    for content_type in ["application/json", "multipart/form-data"] {
        let headers = [("content-type", content_type)];
        let seen =
            toolbox.send(request(Method::POST, "/files/bulk-upload", &headers, "x".repeat(1 << 20))).await;
        assert_eq!(
            (seen.status, &seen.json()["errors"]),
            (StatusCode::BAD_REQUEST, &json!(["invalid multipart form"]))
        );
    }
}

#[tokio::test]
async fn one_file_in_either_form() {
    let toolbox = Toolbox::start();
    let form =
        "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../x\"\r\n\r\nhello\r\n--B--\r\n";
    let upload = |path: &'static str| toolbox.send(request(Method::POST, path, MULTIPART, form));
    assert_eq!(upload("/files/upload?path=a/b").await.status, StatusCode::OK);
    assert_eq!(upload("/files/upload").await.status, StatusCode::BAD_REQUEST);
    let response = upload("/files/upload-v2?path=v2.txt").await.json();
    assert_eq!(
        (&response["name"], &response["path"]),
        (&json!("v2.txt"), &json!(toolbox.path("v2.txt").to_str().unwrap()))
    );
    let raw = toolbox.send(request(Method::POST, "/files/upload-v2?path=raw", &[], "bytes")).await;
    assert_eq!(raw.status, StatusCode::OK);
    let nameless = part("file", "x") + "--B--";
    let seen = toolbox.send(request(Method::POST, "/files/upload?path=none", MULTIPART, nameless)).await;
    assert_eq!(seen.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        toolbox.run("cat a/b v2.txt raw; stat -c %a a; ls").await.1,
        "hellohellobytes750\na\nraw\nv2.txt\n"
    );
}
