//! Responses that may be long, such as logs: what is small is sent in one piece.

use std::io::{self, Write};

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

use super::stream;
use crate::response;

/// Bodies up to this size are sent in one piece; longer ones are streamed.
const SMALL: u64 = 64 * 1024;

/// A JSON response of about `length` bytes: in one piece when it is small, else
/// written while it is sent.
pub(super) fn json<T: Serialize + Send + 'static>(length: u64, value: T) -> Response {
    respond("application/json", length, move |to| serde_json::to_writer(to, &value).map_err(io::Error::from))
}

/// A body that `write` writes: at once when it is small, else while it is sent.
pub(super) fn respond(
    content_type: &'static str,
    length: u64,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
) -> Response {
    if length > SMALL {
        return response::typed(StatusCode::OK, content_type, stream::written(|sink| write(sink)));
    }
    let mut body = Vec::new();
    match write(&mut body) {
        Ok(()) => response::typed(StatusCode::OK, content_type, body),
        Err(error) => {
            tracing::warn!(%error, "a log could not be read");
            response::empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
