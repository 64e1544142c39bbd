//! Errors of the control plane and the body they have on the wire.

use std::fmt::Display;

use axum::body::Body;
use axum::extract::{OriginalUri, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use daytona_api::ErrorBody;
use http::{HeaderName, HeaderValue, StatusCode};

use super::clock::now;
use crate::answer;

/// Why a request of the control plane was refused.
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

    /// The request cannot be carried out as it stands.
    pub(super) fn bad_request(message: impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Another operation has the sandbox, or the name is taken.
    pub(super) fn conflict(message: impl Display) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// There is no such sandbox.
    #[must_use]
    pub(super) fn no_sandbox(id_or_name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Sandbox with ID or name {id_or_name} not found"))
    }

    /// The route exists on the service but not here.
    #[must_use]
    pub(super) fn not_built(what: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, format!("{what} is not part of the local server"))
    }
}

impl IntoResponse for ApiFailure {
    /// Without a body yet: that names the path, which [`complete`] knows.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every answer the service's version, and failures their body.
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
    answer::json(
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
