//! Operations of the service as data: one row holds everything that a client, a
//! server and an error message need to know about an operation.

use std::fmt::Write as _;
use std::marker::PhantomData;
use std::ops::Deref;

use http::Method;
use serde::de::DeserializeOwned;

use crate::error::ErrorKind;
use crate::fields::fields;

/// The part of the service that performs an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// The control plane.
    ControlPlane,
    /// The toolbox of a sandbox, behind the proxy.
    Toolbox,
    /// The analytics service, which some deployments have.
    Analytics,
}

/// Whether a request may be sent again after its response was lost, and what the
/// response to the repeated request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Never sent again once it may have arrived: it would have another effect, or
    /// its response would not tell whether the first request had one.
    Never,
    /// Idempotent: may be sent again, and the response means the same.
    Safe,
    /// May be sent again. One of these errors then means that the first request
    /// had its effect: deleting a deleted file again returns "not found".
    DoneAt(&'static [ErrorKind]),
    /// Changes the state of a sandbox, and may be sent again. One of these errors
    /// then means that the first request had its effect: the change is in progress.
    /// A refusal ([`ErrorKind::BadRequest`]) means it if the state has changed
    /// since: a stopped sandbox cannot be stopped.
    ChangesState(&'static [ErrorKind]),
}

/// One operation of the service.
#[derive(Debug)]
pub struct Operation {
    /// The part of the service that performs it.
    pub service: Service,
    /// The HTTP method.
    pub method: Method,
    /// The path relative to the service's base URL, with `{parameters}`.
    pub path: &'static str,
    /// Required query parameters.
    pub required: &'static [&'static str],
    /// Optional query parameters.
    pub optional: &'static [&'static str],
    /// Whether it may be sent again.
    pub repeat: Repeat,
    /// Verb phrase for error messages. `{parameters}` of the path and the query
    /// are replaced by their values.
    pub name: &'static str,
    /// Field names of the request body; empty without a JSON body.
    pub body_fields: fn() -> Vec<&'static str>,
    /// Field names of the response body; empty without a JSON body.
    pub output_fields: fn() -> Vec<&'static str>,
}

/// An operation with the types of its request body and its response body.
#[derive(Debug)]
pub struct Endpoint<Body, Output> {
    operation: Operation,
    types: PhantomData<fn(Body) -> Output>,
}

/// A `multipart/form-data` body.
#[derive(Debug, serde::Deserialize)]
pub struct Multipart;

/// A body of plain bytes.
#[derive(Debug, serde::Deserialize)]
pub struct Bytes;

impl Operation {
    /// Creates an operation of a service. `GET` and `PUT` may be repeated; no other
    /// method is repeated unless [`Operation::repeat`] allows it.
    #[must_use]
    pub const fn new(service: Service, method: Method, path: &'static str, name: &'static str) -> Self {
        let repeat = match method {
            Method::GET | Method::PUT => Repeat::Safe,
            _ => Repeat::Never,
        };
        Self {
            service,
            method,
            path,
            required: &[],
            optional: &[],
            repeat,
            name,
            body_fields: fields::<()>,
            output_fields: fields::<()>,
        }
    }

