//! Bulk downloads.

use daytona_client::{DownloadedFile, Error, ErrorKind, FileCause, FileFailure, Storage};
use serde_json::json;

use crate::support::{Scripted, Seen, Server, failure, sandbox, short_deadline};

const BULK: &str = "POST /toolbox/box-1/files/bulk-download";
const TYPE: &str = "multipart/form-data; boundary=DAYTONA-FILE-BOUNDARY";

/// A body as the toolbox writes it, part by part.
#[derive(Clone, Default)]
struct Form(Vec<u8>);

impl Form {
    fn part(mut self, head: &str, content: &[u8]) -> Self {
        let delimiter = if self.0.is_empty() { "--" } else { "\r\n--" };
        self.0.extend_from_slice(format!("{delimiter}DAYTONA-FILE-BOUNDARY\r\n{head}\r\n").as_bytes());
        self.0.extend_from_slice(content);
        self
    }

    fn file(self, content: &[u8]) -> Self {
        self.announced(content.len(), content)
    }

    fn announced(self, length: usize, content: &[u8]) -> Self {
        let head = format!(
            "Content-Disposition: form-data; name=\"file\"; filename=\"/tmp/\u{e4}; name=\\\"error\\\"\"; \
             filename*=utf-8''%2Ftmp\r\nContent-Length: {length}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        );
        self.part(&head, content)
    }

    fn unannounced(self, content: &[u8]) -> Self {
        let head =
            "Content-Disposition: form-data; name=\"file\"; filename=\"x\"\r\nContent-Type: text/plain\r\n";
        self.part(head, content)
    }

    fn error(self, content_type: &str, content: &str) -> Self {
        let head = format!(
            "Content-Disposition: form-data; name=\"error\"; filename=\"x\"\r\nContent-Type: {content_type}\r\n"
        );
        self.part(&head, content.as_bytes())
    }

    fn coded(self, status: u16, code: &str, message: &str) -> Self {
        let body = json!({
            "statusCode": status, "message": message, "code": code, "timestamp": "2026-01-02T03:04:05Z",
            "path": "/x", "method": "POST",
        });
        self.error("application/json; charset=utf-8", &body.to_string())
    }

    fn end(mut self) -> Scripted {
        self.0.extend_from_slice(b"\r\n--DAYTONA-FILE-BOUNDARY--\r\n");
        self.open()
    }

    /// Returns the response without the closing delimiter.
    fn open(self) -> Scripted {
        Scripted::bytes(200, TYPE, self.0)
    }
}

async fn download(answer: Scripted, count: usize, limit: u64) -> Result<Vec<DownloadedFile>, Error> {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(BULK, answer);
    let paths: Vec<String> = (0..count).map(|number| format!("/tmp/{number}")).collect();
    let files = sandbox.download(&paths, limit, short_deadline()).await?;
    assert_eq!(server.only().json(), json!({"paths": paths}));
    assert!(files.iter().map(|file| &file.path).eq(&paths), "{files:?}");
    Ok(files)
}

type Contents = Vec<Result<Vec<u8>, FileCause>>;

async fn contents(answer: Scripted, count: usize) -> Contents {
    causes(download(answer, count, u64::MAX).await.unwrap())
}

/// Returns the content of each file, or the cause of its failure.
fn causes(files: Vec<DownloadedFile>) -> Contents {
    files.into_iter().map(|file| file.content.map_err(|failure| failure.cause)).collect()
}

/// Returns a body with files of every kind, and the expected results.
fn mixed() -> (Form, Contents) {
    let inside =
        b"a\r\n--DAYTONA-FILE-BOUNDARY\r\nContent-Length: 3\r\n\r\n--DAYTONA-FILE-BOUNDARY--\r\n".as_slice();
    let every_byte: Vec<u8> = (0..=255).collect();
    let form = Form::default()
        .file(b"hello")
        .file(b"")
        .file(inside)
        .coded(404, "FILE_NOT_FOUND", "file not found: /x")
        .file(&every_byte)
        // Files in /proc have an announced size of 0.
        .announced(0, b"cpu\r\n--DAYTONA\r\n-")
        .unannounced(b"\r\n\r\n--DAYTONA-FILE-BOUNDAR\r\n\r")
        .unannounced(b"")
        .file(b"\r\n")
        .error("text/plain; charset=utf-8", "file not found or invalid: /x");
    let wanted = vec![
        Ok(b"hello".to_vec()),
        Ok(Vec::new()),
        Ok(inside.to_vec()),
        Err(FileCause::NotFound),
        Ok(every_byte),
        Ok(b"cpu\r\n--DAYTONA\r\n-".to_vec()),
        Ok(b"\r\n\r\n--DAYTONA-FILE-BOUNDAR\r\n\r".to_vec()),
        Ok(Vec::new()),
        Ok(b"\r\n".to_vec()),
        Err(FileCause::NotFound),
    ];
    (form, wanted)
}

#[tokio::test]
async fn files_of_every_kind_are_read_with_every_chunk_size() {
    let (form, wanted) = mixed();
    assert_eq!(contents(form.clone().end(), wanted.len()).await, wanted);
    for size in [1, 2, 3, 5, 7, 11, 64, 100, 1000] {
        let answer = form.clone().end().in_chunks(size);
        assert_eq!(contents(answer, wanted.len()).await, wanted, "chunks of {size}");
    }
}

#[tokio::test]
async fn files_are_read_if_the_response_is_split_at_any_byte() {
    let (form, wanted) = mixed();
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    let paths = vec!["x".to_owned(); wanted.len()];
    for index in 1..form.0.len() + 20 {
        server.once(BULK, form.clone().end().split_at(index));
        let files = sandbox.download(&paths, u64::MAX, short_deadline()).await.unwrap();
        assert_eq!(causes(files), wanted, "split at {index}");
    }
}

#[tokio::test]
async fn preamble_and_epilogue_are_ignored() {
    let mut body = b"a preamble\r\n".to_vec();
    body.extend_from_slice(&Form::default().file(b"x").0);
    body.extend_from_slice(b"\r\n--DAYTONA-FILE-BOUNDARY--\r\nan epilogue");
    assert_eq!(contents(Scripted::bytes(200, TYPE, body), 1).await, [Ok(b"x".to_vec())]);
}

#[tokio::test]
async fn boundaries_may_be_quoted_and_contain_spaces() {
    let body = "--B 1\r\nContent-Length: 1\r\n\r\nx\r\n--B 1--";
    let answer = Scripted::bytes(200, "multipart/mixed; charset=x; Boundary=\"B 1\"", body);
    assert_eq!(contents(answer, 1).await, [Ok(b"x".to_vec())]);
}

#[tokio::test]
async fn errors_of_every_toolbox_version_are_classified() {
    let form = Form::default()
        .coded(404, "FILE_NOT_FOUND", "file not found: /x")
        .coded(403, "FILE_ACCESS_DENIED", "permission denied: /x")
        .coded(400, "INVALID_FILE_PATH", "invalid file path: path points to a directory: /x")
        .coded(500, "FILE_READ_FAILED", "failed to open file: open f/x: not a directory")
        .coded(500, "FILE_READ_FAILED", "failed to open file: open x: file name too long")
        .coded(500, "FILE_READ_FAILED", "failed to open file: open x: input/output error")
        .error("application/json", r#"{"status_code":404,"error_code":"FILE_NOT_FOUND","message":"gone"}"#)
        .error(
            "application/json",
            r#"{"statusCode":403,"code":"FILE_ACCESS_DENIED","source":"DAYTONA_DAEMON"}"#,
        )
        .error("text/plain; charset=utf-8", "file not found or invalid: /x")
        .error("text/plain", "open /x: permission denied")
        .error("text/plain", "");
    let wanted = [
        Err(FileCause::NotFound),
        Err(FileCause::PermissionDenied),
        Err(FileCause::IsDirectory),
        Err(FileCause::InvalidPath),
        Err(FileCause::InvalidPath),
        Err(FileCause::Other),
        Err(FileCause::NotFound),
        Err(FileCause::PermissionDenied),
        Err(FileCause::NotFound),
        Err(FileCause::PermissionDenied),
        Err(FileCause::Other),
    ];
    assert_eq!(contents(form.clone().end(), wanted.len()).await, wanted);
    // The reason is the service's, if there is one.
    let files = download(form.end(), wanted.len(), u64::MAX).await.unwrap();
    let reason = |index: usize| files[index].content.as_ref().unwrap_err().reason.as_str();
    assert_eq!(reason(5), "failed to open file: open x: input/output error");
    assert_eq!(reason(7), "permission denied");
    assert_eq!(reason(10), "the service gave no reason");
}

/// Returns the failure of the file at an index.
fn failure_at(files: &[DownloadedFile], index: usize) -> &FileFailure {
    files[index].content.as_ref().unwrap_err()
}

#[tokio::test]
async fn a_file_that_the_service_stops_reading_does_not_affect_the_others() {
    let first = Form::default().file(b"first");
    let stopped = [
        (first.clone().announced(100, b"only this"), 9),
        (first.clone().unannounced(b""), 0),
        (first.clone().file(b"whole, but the end is missing"), 29),
        // Shorter than announced, so that what follows is part of the content.
        (
            Form([first.announced(100, b"shrunk").0, b"\r\n--DAYTONA-FILE-BOUNDARY--\r\n".to_vec()].concat()),
            35,
        ),
    ];
    for (number, (form, received)) in stopped.into_iter().enumerate() {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.once(BULK, form.open()).once(BULK, Form::default().file(b"third").end());
        let paths = ["/tmp/0", "/tmp/1", "/tmp/2"].map(str::to_owned);
        let files = sandbox.download(&paths, u64::MAX, short_deadline()).await.unwrap();
        assert!(files.iter().map(|file| &file.path).eq(&paths), "form {number}: {files:?}");
        assert_eq!(files[0].content, Ok(b"first".to_vec()), "form {number}");
        assert_eq!(files[2].content, Ok(b"third".to_vec()), "form {number}");
        let failure = failure_at(&files, 1);
        assert_eq!(failure.cause, FileCause::Other, "form {number}: {failure:?}");
        assert!(failure.reason.contains(&format!("after {received} bytes")), "{failure:?}");
        // The rest is requested again, without the files that are known.
        let asked: Vec<_> = server.requests().iter().map(Seen::json).collect();
        assert_eq!(asked, [json!({"paths": paths}), json!({"paths": ["/tmp/2"]})], "form {number}");
    }
}

#[tokio::test]
async fn a_broken_connection_fails_the_call() {
    let forms = [
        Form::default().announced(100, b"only this"),
        Form::default().unannounced(b"only this"),
        Form::default().file(b"whole, but the end is missing"),
        Form::default().coded(404, "FILE_NOT_FOUND", "file not found: /x"),
    ];
    for (number, form) in forms.into_iter().enumerate() {
        let error = failure(download(form.open().then_cut(), 1, u64::MAX).await);
        assert_eq!(error.kind(), ErrorKind::Connection, "form {number}: {error}");
    }
}

#[tokio::test]
async fn a_truncated_error_fails_the_call() {
    let form = Form::default().coded(404, "FILE_NOT_FOUND", "file not found: /x");
    let error = failure(download(form.open(), 1, u64::MAX).await);
    assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
    let text = error.to_string();
    assert!(text.contains("only a part") && text.contains("/tmp/0") && text.contains("box-1"), "{text}");
}

#[tokio::test]
async fn a_file_stream_ends_with_an_error_if_the_service_stops_reading() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.once(BULK, Form::default().announced(100, b"only this").open());
    let mut stream = sandbox.download_stream("/tmp/0", short_deadline()).await.unwrap();
    let mut received = 0;
    let error = loop {
        match stream.next().await {
            Ok(Some(piece)) => received += piece.len(),
            Ok(None) => panic!("the stream ended without an error"),
            Err(error) => break error,
        }
    };
    assert_eq!((error.kind(), received), (ErrorKind::FileReadFailed, 9), "{error}");
    assert!(error.message().contains("9 of 100 bytes of \"/tmp/0\""), "{error}");
}

#[tokio::test]
async fn the_number_of_parts_must_match_the_number_of_paths() {
    let two = || Form::default().file(b"a").file(b"b").end();
    let error = failure(download(two(), 3, u64::MAX).await);
    assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
    assert!(error.message().contains("fewer files than asked for"), "{error}");
    let error = failure(download(two(), 1, u64::MAX).await);
    assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
    assert!(error.message().contains("more files than asked for"), "{error}");
}

#[tokio::test]
async fn downloading_no_files_sends_no_request() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    assert!(sandbox.download(&[], u64::MAX, short_deadline()).await.unwrap().is_empty());
    assert!(server.lines().is_empty());
}

