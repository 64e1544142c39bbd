//! One request, in the form that handlers take.

use bytes::Bytes;
use daytona_api::Endpoint;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use serde::de::DeserializeOwned;

use super::json_body;
use super::query::Query;
use crate::request_body::RequestBody;
use crate::response::Failure;

/// The most that is kept in memory of a body. Scripts of commands have several
/// megabytes at times; files are not kept in memory.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// Parameters of a path and their values.
pub(super) type Parameters = Vec<(&'static str, String)>;

/// A request, its path and query decoded.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) parameters: Parameters,
    pub(super) query: Query,
    pub(super) headers: HeaderMap,
    /// The connection, when the client wants to speak another protocol.
    pub(super) upgrade: Option<OnUpgrade>,
    pub(super) body: RequestBody<Incoming>,
}

/// Why a body is not the one that is wanted.
pub(super) struct InvalidBody(pub(super) String);

impl From<InvalidBody> for Failure {
    fn from(InvalidBody(reason): InvalidBody) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "INVALID_REQUEST_BODY",
            message: format!("invalid body request: {reason}"),
        }
    }
}

impl InvalidBody {
    /// For the operations that call every fault a bad request.
    pub(super) fn into_bad_request(self) -> Failure {
        Failure::bad_request(format_args!("invalid request body: {}", self.0))
    }
}

/// Checks that a text which must be given is not empty.
pub(super) fn given(name: &str, value: &str) -> Result<(), InvalidBody> {
    if value.is_empty() { Err(InvalidBody(format!("{name} is required"))) } else { Ok(()) }
}

impl Call {
    /// The value of a path parameter, decoded.
    pub(super) fn parameter(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The value of a header, when it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The JSON body that an operation wants.
    pub(super) async fn json<Body, Output>(
        &mut self,
        endpoint: &'static Endpoint<Body, Output>,
    ) -> Result<Body, InvalidBody>
    where
        Body: DeserializeOwned,
        Output: DeserializeOwned,
    {
        let body = self.read().await?;
        json_body::read(&body, &(endpoint.body_fields)()).map_err(InvalidBody)
    }

    /// The body, to its end.
    pub(super) async fn read(&mut self) -> Result<Bytes, InvalidBody> {
        match Limited::new(&mut self.body, LARGEST_BODY).collect().await {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(InvalidBody(format!("it is larger than {} MiB", LARGEST_BODY >> 20)))
            }
            Err(error) => Err(InvalidBody(error.to_string())),
        }
    }
}
