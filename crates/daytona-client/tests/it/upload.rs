//! Bulk uploads: the body, and the failures of files.

use bytes::Bytes;
use daytona_client::{Content, Error, ErrorKind, FileCause, FileFailure, UploadFile};
use serde_json::{Value, json};

use crate::support::{Scripted, Seen, Server, api_error, failure, sandbox, short_deadline};

const BULK: &str = "POST /toolbox/box-1/files/bulk-upload";
const SINGLE: &str = "POST /toolbox/box-1/files/upload-v2";
const OLD_SINGLE: &str = "POST /toolbox/box-1/files/upload";

fn file(path: &str, content: impl Into<Bytes>) -> UploadFile {
    UploadFile { path: path.to_owned(), content: content.into().into() }
}

fn bytes(file: &UploadFile) -> Bytes {
    let Content::Bytes(bytes) = &file.content else { panic!("{:?} is not bytes", file.path) };
    bytes.clone()
}

fn files(paths: &[&str]) -> Vec<UploadFile> {
    paths.iter().map(|path| file(path, "x")).collect()
}

/// Returns name and content of every part of a request, read by an independent parser.
async fn parts(request: &Seen) -> Vec<(String, Bytes)> {
    let boundary = multer::parse_boundary(request.header("content-type")).unwrap();
    let body = request.body.clone();
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
    let mut form = multer::Multipart::new(stream, boundary);
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        parts.push((name, field.bytes().await.unwrap()));
    }
    parts
}

fn assert_announced(request: &Seen) {
    assert_eq!(request.header("content-length"), request.body.len().to_string());
    assert_eq!(request.header("transfer-encoding"), "");
}

async fn assert_arrives(given: &[UploadFile]) {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(BULK, Scripted::json(200, &json!({"files": []})));
    let results = sandbox.upload(given, short_deadline()).await.unwrap();
    let paths: Vec<_> = results.iter().map(|result| result.path.as_str()).collect();
    let given_paths: Vec<_> = given.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, given_paths);
    assert!(results.iter().all(|result| result.failure.is_none()), "{results:?}");
    let request = server.only();
    assert_announced(&request);
    let wanted: Vec<(String, Bytes)> = given
        .iter()
        .enumerate()
        .flat_map(|(index, file)| {
            [
                (format!("files[{index}].path"), Bytes::from(file.path.clone())),
                (format!("files[{index}].file"), bytes(file)),
            ]
        })
        .collect();
    let arrived = parts(&request).await;
    assert_eq!(arrived.len(), wanted.len());
    for (arrived, wanted) in arrived.iter().zip(&wanted) {
        assert!(arrived == wanted, "{} is not {}", arrived.0, wanted.0);
    }
}

#[tokio::test]
async fn names_of_every_kind_arrive_unchanged() {
    let longest = "n".repeat(255);
    let names = [
        "plain",
        "/abs/deep/er/f",
        "with space",
        "quote\"s'",
        "back\\slash",
        "new\nline",
        "carriage\r\nreturn",
        "semi;colon; name=\"x\"",
        "per%20cent",
        "tab\there",
        "é",
        "日本",
        "🦀",
        "\u{10ffff}",
        "e\u{301}",
        "--boundary",
        "\u{200b}",
        "-",
        "...",
        &longest,
        "a/\u{feff}",
        "\u{7f}\u{1}",
    ];
    assert_arrives(&files(&names)).await;
}

#[tokio::test]
async fn contents_of_every_kind_arrive_unchanged() {
    let every_byte: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let contents = [
        file("empty", ""),
        file("binary", every_byte.clone()),
        file("line ends", "\r\n\r\n\r\n"),
        file("like a boundary", "\r\n--daytona-native-\r\n--\r\n--daytona-native-0123456789abcdef--\r\n"),
        file("like a part", "\r\nContent-Disposition: form-data; name=\"files[9].path\"\r\n\r\n/etc/x\r\n"),
        file("large", every_byte.repeat(20)),
        file("empty again", ""),
        file("exactly a chunk", vec![7_u8; 256 * 1024]),
        file("a chunk and one", vec![8_u8; 256 * 1024 + 1]),
    ];
    assert_arrives(&contents).await;
    for content in contents {
        assert_arrives(&[content]).await;
    }
}

#[tokio::test]
async fn thousands_of_files_are_one_request() {
    let many: Vec<_> = (0..2_000).map(|number| file(&format!("d/{number}"), number.to_string())).collect();
    assert_arrives(&many).await;
}

#[tokio::test]
async fn uploading_no_files_sends_no_request() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    assert!(sandbox.upload(&[], short_deadline()).await.unwrap().is_empty());
    assert!(server.lines().is_empty());
}