#[tokio::test]
async fn malformed_responses_are_errors_with_the_url() {
    let answers = [
        Scripted::html(200),
        Scripted::empty(200),
        Scripted::json(200, &json!({})),
        Scripted::bytes(200, "multipart/form-data", "--x\r\n\r\n"),
        Scripted::bytes(200, TYPE, "no delimiter at all"),
        Scripted::bytes(200, TYPE, ""),
        Scripted::bytes(200, TYPE, "--DAYTONA-FILE-BOUNDARY--\r\n"),
        Scripted::bytes(200, TYPE, "--DAYTONA-FILE-BOUNDARY\r\nContent-Length: 5\r\n"),
        Scripted::bytes(200, TYPE, [b"--DAYTONA-FILE-BOUNDARY\r\n".as_slice(), &[b'h'; 200_000]].concat()),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let error = failure(download(answer, 1, u64::MAX).await);
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "answer {number}: {error}");
        assert!(error.message().contains("/toolbox/box-1/files/bulk-download"), "answer {number}: {error}");
    }
}

#[tokio::test]
async fn a_file_above_the_limit_does_not_affect_the_others() {
    let form = || Form::default().file(b"0123456789");
    assert_eq!(download(form().end(), 1, 10).await.unwrap()[0].content, Ok(b"0123456789".to_vec()));
    let too_large = [
        form().end(),
        Form::default().unannounced(b"0123456789").end(),
        Form::default().announced(0, b"0123456789").end(),
        Form::default().unannounced(&[b'x'; 100_000]).end().in_chunks(10),
        // More than any machine has.
        Form::default().part("Content-Length: 18446744073709551615\r\n", b"x").end(),
    ];
    for (number, answer) in too_large.into_iter().enumerate() {
        let limit = if number == 4 { u64::MAX } else { 9 };
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.once(BULK, answer).once(BULK, Form::default().file(b"small").end());
        let paths = ["/tmp/0", "/tmp/1"].map(str::to_owned);
        let files = sandbox.download(&paths, limit, short_deadline()).await.unwrap();
        assert_eq!(files[1].content, Ok(b"small".to_vec()), "answer {number}");
        let failure = failure_at(&files, 0);
        assert_eq!(failure.cause, FileCause::Other, "answer {number}: {failure:?}");
        assert!(failure.reason.contains("more than fit into memory"), "answer {number}: {failure:?}");
    }
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    for (limit, storage) in [(9, Small(usize::MAX)), (u64::MAX, Small(9))] {
        server.once(BULK, form().end());
        let error = failure(sandbox.download_one_into("/tmp/0", limit, &storage, short_deadline()).await);
        assert_eq!(error.kind(), ErrorKind::FileReadFailed, "{error}");
        assert!(error.to_string().contains("\"/tmp/0\"") && error.message().contains("10 bytes"), "{error}");
    }
}

