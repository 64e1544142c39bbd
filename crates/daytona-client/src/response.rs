//! Answers: read whole or as they come, and refusals made into errors.

use std::time::Duration;

use bytes::Bytes;
use daytona_api::ErrorBody;
use daytona_api::files::BulkUploadResponse;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use serde_json::{Map, Value};
use tokio::time::timeout_at;

use crate::classify::{self, Service};
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::request::Request;
use crate::transport::origin;

/// Thousands of failed files of an upload fit; a service that sends more is broken.
const ERROR_BODY_LIMIT: usize = 8 * 1024 * 1024;
/// Bodies past this size are parsed where they do not hold up other calls.
const PARSE_INLINE: usize = 256 * 1024;

/// A whole answer.
pub(crate) struct Response {
    pub(crate) body: Vec<u8>,
    content_type: String,
    /// How the body is compressed; it was asked for plain.
    encoding: Option<String>,
    operation: String,
    url: String,
    deadline: Deadline,
}

/// What is made of an answer that says success.
pub(crate) trait ReadAnswer: Sized + Send {
    fn read(
        answer: reqwest::Response,
        request: &Request,
        url: &str,
        deadline: Deadline,
    ) -> impl Future<Output = Result<Self, reqwest::Error>> + Send;
}

impl ReadAnswer for Response {
    async fn read(
        mut answer: reqwest::Response,
        request: &Request,
        url: &str,
        deadline: Deadline,
    ) -> Result<Self, reqwest::Error> {
        let content_type = content_type(&answer);
        let encoding = answer.headers().get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        let encoding = encoding.filter(|name| *name != "identity").map(str::to_owned);
        let announced = usize::try_from(answer.content_length().unwrap_or(0)).unwrap_or(0);
        let mut body = Vec::with_capacity(announced.min(64 * 1024 * 1024));
        while let Some(chunk) = answer.chunk().await? {
            body.extend_from_slice(&chunk);
        }
        let (operation, url) = (request.operation.clone(), url.to_owned());
        Ok(Self { body, content_type, encoding, operation, url, deadline })
    }
}

impl Response {
    /// Reads the body as JSON, off the runtime when it is large.
    pub(crate) async fn json<T>(self) -> Result<T, Error>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        if self.body.len() <= PARSE_INLINE {
            return self.parse();
        }
        let operation = self.operation.clone();
        tokio::task::spawn_blocking(move || self.parse()).await.unwrap_or_else(|failed| {
            Err(Error::new(ErrorKind::Other, operation, "reading the answer was interrupted")
                .with_source(failed))
        })
    }

    fn parse<T: serde::de::DeserializeOwned>(self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| self.wrong_shape(&self.what_it_is(&error)))
    }

    /// An error for an answer that holds this where something else was expected.
    pub(crate) fn wrong_shape(&self, what: &str) -> Error {
        let message = format!("{} answered {what}", origin_and_path(&self.url));
        Error::new(ErrorKind::InvalidResponse, self.operation.clone(), message)
            .with_cost(0, self.deadline.elapsed())
    }

    fn what_it_is(&self, error: &serde_json::Error) -> String {
        if self.body.is_empty() {
            return "with nothing where JSON was expected".to_owned();
        }
        if let Some(encoding) = &self.encoding {
            return format!("compressed ({encoding}), which was not asked for");
        }
        if !self.content_type.contains("json") {
            return format!("{} where JSON was expected", self.content_type_words());
        }
        // The position helps; the words of serde may quote the body.
        let place = format!("line {}, column {}", error.line(), error.column());
        if error.is_eof() {
            return format!("JSON that is cut off ({place})");
        }
        format!("JSON of another shape ({place})")
    }

    fn content_type_words(&self) -> &str {
        if self.content_type.is_empty() { "something without a content type" } else { &self.content_type }
    }
}

/// An answer whose body is read as it comes.
pub(crate) struct StreamedResponse {
    answer: reqwest::Response,
    operation: String,
    deadline: Deadline,
    pub(crate) url: String,
}

impl ReadAnswer for StreamedResponse {
    async fn read(
        answer: reqwest::Response,
        request: &Request,
        url: &str,
        deadline: Deadline,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self { answer, operation: request.operation.clone(), deadline, url: origin_and_path(url) })
    }
}

impl StreamedResponse {
    pub(crate) fn header(&self, name: http::HeaderName) -> &str {
        self.answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn operation(&self) -> &str {
        &self.operation
    }

    /// The next piece of the body; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        match timeout_at(self.deadline.at(), self.answer.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => {
                let message = "the connection broke before the whole answer came".to_owned();
                Err(Error::new(ErrorKind::Connection, self.operation.clone(), message)
                    .with_source(error.without_url()))
            }
            Err(_) => Err(Error::timeout(&self.operation, self.deadline.limit())),
        }
    }
}