#[tokio::test]
async fn an_empty_response_of_an_old_toolbox_is_a_success() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(BULK, Scripted::empty(200));
    let results = sandbox.upload(&files(&["a", "b"]), short_deadline()).await.unwrap();
    assert!(results.iter().all(|result| result.failure.is_none()));
}

#[tokio::test]
async fn an_upload_is_retried_with_the_same_bytes() {
    for size in [10, 600_000] {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.once(BULK, Scripted::empty(503)).once(BULK, crate::support::Reply::Close);
        server.once(BULK, Scripted::json(200, &json!({"files": []})));
        sandbox.upload(&[file("f", vec![1_u8; size])], short_deadline()).await.unwrap();
        let requests = server.requests();
        assert_eq!(requests.len(), 3);
        requests.iter().for_each(assert_announced);
        for other in &requests[1..] {
            assert!(requests[0].body == other.body);
            assert_eq!(requests[0].header("content-type"), other.header("content-type"));
        }
    }
}

/// Returns the cause of each path's failure.
async fn assigned(paths: &[&str], errors: &[&str], written: Option<&[&str]>) -> Vec<Option<FileCause>> {
    causes(assigned_failures(paths, errors, written).await.unwrap())
}

fn causes(failures: Vec<Option<FileFailure>>) -> Vec<Option<FileCause>> {
    failures.into_iter().map(|failure| failure.map(|failure| failure.cause)).collect()
}

/// Returns the failure of each path when the service reports these errors.
async fn assigned_failures(
    paths: &[&str],
    errors: &[&str],
    written: Option<&[&str]>,
) -> Result<Vec<Option<FileFailure>>, Error> {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let written = written
        .map(|paths| -> Value { paths.iter().map(|path| json!({"path": path, "bytes": 1})).collect() });
    let mut body = json!({"errors": errors});
    if let Some(written) = written {
        body["files"] = written;
    }
    server.once(BULK, Scripted::json(400, &body));
    let results = sandbox.upload(&files(paths), short_deadline()).await?;
    Ok(results.into_iter().map(|result| result.failure).collect())
}

#[tokio::test]
async fn failures_are_assigned_to_their_files_only() {
    use FileCause::{InvalidPath, IsDirectory, NotFound, Other, PermissionDenied};
    let paths = [
        "ok",
        "d",
        "f/g",
        "ro/f",
        "ok2",
        "dangling",
        "loop",
        "quote\"s: and\nmore",
        "running",
        "socket",
        "/dev/full",
    ];
    let errors = [
        "d: create: open d: is a directory",
        "f/g: mkdir f: mkdir f: not a directory",
        "ro/f: create: open ro/f: permission denied",
        "dangling: create: open dangling: no such file or directory",
        "loop: create: open loop: too many levels of symbolic links",
        "quote\"s: and\nmore: create: open quote\"s: and\nmore: is a directory",
        "running: create: open running: text file busy",
        "socket: create: open socket: no such device or address",
        "/dev/full: write: no space left on device",
    ];
    let wanted = [
        None,
        Some(IsDirectory),
        Some(InvalidPath),
        Some(PermissionDenied),
        None,
        Some(NotFound),
        Some(InvalidPath),
        Some(IsDirectory),
        Some(PermissionDenied),
        Some(InvalidPath),
        Some(Other),
    ];
    assert_eq!(assigned(&paths, &errors, Some(&["ok", "ok2"])).await, wanted);
    assert_eq!(assigned(&paths, &errors, None).await, wanted);
    // The reason is the service's, without the path.
    let failures = assigned_failures(&paths, &errors, None).await.unwrap();
    let reasons: Vec<_> = failures.iter().flatten().map(|failure| failure.reason.as_str()).collect();
    assert_eq!(reasons[..2], ["create: open d: is a directory", "mkdir f: mkdir f: not a directory"]);
    assert_eq!(reasons.last(), Some(&"write: no space left on device"));
}

#[tokio::test]
async fn failures_are_assigned_correctly_if_one_path_is_a_prefix_of_another() {
    let error = "x: y: create: open x: y: is a directory";
    let wanted = [None, Some(FileCause::IsDirectory)];
    assert_eq!(assigned(&["x", "x: y"], &[error], Some(&["x"])).await, wanted);
    assert_eq!(assigned(&["x", "x: y"], &[error], None).await, wanted);
    // A path that contains the name of a step.
    let error = "x: create: a: create: open x: create: a: is a directory";
    assert_eq!(assigned(&["x", "x: create: a"], &[error], Some(&["x"])).await, wanted);
}

#[tokio::test]
async fn a_path_that_is_passed_twice_has_two_results() {
    let twice = ["d: create: open d: is a directory", "d: create: open d: is a directory"];
    let directory = Some(FileCause::IsDirectory);
    assert_eq!(assigned(&["d", "a", "d"], &twice, Some(&["a"])).await, [directory, None, directory]);
}

