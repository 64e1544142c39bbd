//! Error responses, the same for every hop: a status and a JSON body that names
//! the service it comes from.

use axum::body::Body;
use axum::response::Response;
use daytona_api::ErrorBody;
use http::{Method, StatusCode, header};
use jiff::Timestamp;

/// Why a request did not succeed.
#[derive(Debug)]
pub struct Failure {
    /// The status of the response.
    pub status: StatusCode,
    /// A machine-readable code such as `FILE_NOT_FOUND`.
    pub code: &'static str,
    /// What happened, in words; clients read the class before the first colon.
    pub message: String,
}

impl Failure {
    /// A request that could not be understood or be done as asked for.
    #[must_use]
    pub fn bad_request(message: impl std::fmt::Display) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "BAD_REQUEST",
            message: format!("bad request: {message}"),
        }
    }

    /// Something that was asked for does not exist.
    #[must_use]
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "NOT_FOUND", message: format!("not found: {what}") }
    }

    /// The request does not fit the current state.
    #[must_use]
    pub fn conflict(message: impl std::fmt::Display) -> Self {
        Self { status: StatusCode::CONFLICT, code: "CONFLICT", message: format!("conflict: {message}") }
    }

    /// A fault of the server or of the machine.
    #[must_use]
    pub fn internal(message: impl std::fmt::Display) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "INTERNAL_SERVER_ERROR",
            message: format!("internal server error: {message}"),
        }
    }

    /// The error body, for the request it responds to.
    #[must_use]
    pub fn body(&self, source: &str, method: &Method, path: &str) -> ErrorBody {
        ErrorBody {
            status_code: Some(self.status.as_u16()),
            message: Some(self.message.clone()),
            code: Some(self.code.to_owned()),
            source: Some(source.to_owned()),
            timestamp: Some(Timestamp::now().to_string()),
            path: Some(path.to_owned()),
            method: Some(method.as_str().to_owned()),
            ..ErrorBody::default()
        }
    }

    /// The whole response, for the request it responds to. `source` is one of
    /// [`daytona_api::source`].
    #[must_use]
    pub fn to_response(&self, source: &str, method: &Method, path: &str) -> Response {
        json(self.status, &self.body(source, method, path))
    }
}

/// A response whose body is `value` as JSON.
pub fn json<T: serde::Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => typed(status, "application/json", body),
        // Only a map with keys that are not text gets here; the wire has none.
        Err(error) => {
            tracing::error!(%error, "a response could not be written as JSON");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// A response of one piece with a content type.
pub fn typed(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}

/// A response without a body.
#[must_use]
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The one way to say that the service has something that this server has not.
#[must_use]
pub fn not_part(what: &str) -> String {
    format!("{what} is not part of the local Daytona")
}
