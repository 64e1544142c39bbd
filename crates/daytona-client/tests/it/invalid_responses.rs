//! Responses that do not match the API, and secrets in errors.

use std::error::Error as _;

use bytes::Bytes;
use daytona_client::{Config, Daytona, Error, ErrorKind, ExecuteRequest, UploadFile};
use serde_json::json;

use crate::support::{
    CALLS, CREATE, EXECUTE, GET, KEY, LIST, Reply, Scripted, Server, api_error, client, command, create,
    entry, failure, sandbox, short_deadline,
};

/// Operations with a JSON response.
const JSON: [&str; 13] = [
    GET,
    LIST,
    CREATE,
    EXECUTE,
    "POST /api/sandbox/box-1/start",
    "POST /api/sandbox/box-1/stop",
    "PUT /api/sandbox/box-1/labels",
    "GET /toolbox/box-1/work-dir",
    "GET /toolbox/box-1/files",
    "GET /toolbox/box-1/files/info",
    "GET /toolbox/box-1/files/find",
    "GET /toolbox/box-1/files/search",
    "POST /toolbox/box-1/files/replace",
];

/// Returns the URLs and the errors of these operations at a server that always responds
/// like this.
async fn errors(lines: impl IntoIterator<Item = &'static str>, response: &Scripted) -> Vec<(String, Error)> {
    let mut errors = Vec::new();
    for line in lines {
        for call in CALLS.iter().filter(|call| call.line == line) {
            let server = Server::start().await;
            let (daytona, sandbox) = (client(&server), sandbox(&server).await);
            server.always(line, response.clone());
            let error = failure((call.run)(&daytona, &sandbox, short_deadline()).await);
            let (_, path) = line.split_once(' ').unwrap();
            errors.push((format!("{}{path}", server.origin()), error));
        }
    }
    errors
}

async fn assert_invalid(lines: impl IntoIterator<Item = &'static str>, response: Scripted, words: &str) {
    for (url, error) in errors(lines, &response).await {
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{url}: {error}");
        let text = error.to_string();
        assert!(text.contains(&url) && text.contains(words), "{text:?} lacks {url} or {words:?}");
        assert!(text.contains("DAYTONA_API_URL"), "{text}");
        assert_hides(&error, "Welcome");
    }
}

#[tokio::test]
async fn successful_responses_without_json_are_errors_with_the_url() {
    assert_invalid(JSON, Scripted::html(200), "returned text/html; expected JSON").await;
    assert_invalid(JSON, Scripted::empty(200), "returned an empty body; expected JSON").await;
    assert_invalid(JSON, Scripted::empty(204), "returned an empty body; expected JSON").await;
    assert_invalid(JSON, Scripted::bytes(200, "text/plain", "Welcome"), "returned text/plain").await;
    assert_invalid(JSON, Scripted::bytes(200, "", "Welcome"), "a body without a content type").await;
}