/// Memory for files of at most this size.
struct Small(usize);

impl Storage for Small {
    type Memory = Vec<u8>;

    async fn allocate(&self, size: usize) -> Option<Vec<u8>> {
        (size <= self.0).then(Vec::new)
    }
}

#[tokio::test]
async fn a_file_without_memory_does_not_affect_the_others() {
    // With and without a length, and with one that is too small.
    let too_large = [
        Form::default().file(b"0123456789").end(),
        Form::default().unannounced(b"0123456789").end(),
        Form::default().announced(4, b"0123456789").end(),
    ];
    for (number, answer) in too_large.into_iter().enumerate() {
        let server = Server::start().await;
        let sandbox = sandbox(&server).await;
        server.once(BULK, answer).once(BULK, Form::default().announced(2, b"small").end());
        let paths = ["/tmp/0", "/tmp/1"].map(str::to_owned);
        let files = sandbox.download_into(&paths, u64::MAX, &Small(9), short_deadline()).await.unwrap();
        assert_eq!(files[1].content, Ok(b"small".to_vec()), "answer {number}");
        assert!(failure_at(&files, 0).reason.contains("10 bytes"), "answer {number}: {:?}", files[0]);
    }
}

#[tokio::test]
async fn the_limit_does_not_apply_to_errors() {
    let form = Form::default().coded(404, "FILE_NOT_FOUND", "file not found: /x");
    let files = download(form.end().in_chunks(3), 1, 1).await.unwrap();
    assert_eq!(causes(files), [Err(FileCause::NotFound)]);
}

