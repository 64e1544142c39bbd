//! Reading responses: whole, streamed, or as errors.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daytona_api::toolbox::files::BulkUploadResponse;
use daytona_api::toolbox::process::ExecuteResponse;
use daytona_api::{ErrorBody, Service};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::collected_body::{CollectedBody, Contents, LARGE};
use super::http_client::{HttpResponse, SendError};
use super::json;
use super::request::Request;
use super::url::{Base, origin_and_path, redirect_target};
use crate::deadline::Deadline;
use crate::error::classify;
use crate::error::{Error, ErrorKind};

/// Maximum size of an error body in bytes; enough for thousands of failed uploads.
const ERROR_BODY_LIMIT: usize = 8 * 1024 * 1024;

/// The request of a response, for error messages.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    request: Request,
    base: Arc<Base>,
    deadline: Deadline,
}

impl RequestContext {
    pub(crate) fn new(base: &Arc<Base>, request: &Request, deadline: Deadline) -> Self {
        Self { request: request.without_body(), base: Arc::clone(base), deadline }
    }

    /// Returns the URL without its query.
    fn address(&self) -> String {
        origin_and_path(&self.base.join(&self.request.path_and_query()))
    }

    /// Returns an error of this call with the time elapsed so far.
    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        self.about(Error::new(kind, self.request.name(), message).with_cost(0, self.deadline.elapsed()))
    }

    fn about(&self, error: Error) -> Error {
        match &self.request.sandbox_id {
            Some(id) => error.with_sandbox(id),
            None => error,
        }
    }

    /// Returns the error for a response with this unexpected content.
    pub(crate) fn unexpected_content(&self, what: &str) -> Error {
        self.error(ErrorKind::InvalidResponse, format!("{} returned {what}", self.address()))
    }

    /// Returns the error of this call at its deadline.
    pub(crate) fn timeout(&self) -> Error {
        self.about(self.deadline.exceeded(self.request.name()).with_cost(0, self.deadline.elapsed()))
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline
    }
}

/// A whole response.
pub(crate) struct Response {
    contents: Contents,
    /// The size of the body in bytes.
    length: usize,
    /// Whether more than is needed was left unread.
    is_cut: bool,
    content_type: String,
    /// Compression of the body, which was not requested.
    encoding: Option<String>,
    context: RequestContext,
}

/// A type that is read from a successful response.
pub(crate) trait ReadResponse: Sized + Send {
    fn read(
        response: HttpResponse,
        context: RequestContext,
    ) -> impl Future<Output = Result<Self, SendError>> + Send;
}

impl ReadResponse for Response {
    async fn read(mut response: HttpResponse, context: RequestContext) -> Result<Self, SendError> {
        let content_type = content_type(&response);
        let encoding = response.headers().get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        let encoding = encoding.filter(|name| *name != "identity").map(str::to_owned);
        let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(0);
        let limit = context.request.response_limit.unwrap_or(usize::MAX);
        let mut body =
            CollectedBody::new(announced.min(limit).min(64 * 1024 * 1024), context.request.is_execute);
        let mut is_cut = false;
        while let Some(chunk) = response.chunk().await? {
            is_cut = body.length > limit;
            if is_cut {
                break;
            }
            body.append(chunk).await;
        }
        let length = body.length;
        Ok(Self { contents: body.contents().await, length, is_cut, content_type, encoding, context })
    }
}

impl Response {
    /// The bytes of the body; none of the result of a command.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.contents {
            Contents::Bytes(bytes) => bytes,
            Contents::Execute(_) => &[],
        }
    }

    /// Deserializes the body as JSON, on a blocking thread if it is large.
    pub(crate) async fn json<T>(self) -> Result<T, Error>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        self.parse(|response| json::from_slice(response.bytes())).await
    }

    /// Deserializes the result of a command, whose output was decoded while it was received.
    pub(crate) async fn execute_response(self) -> Result<ExecuteResponse, Error> {
        self.parse(|response| match response.take_contents() {
            Contents::Execute(body) if response.is_cut => body.parse_cut(),
            Contents::Execute(body) => body.parse(),
            Contents::Bytes(bytes) => json::from_slice(&bytes),
        })
        .await
    }

    fn take_contents(&mut self) -> Contents {
        std::mem::replace(&mut self.contents, Contents::Bytes(Vec::new()))
    }

    async fn parse<T>(
        self,
        parse: impl FnOnce(&mut Self) -> Result<T, serde_json::Error> + Send + 'static,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        let parse = move |mut response: Self| {
            parse(&mut response).map_err(|error| response.unexpected_content(&response.describe(&error)))
        };
        if self.length <= LARGE {
            return parse(self);
        }
        let context = self.context.clone();
        let (parsed, result) = oneshot::channel();
        parse_on_blocking_thread(Box::new(move || {
            // Nobody waits for the result of a call that was aborted.
            let _ = parsed.send(parse(self));
        }));
        result.await.unwrap_or_else(|failed| {
            Err(context.error(ErrorKind::Other, "parsing the response was interrupted").with_source(failed))
        })
    }

    /// Returns the error for a response with this unexpected content.
    pub(crate) fn unexpected_content(&self, what: &str) -> Error {
        self.context.unexpected_content(what)
    }

    fn describe(&self, error: &serde_json::Error) -> String {
        if self.length == 0 {
            return "an empty body; expected JSON".to_owned();
        }
        if let Some(encoding) = &self.encoding {
            return format!("a compressed body ({encoding}), which was not requested");
        }
        if !self.content_type.contains("json") {
            let content_type = if self.content_type.is_empty() {
                "a body without a content type"
            } else {
                &self.content_type
            };
            return format!("{content_type}; expected JSON");
        }
        // Only the position: the message of serde may quote the body.
        // Of the result of a command, only what is around the output was parsed.
        let position = if self.context.request.is_execute {
            String::new()
        } else {
            format!(" (line {}, column {})", error.line(), error.column())
        };
        if error.is_eof() {
            return format!("truncated JSON{position}");
        }
        format!("JSON that does not match the API{position}")
    }
}