#[tokio::test]
async fn truncated_and_unexpected_json_are_errors_with_the_url() {
    let json = |text: &'static str| Scripted::bytes(200, "application/json; charset=utf-8", text);
    assert_invalid(JSON, json(""), "an empty body").await;
    assert_invalid(
        ["GET /toolbox/box-1/work-dir"],
        json(r#"{"dir": "Welc"#),
        "truncated JSON (line 1, column 13)",
    )
    .await;
    assert_invalid(JSON, json(r#""Welcome""#), "JSON that does not match the API").await;
    assert_invalid(JSON, json("17"), "JSON that does not match the API").await;
}

#[tokio::test]
async fn compressed_responses_are_reported() {
    // An empty string, compressed.
    let gzip: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let response = Scripted::bytes(200, "application/json", gzip).header("content-encoding", "gzip");
    assert_invalid(JSON, response, "gzip").await;
    let server = Server::start().await;
    server.once(GET, Scripted::json(200, &entry(&server, "started")));
    client(&server).get("box-1", short_deadline()).await.unwrap();
    assert_eq!(server.only().header("accept-encoding"), "");
}

#[tokio::test]
async fn a_web_page_with_status_404_is_an_invalid_response() {
    let all =
        || CALLS.iter().map(|call| call.line).filter(|line| *line != "POST /toolbox/box-1/files/upload-v2");
    for status in [400, 404, 405] {
        assert_invalid(all(), Scripted::html(status), "a web page").await;
    }
}

#[tokio::test]
async fn plain_text_with_status_404_is_an_invalid_response() {
    let control_plane = || CALLS.iter().map(|call| call.line).filter(|line| line.contains(" /api/"));
    let response = Scripted::bytes(404, "text/plain", "<Welcome>");
    assert_invalid(control_plane(), response, "returned plain text with status 404").await;
}

#[tokio::test]
async fn redirects_are_errors_with_both_urls() {
    let redirect = |to: &str| Scripted::empty(307).header("location", to);
    let all = || CALLS.iter().map(|call| call.line);
    assert_invalid(all(), redirect("https://login.example/in?state=Welcome"), "to https://login.example/in")
        .await;
    assert_invalid(all(), redirect("/dashboard?x=Welcome"), "/dashboard").await;
}

/// Asserts that no form of an error contains a string.
fn assert_hides(error: &Error, secret: &str) {
    let mut printed = format!("{error} {error:?} {error:#?} {:?}", error.headers());
    let mut source = error.source();
    while let Some(cause) = source {
        printed.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    assert!(!printed.contains(secret), "{secret} is in {printed}");
}

#[tokio::test]
async fn errors_contain_neither_the_key_nor_request_or_response_bodies() {
    const BODY: &str = "hush-4711";
    let words = format!("the token Bearer {KEY} is not valid");
    let replies: Vec<Reply> = vec![
        Reply::Close,
        Scripted::bytes(200, "application/json", format!(r#"{{"exitCode":"{BODY}","files":"{BODY}"}}"#))
            .into(),
        Scripted::bytes(200, "application/json", format!(r#"{{"x":"{BODY}"#)).then_cut().into(),
        Scripted::bytes(200, "text/html", format!("<p>{BODY}</p>")).into(),
        Scripted::bytes(400, "text/html", format!("<p>{BODY}</p>")).into(),
        Scripted::bytes(500, "application/json", format!(r#"{{"unknown":"{BODY}"}}"#)).into(),
        Scripted::bytes(500, "application/json", format!(r#"{{"message":["{BODY}"#)).into(),
        api_error(401, &words).header("set-cookie", BODY).into(),
        api_error(500, &words).header("x-trace", BODY).into(),
    ];
    for reply in replies {
        let server = Server::start().await;
        let (daytona, sandbox) = (client(&server), sandbox(&server).await);
        server.always(GET, reply.clone()).always(CREATE, reply.clone()).always(EXECUTE, reply.clone());
        server.always("POST /toolbox/box-1/files/bulk-upload", reply.clone());
        server.always("POST /toolbox/box-1/files/bulk-download", reply);
        let request = ExecuteRequest {
            envs: Some([("TOKEN".to_owned(), BODY.to_owned())].into()),
            ..command(&format!("echo {BODY}"))
        };
        let file = UploadFile { path: "f".into(), content: Bytes::from_static(BODY.as_bytes()).into() };
        let mut found = vec![
            failure(daytona.get("box-1", short_deadline()).await),
            failure(create(&server, short_deadline()).await),
            failure(sandbox.execute(&request, short_deadline()).await),
            failure(sandbox.download(&["f".to_owned()], u64::MAX, short_deadline()).await),
        ];
        // A bulk upload ignores the body of a success.
        found.extend(sandbox.upload(&[file], short_deadline()).await.err());
        for error in &found {
            assert_hides(error, BODY);
            assert_hides(error, KEY);
        }
    }
}

#[test]
fn the_debug_output_of_a_configuration_hides_the_key() {
    let config = Config::new("http://127.0.0.1:1/api", KEY.into());
    let printed = format!("{config:?} {config:#?}");
    assert!(printed.contains("http://127.0.0.1:1/api") && !printed.contains(KEY), "{printed}");
}

#[test]
fn an_invalid_api_url_is_an_error_with_the_url() {
    let wrong =
        ["", "nonsense", "ftp://host/api", "http://", "https://host/api?key=1", "https://host/api#x", "/api"];
    for url in wrong {
        let error = failure(Daytona::new(Config::new(url, KEY.into())));
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{url}: {error}");
        assert!(error.message().contains(&format!("{url:?}")), "{error}");
    }
    let error = failure(Daytona::new(Config::new("https://me:hush@host/api", KEY.into())));
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert_hides(&error, "hush");
}

#[test]
fn an_invalid_key_is_an_error_without_the_key() {
    let error = failure(Daytona::new(Config::new("https://host/api", "hush\nhush".into())));
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert_hides(&error, "hush");
}

#[tokio::test]
async fn trailing_slashes_of_the_api_url_are_ignored() {
    let server = Server::start().await;
    server.once(GET, Scripted::json(200, &entry(&server, "started")));
    let daytona = Daytona::new(Config::new(&format!("{}//", server.api_url()), KEY.into())).unwrap();
    daytona.get("box-1", short_deadline()).await.unwrap();
    assert_eq!(server.lines(), [GET]);
}

#[tokio::test]
async fn error_bodies_of_every_version_yield_their_message() {
    let work_dir = "GET /toolbox/box-1/work-dir";
    let bodies = [
        ("application/json", json!({"statusCode": 400, "message": "why", "code": "BAD_REQUEST"}).to_string()),
        ("text/plain", json!({"statusCode": 500, "message": "why"}).to_string()),
        ("application/json", json!({"error": "why"}).to_string()),
        ("application/json", json!({"message": "", "error": "why"}).to_string()),
        (
            "application/json",
            json!({"message": "why", "code": "A", "error_code": "A", "errors": null}).to_string(),
        ),
        ("application/json", json!({"message": "why", "statusCode": "400", "status_code": 400}).to_string()),
        ("application/json", json!({"message": ["why", "and this"], "statusCode": 400}).to_string()),
        ("application/json", json!({"message": "why", "source": {"hop": 1}, "path": 5}).to_string()),
        ("text/plain; charset=utf-8", "why\n".to_owned()),
        ("", "why".to_owned()),
    ];
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    for (content_type, body) in bodies {
        server.once(work_dir, Scripted::bytes(400, content_type, body.clone()));
        let error = failure(sandbox.work_dir(short_deadline()).await);
        assert_eq!(error.kind(), ErrorKind::BadRequest, "{body}");
        assert!(error.message().starts_with("why"), "{body}: {error}");
    }
}

#[tokio::test]
async fn an_invalid_url_of_the_toolbox_is_an_error_that_says_so() {
    let server = Server::start().await;
    let mut entry = entry(&server, "started");
    entry["toolboxProxyUrl"] = json!("toolbox");
    server.once(GET, Scripted::json(200, &entry));
    let sandbox = client(&server).get("box-1", short_deadline()).await.unwrap();
    let error = failure(sandbox.execute(&command("true"), short_deadline()).await);
    assert_eq!((error.kind(), error.retries()), (ErrorKind::Connection, 0), "{error}");
    assert_eq!(
        error.message(),
        "cannot connect to the service: the URL that the service returned for it is not valid. Report this to the operator of the service"
    );
}