#[tokio::test]
async fn consecutive_downloads_reuse_one_connection() {
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    server.always(BULK, mixed().0.end().in_chunks(9));
    let paths = vec!["x".to_owned(); mixed().1.len()];
    for _ in 0..5 {
        sandbox.download(&paths, u64::MAX, short_deadline()).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn downloads_return_if_the_body_does_not_end_after_the_last_file() {
    let started = std::time::Instant::now();
    let files = download(Form::default().file(b"x").end().then_stuck(), 1, u64::MAX).await.unwrap();
    assert_eq!(files[0].content, Ok(b"x".to_vec()));
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

#[tokio::test]
async fn error_bodies_of_every_toolbox_version_are_read() {
    let refusals = [
        Scripted::json(400, &json!({"error": "request body must be {\"paths\": [ ... ]} and non-empty"})),
        Scripted::bytes(400, "text/plain", "{\"error\":\"request body must be non-empty\"}"),
        Scripted::json(
            400,
            &json!({"statusCode": 400, "message": "request body must be", "source": "DAYTONA_DAEMON"}),
        ),
    ];
    for refusal in refusals {
        let error = failure(download(refusal, 1, u64::MAX).await);
        assert_eq!(error.kind(), ErrorKind::BadRequest, "{error}");
        assert!(error.message().contains("request body must be"), "{error}");
    }
}
