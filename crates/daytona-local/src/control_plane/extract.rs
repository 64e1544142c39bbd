//! What handlers take from a request. Whatever cannot be taken is an error of the
//! API, not of the framework.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::api_failure::ApiFailure;

/// The largest body that is read.
const LARGEST_BODY: usize = 2 * 1024 * 1024;

/// The body of a request.
pub(super) struct Payload(pub(super) Bytes);

impl<S: Sync> FromRequest<S> for Payload {
    type Rejection = ApiFailure;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiFailure> {
        match Limited::new(request.into_body(), LARGEST_BODY).collect().await {
            Ok(collected) => Ok(Self(collected.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(ApiFailure::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("The request body is larger than {} MiB", LARGEST_BODY >> 20),
            )),
            Err(error) => Err(ApiFailure::bad_request(format!("The request body cannot be read: {error}"))),
        }
    }
}

/// The parameters of a path, decoded.
pub(super) struct Segments<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiFailure> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(segments)) => Ok(Self(segments)),
            Err(error) => Err(reject(&error)),
        }
    }
}

fn reject(error: &PathRejection) -> ApiFailure {
    ApiFailure::bad_request(format!("The path is not valid: {}", error.body_text()))
}
