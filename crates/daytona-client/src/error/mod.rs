//! The error of a failed call.

pub(crate) mod classify;
mod file_error_details;

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use daytona_api::ErrorBody;
pub use daytona_api::ErrorKind;
use daytona_api::toolbox::files::BulkUploadResponse;

pub use file_error_details::FileErrorDetails;

/// The error of a failed call: the operation, its subject, the reason, the number
/// of retries and the elapsed time.
///
/// Contains no key, no body, and no headers except rate limits.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: String,
    message: String,
    status: Option<u16>,
    code: Option<String>,
    origin: Option<String>,
    sandbox_id: Option<String>,
    headers: BTreeMap<String, String>,
    retries: u32,
    elapsed: Duration,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Set when no connection was established, so that the request was not sent.
    is_unsent: bool,
    /// Set when only the sandbox's state can tell what the response means.
    is_ambiguous: bool,
    /// Set when an earlier attempt may have arrived, whose response was lost.
    is_repeat: bool,
    /// The response to a bulk upload that failed for some files.
    upload: Option<BulkUploadResponse>,
}

impl Error {
    /// Creates an error. `operation` is a verb phrase for what could not be done,
    /// such as "create a sandbox"; `message` is the reason.
    #[must_use]
    pub fn new(kind: ErrorKind, operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: operation.into(),
            message: message.into(),
            status: None,
            code: None,
            origin: None,
            sandbox_id: None,
            headers: BTreeMap::new(),
            retries: 0,
            elapsed: Duration::ZERO,
            source: None,
            is_unsent: false,
            is_ambiguous: false,
            is_repeat: false,
            upload: None,
        }))
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_body(mut self, body: ErrorBody) -> Self {
        self.0.code = body.code;
        self.0.origin = body.source;
        self
    }

    pub(crate) fn with_code(mut self, code: &str) -> Self {
        self.0.code = Some(code.to_owned());
        self
    }

    /// Adds what the service says about a file.
    pub(crate) fn with_file_details(mut self, details: &FileErrorDetails) -> Self {
        self.0.status = details.status_code;
        self.0.code.clone_from(&details.code);
        self.0.origin.clone_from(&details.source);
        self
    }

    pub(crate) fn with_upload(mut self, upload: Option<BulkUploadResponse>) -> Self {
        self.0.upload = upload;
        self
    }

    pub(crate) fn upload(&self) -> Option<&BulkUploadResponse> {
        self.0.upload.as_ref()
    }

    /// Removes a secret from the message, in case the service repeats it there.
    /// Shorter strings are kept: they are not secrets and may occur in any message.
    pub(crate) fn without(mut self, secret: &str) -> Self {
        const SHORTEST_SECRET: usize = 8;
        if secret.len() >= SHORTEST_SECRET && self.0.message.contains(secret) {
            self.0.message = self.0.message.replace(secret, "***");
        }
        self
    }

    pub(crate) fn with_unsent(mut self, is_unsent: bool) -> Self {
        self.0.is_unsent = is_unsent;
        self
    }

    pub(crate) fn is_unsent(&self) -> bool {
        self.0.is_unsent
    }

    pub(crate) fn with_ambiguity(mut self, is_ambiguous: bool) -> Self {
        self.0.is_ambiguous = is_ambiguous;
        self
    }

    pub(crate) fn is_ambiguous(&self) -> bool {
        self.0.is_ambiguous
    }

    pub(crate) fn with_repeat(mut self, is_repeat: bool) -> Self {
        self.0.is_repeat = is_repeat;
        self
    }

    pub(crate) fn is_repeat(&self) -> bool {
        self.0.is_repeat
    }

    pub(crate) fn with_headers(mut self, headers: BTreeMap<String, String>) -> Self {
        self.0.headers = headers;
        self
    }

    pub(crate) fn with_sandbox(mut self, id: &str) -> Self {
        self.0.sandbox_id.get_or_insert_with(|| id.to_owned());
        self
    }

    pub(crate) fn with_cost(mut self, retries: u32, elapsed: Duration) -> Self {
        self.0.retries = retries;
        self.0.elapsed = elapsed;
        self
    }

    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    pub(crate) fn with_operation(mut self, operation: String) -> Self {
        self.0.operation = operation;
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind, message: String) -> Self {
        self.0.kind = kind;
        self.0.message = message;
        self
    }

    /// Adds a sentence to the message.
    #[must_use]
    pub fn with_detail(mut self, sentence: &str) -> Self {
        self.0.message = format!("{}. {sentence}", self.0.message.trim_end_matches(['.', '\n']));
        self
    }

    /// Returns the kind of error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the operation that failed, as a verb phrase.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// Returns the reason: the service's message, if there is one.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the HTTP status, if there was a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the service's error code, such as `FILE_NOT_FOUND`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns the part of the service that produced the error, such as
    /// `DAYTONA_DAEMON`.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.0.origin.as_deref()
    }

    /// Returns the id or name of the sandbox.
    #[must_use]
    pub fn sandbox_id(&self) -> Option<&str> {
        self.0.sandbox_id.as_deref()
    }

    /// Returns the `retry-after` and `x-ratelimit-…` headers of the response, in
    /// lower case.
    #[must_use]
    pub fn headers(&self) -> &BTreeMap<String, String> {
        &self.0.headers
    }

    /// Returns the number of retries.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.0.retries
    }

    /// Returns the time from the start of the call to the error.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    fn hint(&self) -> Option<&'static str> {
        match self.0.kind {
            ErrorKind::Authentication => Some(
                "Set DAYTONA_API_KEY to a valid API key, or pass apiKey. Create a key at https://app.daytona.io",
            ),
            ErrorKind::SandboxNotStarted => Some("Call start() and try again"),
            ErrorKind::RateLimited => {
                Some("Send fewer requests, or wait for the time in the retry-after header")
            }
            ErrorKind::InvalidResponse => {
                Some("Check the API URL (DAYTONA_API_URL); it usually ends with /api")
            }
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        write!(f, "Could not {}", inner.operation)?;
        if let Some(id) = &inner.sandbox_id
            && !inner.operation.contains(id.as_str())
            && !inner.message.contains(id.as_str())
        {
            write!(f, " (sandbox {id})")?;
        }
        write!(f, ": {}", inner.message)?;
        if inner.retries > 0 {
            write!(f, " (after {} retries in {:.1} s)", inner.retries, inner.elapsed.as_secs_f64())?;
        }
        match self.hint() {
            Some(hint) => write!(f, ". {hint}."),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation)
            .field("message", &self.0.message)
            .field("status", &self.0.status)
            .field("code", &self.0.code)
            .field("sandbox_id", &self.0.sandbox_id)
            .field("retries", &self.0.retries)
            .field("elapsed", &self.0.elapsed)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as &(dyn StdError + 'static))
    }
}
