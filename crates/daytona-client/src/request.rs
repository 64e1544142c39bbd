//! Requests as data: built without I/O, tested by equality.

use bytes::Bytes;
use http::Method;

use crate::classify::Service;
use crate::retry::Safety;
use crate::upload::UploadBody;

/// What to send, and what is known about sending it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// What it does, as a verb phrase for error messages.
    pub(crate) operation: String,
    /// The sandbox concerned, for error messages.
    pub(crate) sandbox_id: Option<String>,
    pub(crate) service: Service,
    pub(crate) safety: Safety,
    pub(crate) method: Method,
    /// Relative to the service's base.
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Json(Bytes),
    Upload(UploadBody),
}

impl Request {
    pub(crate) fn new(service: Service, method: Method, path: impl Into<String>, operation: &str) -> Self {
        let safety = match method {
            Method::GET | Method::HEAD | Method::PUT | Method::DELETE => Safety::Repeatable,
            _ => Safety::Once,
        };
        Self {
            operation: operation.to_owned(),
            sandbox_id: None,
            service,
            safety,
            method,
            path: path.into(),
            query: Vec::new(),
            body: Body::None,
        }
    }

    pub(crate) fn about(mut self, sandbox_id: &str) -> Self {
        self.sandbox_id = Some(sandbox_id.to_owned());
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn query_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub(crate) fn json(mut self, body: &impl serde::Serialize) -> Self {
        // Wire types are plain structs with string keys: they always serialise.
        self.body = Body::Json(serde_json::to_vec(body).unwrap_or_default().into());
        self
    }

    pub(crate) fn upload(mut self, body: UploadBody) -> Self {
        self.body = Body::Upload(body);
        self
    }

    /// Marks a write that may be repeated, since it writes the same again.
    pub(crate) fn repeatable(mut self) -> Self {
        self.safety = Safety::Repeatable;
        self
    }

    /// The address below `base`, every value percent-encoded.
    pub(crate) fn url(&self, base: &str) -> String {
        let mut url = format!("{base}{}", self.path);
        for (index, (name, value)) in self.query.iter().enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            url.push_str(&daytona_api::path::segment(value));
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_query_are_encoded() {
        let request =
            Request::new(Service::Toolbox, Method::GET, "/files", "list").query("path", "a b&c=é/+");
        assert_eq!(
            request.url("http://host/toolbox/1"),
            "http://host/toolbox/1/files?path=a%20b%26c%3D%C3%A9%2F%2B"
        );
    }

    #[test]
    fn a_post_is_sent_once_unless_it_is_marked() {
        let request = Request::new(Service::Toolbox, Method::POST, "/x", "do");
        assert_eq!(request.safety, Safety::Once);
        assert_eq!(request.repeatable().safety, Safety::Repeatable);
    }
}
