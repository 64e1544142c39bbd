//! Error answers, the same for every hop: a status and a JSON body that names
//! the service it comes from.

use axum::body::Body;
use daytona_api::ErrorBody;
use http::{Method, Response, StatusCode, header};
use jiff::Timestamp;

/// An answer with a body that is made in one piece or streamed.
pub type Answer = Response<Body>;

/// Why a request was not answered with success.
#[derive(Debug)]
pub struct Failure {
    /// The status of the answer.
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

    /// The error body, for the request it answers.
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

    /// The whole answer, for the request it answers. `source` is one of
    /// [`daytona_api::source`].
    #[must_use]
    pub fn answer(&self, source: &str, method: &Method, path: &str) -> Answer {
        json(self.status, &self.body(source, method, path))
    }
}

/// An answer whose body is `value` as JSON.
pub fn json<T: serde::Serialize>(status: StatusCode, value: &T) -> Answer {
    match serde_json::to_vec(value) {
        Ok(body) => typed(status, "application/json", body),
        // Only a map with keys that are not text gets here; the wire has none.
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// An answer of one piece with a content type.
pub fn typed(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    answer
}

/// An answer without a body.
#[must_use]
pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