/// Takes a boxed function, so that the code of a task is not compiled for each type of response.
fn parse_on_blocking_thread(parse: Box<dyn FnOnce() + Send>) {
    tokio::task::spawn_blocking(parse);
}

/// A response whose body is streamed.
pub(crate) struct StreamedResponse {
    response: HttpResponse,
    pub(crate) context: RequestContext,
}

impl ReadResponse for StreamedResponse {
    async fn read(response: HttpResponse, context: RequestContext) -> Result<Self, SendError> {
        Ok(Self { response, context })
    }
}

impl StreamedResponse {
    pub(crate) fn header(&self, name: http::HeaderName) -> &str {
        self.response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the next chunk of the body, or `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        match timeout_at(self.context.deadline.of_wait(), self.response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => {
                let message = "the connection was lost before the response was complete";
                Err(self.context.error(ErrorKind::Connection, message).with_source(error))
            }
            Err(_) => Err(self.context.timeout()),
        }
    }
}

/// Returns the error for an unsuccessful response.
pub(crate) async fn refusal(response: HttpResponse, request: &Request, url: &str) -> Error {
    let status = response.status().as_u16();
    let is_json = content_type(&response).contains("json");
    let is_html = content_type(&response).contains("html");
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = read_error_body(response).await;
    let invalid =
        |message: String| Error::new(ErrorKind::InvalidResponse, request.name(), message).with_status(status);
    if (300..400).contains(&status) {
        let target = location.map(|to| format!(" to {}", redirect_target(url, &to))).unwrap_or_default();
        return invalid(format!("{} redirects{target}", origin_and_path(url)));
    }
    let parsed = parse_error_body(&body);
    // A toolbox also returns plain text, but never HTML.
    let is_foreign = is_html
        || (request.operation.service != Service::Toolbox
            && !is_json
            && parsed.message.is_none()
            && !body.is_empty());
    if is_foreign && matches!(status, 400 | 404 | 405) {
        let what = if is_html { "a web page" } else { "plain text" };
        return invalid(format!(
            "{} returned {what} with status {status}; expected JSON",
            origin_and_path(url)
        ));
    }
    let kind = classify::kind(request.operation, status, &parsed);
    let message = error_message(&parsed, is_html, status);
    Error::new(kind, request.name(), message)
        .with_status(status)
        .with_ambiguity(
            classify::is_ambiguous(status, &parsed) && request.operation.service == Service::Toolbox,
        )
        .with_upload(
            json::from_slice(&body).ok().filter(|upload: &BulkUploadResponse| !upload.errors.is_empty()),
        )
        .with_body(parsed)
}

fn error_message(body: &ErrorBody, is_html: bool, status: u16) -> String {
    match body.message.clone().or_else(|| body.error.clone()) {
        Some(text) if !is_html => text,
        _ if !body.errors.is_empty() => body.errors.join("; "),
        _ => format!("{} (status {status})", classify::default_message(status)),
    }
}

async fn read_error_body(mut response: HttpResponse) -> Vec<u8> {
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = ERROR_BODY_LIMIT - body.len();
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if body.len() >= ERROR_BODY_LIMIT {
                break;
            }
        }
    };
    // The status is known, so a slow body may be incomplete.
    let _ = tokio::time::timeout(Duration::from_secs(5), read).await;
    body
}

/// Parses an error body of any version of the service: JSON, JSON with a text
/// content type, or plain text.
pub(crate) fn parse_error_body(body: &[u8]) -> ErrorBody {
    if let Ok(fields) = json::from_slice::<Map<String, Value>>(body) {
        return error_body(&fields);
    }
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let is_plain = !text.is_empty() && text.len() <= 4096 && !text.starts_with(['<', '{', '[']);
    ErrorBody { message: is_plain.then(|| text.to_owned()), ..ErrorBody::default() }
}

/// Reads the fields of an error body one by one, so that a field of an unexpected
/// type does not hide the others.
fn error_body(fields: &Map<String, Value>) -> ErrorBody {
    let text = |names: &[&str]| names.iter().find_map(|name| string_or_list(fields.get(*name)?));
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

/// Returns a string, or a list of strings (as validators return) joined with
/// commas; `None` if it is empty.
fn string_or_list(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

fn content_type(response: &HttpResponse) -> String {
    let value =
        response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
