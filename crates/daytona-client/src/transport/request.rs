//! Requests as data, built without I/O.

use std::time::Duration;

use bytes::Bytes;
use daytona_api::{Operation, Repeat};
use http::HeaderValue;

use super::request_body::{RequestBody, whole};
use crate::error::{Error, ErrorKind};
use crate::transfer::upload::UploadBody;
use crate::transfer::upload_stream::StreamedBody;

/// An operation with its parameters and its body.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) operation: &'static Operation,
    /// The sandbox's id, for error messages.
    pub(crate) sandbox_id: Option<String>,
    pub(crate) repeat: Repeat,
    /// Parameters of the path and the query, by name.
    parameters: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    /// Subprotocols that a WebSocket offers.
    pub(crate) protocols: Vec<HeaderValue>,
    /// How many bytes of the response are needed; the rest is not read.
    pub(crate) response_limit: Option<usize>,
    /// Whether the response is the result of a command.
    pub(crate) is_execute: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Json(Bytes),
    Upload(UploadBody),
    /// A body that can be sent only once.
    Streamed(StreamedBody),
}

impl Body {
    /// Returns the body as it is sent, which it can be more than once unless it is streamed.
    pub(crate) fn to_send(&self) -> RequestBody {
        match self {
            Self::None => whole(Bytes::new()),
            Self::Json(json) => whole(json.clone()),
            Self::Upload(upload) => upload.to_send(),
            Self::Streamed(body) => body.to_send(),
        }
    }

    pub(crate) fn content_type(&self) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Json(_) => Some(HeaderValue::from_static("application/json")),
            Self::Upload(upload) => Some(upload.content_type()),
            Self::Streamed(body) => Some(body.content_type()),
        }
    }

    /// Waits until nothing of the request or its response has moved for the idle limit.
    pub(crate) async fn stalled(&self, idle: Duration) {
        match self {
            Self::None | Self::Json(_) => tokio::time::sleep(idle).await,
            Self::Upload(upload) => upload.stalled(idle).await,
            // Its source decides when it moves.
            Self::Streamed(_) => std::future::pending().await,
        }
    }
}

impl Request {
    pub(crate) fn new(operation: &'static Operation) -> Self {
        Self {
            operation,
            sandbox_id: None,
            repeat: operation.repeat,
            parameters: Vec::new(),
            body: Body::None,
            protocols: Vec::new(),
            response_limit: None,
            is_execute: false,
        }
    }

    /// Sets a parameter of the path or the query.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    /// Offers a subprotocol for a WebSocket. It is kept out of the debug output, since it
    /// may have variables in it.
    pub(crate) fn offering(mut self, protocol: &str) -> Self {
        // Cannot fail: subprotocols are names and base64.
        if let Ok(mut value) = HeaderValue::from_str(protocol) {
            value.set_sensitive(true);
            self.protocols.push(value);
        }
        self
    }

    /// Checks that every parameter of the path can be a segment of a URL: an empty one
    /// and one of dots would lead to another address, also when they are encoded.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let is_in_path = |name: &str| self.operation.path.contains(&format!("{{{name}}}"));
        let mut parameters = self.parameters.iter();
        match parameters.find(|(name, value)| matches!(value.as_str(), "" | "." | "..") && is_in_path(name)) {
            None => Ok(()),
            Some((name, value)) => {
                let message = format!("{value:?} is not a valid {name}: it cannot be a part of a URL");
                Err(Error::new(ErrorKind::InvalidArgument, self.name(), message))
            }
        }
    }

    /// Returns the verb phrase of the operation for error messages.
    pub(crate) fn name(&self) -> String {
        self.operation.name_with(|name| self.value(name))
    }

    /// Returns path and query relative to the base URL, with percent-encoded values.
    pub(crate) fn path_and_query(&self) -> String {
        let mut path = self.operation.path_with(|name| self.value(name));
        let mut separator = '?';
        for (name, value) in self.parameters.iter().filter(|(name, _)| self.is_query(name)) {
            path.push(separator);
            path.push_str(name);
            path.push('=');
            path.push_str(&daytona_api::operation::segment(value));
            separator = '&';
        }
        path
    }

    /// Returns a copy without the body, which may be large and is in no error.
    pub(crate) fn without_body(&self) -> Self {
        Self {
            operation: self.operation,
            sandbox_id: self.sandbox_id.clone(),
            repeat: self.repeat,
            parameters: self.parameters.clone(),
            body: Body::None,
            protocols: Vec::new(),
            response_limit: self.response_limit,
            is_execute: self.is_execute,
        }
    }

    /// Returns the error of a call whose body was lost while it was sent.
    pub(crate) fn loss(&self) -> Option<Error> {
        match &self.body {
            Body::Upload(upload) => upload.loss(),
            Body::None | Body::Json(_) | Body::Streamed(_) => None,
        }
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn is_query(&self, name: &str) -> bool {
        self.operation.required.contains(&name) || self.operation.optional.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use daytona_api::control_plane::sandbox;
    use daytona_api::toolbox::files;

    use super::*;

    #[test]
    fn parameters_are_encoded_in_the_path_and_the_query() {
        let request = Request::new(files::FIND.operation()).with("path", "a b&c=é/+").with("pattern", "x");
        assert_eq!(request.path_and_query(), "/files/find?path=a%20b%26c%3D%C3%A9%2F%2B&pattern=x");
        assert_eq!(request.name(), "search in the files of \"a b&c=é/+\"");
        let request =
            Request::new(sandbox::STOP.operation()).with("sandboxIdOrName", "a/b").with("force", "true");
        assert_eq!(request.path_and_query(), "/sandbox/a%2Fb/stop?force=true");
    }

    #[test]
    fn parameters_that_lead_to_another_address_are_rejected() {
        for value in ["", ".", ".."] {
            let request = Request::new(sandbox::STOP.operation()).with("sandboxIdOrName", value);
            assert_eq!(request.check().unwrap_err().kind(), ErrorKind::InvalidArgument);
            let request = Request::new(files::FIND.operation()).with("path", value).with("pattern", value);
            assert!(request.check().is_ok());
        }
        assert!(Request::new(sandbox::STOP.operation()).with("sandboxIdOrName", "...").check().is_ok());
    }
}
