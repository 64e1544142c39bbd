//! Answers that the service does not give, and what errors may say.

use std::error::Error as _;

use bytes::Bytes;
use daytona_client::{Config, Daytona, Error, ErrorKind, ExecuteRequest, UploadFile};
use serde_json::json;

use crate::support::{
    Answer, CALLS, CREATE, EXECUTE, KEY, LIST, LOOK, Reply, Server, api_error, client, command, create,
    entry, failure, sandbox, soon,
};

/// Operations whose answer is read as JSON.
const JSON: [&str; 13] = [
    LOOK,
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

/// The errors of these operations at a server that always answers like this.
async fn errors(lines: impl IntoIterator<Item = &'static str>, answer: &Answer) -> Vec<(String, Error)> {
    let mut errors = Vec::new();
    for line in lines {
        for call in CALLS.iter().filter(|call| call.line == line) {
            let server = Server::start().await;
            let (daytona, sandbox) = (client(&server), sandbox(&server).await);
            server.always(line, answer.clone());
            let error = failure((call.run)(&daytona, &sandbox, soon()).await);
            let (_, path) = line.split_once(' ').unwrap();
            errors.push((format!("{}{path}", server.origin()), error));
        }
    }
    errors
}

async fn assert_invalid(lines: impl IntoIterator<Item = &'static str>, answer: Answer, words: &str) {
    for (url, error) in errors(lines, &answer).await {
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{url}: {error}");
        let text = error.to_string();
        assert!(text.contains(&url) && text.contains(words), "{text:?} lacks {url} or {words:?}");
        assert!(text.contains("DAYTONA_API_URL"), "{text}");
        assert_hides(&error, "Welcome");
    }
}

#[tokio::test]
async fn success_that_is_no_json_names_the_address() {
    assert_invalid(JSON, Answer::html(200), "answered text/html where JSON was expected").await;
    assert_invalid(JSON, Answer::empty(200), "answered with nothing").await;
    assert_invalid(JSON, Answer::empty(204), "answered with nothing").await;
    assert_invalid(JSON, Answer::bytes(200, "text/plain", "Welcome"), "answered text/plain").await;
    assert_invalid(JSON, Answer::bytes(200, "", "Welcome"), "without a content type").await;
}

#[tokio::test]
async fn json_that_is_cut_or_of_another_shape_names_the_address() {
    let json = |text: &'static str| Answer::bytes(200, "application/json; charset=utf-8", text);
    assert_invalid(JSON, json(""), "with nothing").await;
    assert_invalid(["GET /toolbox/box-1/work-dir"], json(r#"{"dir": "Welc"#), "cut off (line 1, column 13)")
        .await;
    assert_invalid(JSON, json(r#""Welcome""#), "JSON of another shape").await;
    assert_invalid(JSON, json("17"), "JSON of another shape").await;
}

#[tokio::test]
async fn a_compressed_answer_says_that_it_is_one() {
    // An empty text, compressed.
    let gzip: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let answer = Answer::bytes(200, "application/json", gzip).header("content-encoding", "gzip");
    assert_invalid(JSON, answer, "gzip").await;
    let server = Server::start().await;
    server.once(LOOK, Answer::json(200, &entry(&server, "started")));
    client(&server).get("box-1", soon()).await.unwrap();
    assert_eq!(server.only().header("accept-encoding"), "");
}

#[tokio::test]
async fn a_web_page_that_says_not_found_is_no_missing_sandbox() {
    let all =
        || CALLS.iter().map(|call| call.line).filter(|line| *line != "POST /toolbox/box-1/files/upload-v2");
    for status in [400, 404, 405] {
        assert_invalid(all(), Answer::html(status), "a web page").await;
    }
}

#[tokio::test]
async fn words_of_something_else_are_no_missing_sandbox() {
    let control_plane = || CALLS.iter().map(|call| call.line).filter(|line| line.contains(" /api/"));
    let answer = Answer::bytes(404, "text/plain", "<Welcome>");
    assert_invalid(control_plane(), answer, "answered text with status 404").await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_names_both_addresses() {
    let redirect = |to: &str| Answer::empty(307).header("location", to);
    let all = || CALLS.iter().map(|call| call.line);
    assert_invalid(all(), redirect("https://login.example/in?state=Welcome"), "to https://login.example/in")
        .await;
    assert_invalid(all(), redirect("/dashboard?x=Welcome"), "/dashboard").await;
}

/// Asserts that a text is nowhere in an error, however it is printed.
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
async fn no_error_holds_the_key_or_what_was_sent() {
    const BODY: &str = "hush-4711";
    let words = format!("the token Bearer {KEY} is not valid");
    let replies: Vec<Reply> = vec![
        Reply::Close,
        Answer::bytes(200, "application/json", format!(r#"{{"exitCode":"{BODY}","files":"{BODY}"}}"#)).into(),
        Answer::bytes(200, "application/json", format!(r#"{{"x":"{BODY}"#)).then_cut().into(),
        Answer::bytes(200, "text/html", format!("<p>{BODY}</p>")).into(),
        Answer::bytes(400, "text/html", format!("<p>{BODY}</p>")).into(),
        Answer::bytes(500, "application/json", format!(r#"{{"unknown":"{BODY}"}}"#)).into(),
        Answer::bytes(500, "application/json", format!(r#"{{"message":["{BODY}"#)).into(),
        api_error(401, &words).header("set-cookie", BODY).into(),
        api_error(500, &words).header("x-trace", BODY).into(),
    ];
    for reply in replies {
        let server = Server::start().await;
        let (daytona, sandbox) = (client(&server), sandbox(&server).await);
        server.always(LOOK, reply.clone()).always(CREATE, reply.clone()).always(EXECUTE, reply.clone());
        server.always("POST /toolbox/box-1/files/bulk-upload", reply.clone());
        server.always("POST /toolbox/box-1/files/bulk-download", reply);
        let request = ExecuteRequest {
            envs: Some([("TOKEN".to_owned(), BODY.to_owned())].into()),
            ..command(&format!("echo {BODY}"))
        };
        let file = UploadFile { path: "f".into(), content: Bytes::from_static(BODY.as_bytes()) };
        let mut found = vec![
            failure(daytona.get("box-1", soon()).await),
            failure(create(&server, soon()).await),
            failure(sandbox.execute(&request, soon()).await),
            failure(sandbox.download(&["f".to_owned()], u64::MAX, soon()).await),
        ];
        // A bulk upload does not look at the body of a success.
        found.extend(sandbox.upload(&[file], soon()).await.err());
        for error in &found {
            assert_hides(error, BODY);
            assert_hides(error, KEY);
        }
    }
}

#[test]
fn no_configuration_prints_its_key() {
    let config = Config::new("http://127.0.0.1:1/api", KEY.into());
    let printed = format!("{config:?} {config:#?}");
    assert!(printed.contains("http://127.0.0.1:1/api") && !printed.contains(KEY), "{printed}");
}

#[test]
fn an_address_that_cannot_be_used_is_refused_by_name() {
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
fn a_key_that_cannot_be_sent_is_refused_without_being_printed() {
    let error = failure(Daytona::new(Config::new("https://host/api", "hush\nhush".into())));
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert_hides(&error, "hush");
}

#[tokio::test]
async fn a_slash_at_the_end_of_the_address_does_no_harm() {
    let server = Server::start().await;
    server.once(LOOK, Answer::json(200, &entry(&server, "started")));
    let daytona = Daytona::new(Config::new(&format!("{}//", server.api_url()), KEY.into())).unwrap();
    daytona.get("box-1", soon()).await.unwrap();
    assert_eq!(server.lines(), [LOOK]);
}

#[tokio::test]
async fn error_bodies_of_every_generation_give_their_words() {
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
        server.once(work_dir, Answer::bytes(400, content_type, body.clone()));
        let error = failure(sandbox.work_dir(soon()).await);
        assert_eq!(error.kind(), ErrorKind::BadRequest, "{body}");
        assert!(error.message().starts_with("why"), "{body}: {error}");
    }
}