    /// Sets the names of the required and the optional query parameters.
    #[must_use]
    pub const fn query(
        mut self,
        required: &'static [&'static str],
        optional: &'static [&'static str],
    ) -> Self {
        self.required = required;
        self.optional = optional;
        self
    }

    /// Sets whether it may be sent again.
    #[must_use]
    pub const fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// Returns whether it addresses one sandbox at the control plane, so that 404
    /// means that the sandbox does not exist.
    #[must_use]
    pub fn names_sandbox(&self) -> bool {
        self.service == Service::ControlPlane && self.path.starts_with("/sandbox/{")
    }

    /// Returns the path with its parameters, each percent-encoded as one segment.
    #[must_use]
    pub fn path_with<'a>(&self, parameter: impl Fn(&str) -> Option<&'a str>) -> String {
        fill(self.path, parameter, |path, value| path.push_str(&segment(value)))
    }

    /// Returns the verb phrase with quoted values in place of its parameters.
    #[must_use]
    pub fn name_with<'a>(&self, parameter: impl Fn(&str) -> Option<&'a str>) -> String {
        fill(self.name, parameter, |name, value| {
            // Writing to a string cannot fail.
            let _ = write!(name, "{value:?}");
        })
    }

    /// Returns the parameters of `path` when it matches this operation's path.
    #[must_use]
    pub fn matches<'a>(&self, path: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
        let mut parameters = Vec::new();
        let mut given = path.split('/');
        for wanted in self.path.split('/') {
            let part = given.next()?;
            match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(_) if part.is_empty() => return None,
                Some(name) => parameters.push((name, part)),
                None if wanted == part => {}
                None => return None,
            }
        }
        given.next().is_none().then_some(parameters)
    }
}

impl<Body: DeserializeOwned, Output: DeserializeOwned> Endpoint<Body, Output> {
    /// Creates an endpoint from an operation and its types.
    #[must_use]
    pub const fn new(mut operation: Operation) -> Self {
        operation.body_fields = fields::<Body>;
        operation.output_fields = fields::<Output>;
        Self { operation, types: PhantomData }
    }

    /// Returns the operation without its types.
    pub const fn operation(&'static self) -> &'static Operation {
        &self.operation
    }
}

impl<Body, Output> Deref for Endpoint<Body, Output> {
    type Target = Operation;

    fn deref(&self) -> &Operation {
        &self.operation
    }
}

/// Declares the operations of a resource: a static for each, and a list of all
/// of them, so that the list is complete.
///
/// `NAME: RequestBody => ResponseBody = METHOD "path", "verb phrase";`, followed
/// by calls of [`Operation`]'s methods where they are needed.
macro_rules! operations {
    ($service:expr; $($(#[$doc:meta])* $name:ident: $body:ty => $output:ty
        = $method:ident $path:literal, $does:literal $(, $with:ident($($value:expr),*))*;)+) => {
        $($(#[$doc])* pub static $name: $crate::Endpoint<$body, $output> = $crate::Endpoint::new(
            $crate::Operation::new($service, http::Method::$method, $path, $does)$(.$with($($value),*))*
        );)+

        /// Every operation of this resource.
        pub static OPERATIONS: &[&$crate::Operation] = &[$($name.operation()),+];
    };
}
pub(crate) use operations;

/// Percent-encodes a string as one segment of a path or one value of a query. No
/// encoding makes a segment of `.`, `..` or nothing: callers have to reject these.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Replaces `{parameters}` of a template; a parameter without a value is kept.
fn fill<'a>(
    template: &str,
    parameter: impl Fn(&str) -> Option<&'a str>,
    push: impl Fn(&mut String, &str),
) -> String {
    let mut filled = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        match parameter(name) {
            Some(value) => push(&mut filled, value),
            None => {
                let _ = write!(filled, "{{{name}}}");
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    static OPERATION: Operation =
        Operation::new(Service::Toolbox, Method::POST, "/a/{id}/b/{other}", "do {id} with {path}");

    fn value(name: &str) -> Option<&'static str> {
        [("id", "x/y z"), ("other", ".é"), ("path", "a\"b")]
            .into_iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    #[test]
    fn parameters_are_encoded_in_paths_and_quoted_in_names() {
        assert_eq!(OPERATION.path_with(value), "/a/x%2Fy%20z/b/.%C3%A9");
        assert_eq!(OPERATION.name_with(value), r#"do "x/y z" with "a\"b""#);
    }

    #[test]
    fn paths_match_segment_by_segment() {
        assert_eq!(OPERATION.matches("/a/1/b/2"), Some(vec![("id", "1"), ("other", "2")]));
        for other in ["/a/1/b", "/a/1/b/2/3", "/a//b/2", "/a/1/c/2"] {
            assert_eq!(OPERATION.matches(other), None, "{other}");
        }
    }
}