#[tokio::test]
async fn an_error_without_a_path_fails_the_call_unless_the_result_of_every_file_is_known() {
    let errors = ["b: write: unexpected EOF", "reading part: multipart: NextPart: EOF"];
    let error = failure(assigned_failures(&["a", "b", "c"], &errors, Some(&["a"])).await);
    assert_eq!(error.kind(), ErrorKind::BadRequest, "{error}");
    assert!(error.message().contains("NextPart"), "{error}");
    assert_eq!(assigned(&["a", "b"], &errors, Some(&["a"])).await, [None, Some(FileCause::Other)]);
    let error = failure(assigned_failures(&["a", "b"], &["invalid multipart form"], None).await);
    assert!(error.message().contains("invalid multipart form"), "{error}");
}

#[tokio::test]
async fn an_error_with_the_index_of_a_file_is_assigned_to_it() {
    let errors = ["path[1]: path too long", "file[1]: missing .path metadata"];
    assert_eq!(assigned(&["a", "b"], &errors, Some(&["a"])).await, [None, Some(FileCause::InvalidPath)]);
}

#[tokio::test]
async fn a_rejected_request_fails_the_call() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(BULK, Scripted::empty(400)).once(BULK, api_error(500, "the disk is full"));
    for kind in [ErrorKind::BadRequest, ErrorKind::InternalServer] {
        let error = failure(sandbox.upload(&files(&["a"]), short_deadline()).await);
        assert_eq!((error.kind(), error.sandbox_id()), (kind, Some("box-1")), "{error}");
    }
}

#[tokio::test]
async fn a_name_with_outer_white_space_is_uploaded_separately() {
    let names = [" before", "after ", "\nline", "tab\t", "\u{a0}nbsp", "wide\u{3000}"];
    for name in names {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.once(BULK, Scripted::json(200, &json!({"files": []})));
        server.once(SINGLE, Scripted::json(200, &json!({"name": "x", "path": "/x", "type": "file"})));
        let given = [file("a", "1"), file(name, "content"), file("b", "2")];
        let results = sandbox.upload(&given, short_deadline()).await.unwrap();
        let got: Vec<_> = results.iter().map(|result| (result.path.as_str(), &result.failure)).collect();
        assert_eq!(got, [("a", &None), (name, &None), ("b", &None)]);
        assert_eq!(server.lines(), [BULK, SINGLE]);
        let request = &server.requests()[1];
        assert_eq!(request.parameter("path").as_deref(), Some(name));
        assert_announced(request);
        assert_eq!(parts(request).await, [("file".to_owned(), Bytes::from_static(b"content"))]);
        // The bulk upload contains the other two files.
        assert_eq!(parts(&server.requests()[0]).await.len(), 4);
    }
}

#[tokio::test]
async fn a_separate_upload_uses_the_old_route_of_an_old_toolbox() {
    let unknown = [
        Scripted::bytes(404, "text/plain", "404 page not found"),
        Scripted::empty(404),
        Scripted::json(
            404,
            &json!({"statusCode": 404, "message": "not found: route", "source": "DAYTONA_DAEMON"}),
        ),
    ];
    for unknown in unknown {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.once(SINGLE, unknown).once(OLD_SINGLE, Scripted::empty(200));
        let results = sandbox.upload(&[file("a ", "content")], short_deadline()).await.unwrap();
        assert_eq!(results[0].failure, None);
        assert_eq!(server.lines(), [SINGLE, OLD_SINGLE]);
        let request = &server.requests()[1];
        assert_eq!(request.parameter("path").as_deref(), Some("a "));
        assert_eq!(parts(request).await, [("file".to_owned(), Bytes::from_static(b"content"))]);
    }
}

#[tokio::test]
async fn the_failure_of_a_separate_upload_does_not_affect_others() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(BULK, Scripted::json(200, &json!({"files": []})));
    let refused = |message: &str| Scripted::json(400, &json!({"statusCode": 400, "message": message}));
    server.once(SINGLE, refused("bad request: open d : is a directory"));
    server.once(SINGLE, Scripted::json(403, &json!({"statusCode": 403, "code": "FILE_ACCESS_DENIED"})));
    server.once(SINGLE, Scripted::json(200, &json!({"name": "c ", "path": "/c ", "type": "file"})));
    let results = sandbox.upload(&files(&["d ", "b ", "c ", "", " ", "ok"]), short_deadline()).await.unwrap();
    let failures = causes(results.into_iter().map(|result| result.failure).collect());
    let invalid = Some(FileCause::InvalidPath);
    let wanted =
        [Some(FileCause::IsDirectory), Some(FileCause::PermissionDenied), None, invalid, invalid, None];
    assert_eq!(failures, wanted);
}