/// The error that an answer without success stands for.
pub(crate) async fn refusal(answer: reqwest::Response, request: &Request, url: &str) -> Error {
    let status = answer.status().as_u16();
    let is_json = content_type(&answer).contains("json");
    let is_html = content_type(&answer).contains("html");
    let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = read_error_body(answer).await;
    let invalid = |message: String| {
        Error::new(ErrorKind::InvalidResponse, request.operation.clone(), message).with_status(status)
    };
    if (300..400).contains(&status) {
        let target = location.map(|to| format!(" to {}", redirect_target(url, &to))).unwrap_or_default();
        return invalid(format!("{} redirects{target}", origin_and_path(url)));
    }
    let parsed = parse_error_body(&body);
    // A toolbox answers in text as well, but never with a page.
    let is_foreign = is_html
        || (request.service != Service::Toolbox && !is_json && parsed.message.is_none() && !body.is_empty());
    if is_foreign && matches!(status, 400 | 404 | 405) {
        let what = if is_html { "a web page" } else { "text" };
        return invalid(format!(
            "{} answered {what} with status {status} where JSON was expected",
            origin_and_path(url)
        ));
    }
    let kind = classify::kind(request.service, status, &parsed);
    let words = words(&parsed, is_html, status);
    Error::new(kind, request.operation.clone(), words)
        .with_status(status)
        .with_ambiguity(classify::is_ambiguous(status, &parsed) && request.service == Service::Toolbox)
        .with_upload(
            serde_json::from_slice(&body)
                .ok()
                .filter(|upload: &BulkUploadResponse| !upload.errors.is_empty()),
        )
        .with_body(parsed)
}

fn words(body: &ErrorBody, is_html: bool, status: u16) -> String {
    match body.message.clone().or_else(|| body.error.clone()) {
        Some(text) if !is_html => text,
        _ if !body.errors.is_empty() => body.errors.join("; "),
        _ => format!("{} (status {status})", classify::words_for(status)),
    }
}

async fn read_error_body(mut answer: reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = answer.chunk().await {
            let room = ERROR_BODY_LIMIT - body.len();
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if body.len() >= ERROR_BODY_LIMIT {
                break;
            }
        }
    };
    // The status is known: a body that dawdles is not waited for.
    let _ = tokio::time::timeout(Duration::from_secs(5), read).await;
    body
}

/// An error body in any of its historic shapes: JSON, JSON labelled as text, or
/// plain words.
pub(crate) fn parse_error_body(body: &[u8]) -> ErrorBody {
    if let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(body) {
        return error_body(&fields);
    }
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let is_plain = !text.is_empty() && text.len() <= 4096 && !text.starts_with(['<', '{', '[']);
    ErrorBody { message: is_plain.then(|| text.to_owned()), ..ErrorBody::default() }
}

/// Field by field: one that is not as expected must not hide the others.
fn error_body(fields: &Map<String, Value>) -> ErrorBody {
    let text = |names: &[&str]| names.iter().find_map(|name| words_of(fields.get(*name)?));
    let number = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)?.as_u64());
    ErrorBody {
        status_code: number(&["statusCode", "status_code"]).and_then(|status| u16::try_from(status).ok()),
        message: text(&["message"]),
        code: text(&["code", "error_code"]),
        source: text(&["source"]),
        timestamp: text(&["timestamp"]),
        path: text(&["path"]),
        method: text(&["method"]),
        error: text(&["error"]),
        errors: fields.get("errors").and_then(Value::as_array).map_or_else(Vec::new, |errors| {
            errors.iter().filter_map(|error| error.as_str().map(str::to_owned)).collect()
        }),
    }
}

/// A text, or several as validators give them; `None` for one without words.
fn words_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

fn content_type(answer: &reqwest::Response) -> String {
    let value = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Where a redirect leads, without its query, which may hold a secret.
fn redirect_target(url: &str, location: &str) -> String {
    let target = reqwest::Url::parse(url).and_then(|base| base.join(location));
    target.map_or_else(|_| "nowhere".to_owned(), |target| origin_and_path(target.as_str()))
}

/// A URL without its query, which may hold file names.
fn origin_and_path(url: &str) -> String {
    reqwest::Url::parse(url)
        .map_or_else(|_| "the service".to_owned(), |parsed| format!("{}{}", origin(url), parsed.path()))
}
