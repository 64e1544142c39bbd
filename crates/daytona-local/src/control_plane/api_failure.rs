//! Errors of the control plane and their response bodies.

use std::fmt::{self, Display, Formatter};

use axum::body::Body;
use axum::extract::{OriginalUri, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use daytona_api::ErrorBody;
use http::{HeaderName, HeaderValue, StatusCode};

use super::clock::now;
use crate::response;

/// Why the control plane rejected a request.
#[derive(Clone, Debug)]
pub(super) struct ApiFailure {
    status: StatusCode,
    message: String,
}

impl ApiFailure {
    /// A failure with any status.
    pub(super) fn new(status: StatusCode, message: impl Display) -> Self {
        Self { status, message: message.to_string() }
    }

    /// The request is invalid or not supported (400).
    pub(super) fn bad_request(message: impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The sandbox is busy, or the name is in use (409).
    pub(super) fn conflict(message: impl Display) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// The sandbox does not exist (404).
    #[must_use]
    pub(super) fn sandbox_not_found(id_or_name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Sandbox with ID or name {id_or_name} not found"))
    }

    /// The route exists in the service but not in the local server (501).
    #[must_use]
    pub(super) fn not_built(what: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, response::not_part(what))
    }
}

impl Display for ApiFailure {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.status.as_u16(), self.message)
    }
}

impl IntoResponse for ApiFailure {
    /// The response has no body yet: the body contains the path, which
    /// [`complete`] adds.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Adds the version header to every response, and the body to failures.
pub(super) async fn complete(OriginalUri(uri): OriginalUri, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(failure) = response.extensions_mut().remove::<ApiFailure>() {
        let path = uri.path_and_query().map_or(uri.path(), |full| full.as_str());
        response = body(&failure, path);
    }
    response.headers_mut().insert(
        HeaderName::from_static("x-daytona-api-version"),
        HeaderValue::from_static(env!("CARGO_PKG_VERSION")),
    );
    response
}

fn body(failure: &ApiFailure, path: &str) -> Response<Body> {
    response::json(
        failure.status,
        &ErrorBody {
            path: Some(path.to_owned()),
            timestamp: Some(now()),
            status_code: Some(failure.status.as_u16()),
            error: failure.status.canonical_reason().map(str::to_owned),
            message: Some(failure.message.clone()),
            ..ErrorBody::default()
        },
    )
}
