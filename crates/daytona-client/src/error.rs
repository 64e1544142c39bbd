//! What went wrong, as data.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use daytona_api::ErrorBody;
use daytona_api::files::BulkUploadResponse;

/// What kind of failure an [`Error`] is. Callers decide by it, never by words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument was refused before any request was sent.
    InvalidArgument,
    /// No key, or one that the service rejects (401).
    Authentication,
    /// The key may not do this (403).
    Forbidden,
    /// The sandbox does not exist, or was deleted.
    SandboxNotFound,
    /// The sandbox is not running.
    SandboxNotStarted,
    /// The sandbox ended in an error state while a call waited for it.
    SandboxFailed,
    /// Something else that was asked for does not exist (404).
    NotFound,
    /// The service does not know this operation.
    Unsupported,
    /// A file does not exist.
    FileNotFound,
    /// A file may not be read or written.
    FileAccessDenied,
    /// A path cannot be used as a file.
    InvalidFilePath,
    /// The service could not read a file.
    FileReadFailed,
    /// The service refused the request's content (400).
    BadRequest,
    /// The request is at odds with the present state (409).
    Conflict,
    /// What was asked for is gone (410).
    Gone,
    /// The service understood the request but cannot carry it out (422).
    Unprocessable,
    /// Too many requests (429).
    RateLimited,
    /// A quota of processors, memory, disk or sandboxes is used up.
    ResourceLimit,
    /// The service failed (500).
    InternalServer,
    /// A hop on the way could not reach the next (502).
    BadGateway,
    /// The service is not available (503).
    Unavailable,
    /// A deadline passed, whichever hop noticed first.
    Timeout,
    /// The service could not be reached, or the connection broke.
    Connection,
    /// The answer was not what this service answers.
    InvalidResponse,
    /// Another status.
    Other,
}

/// A failed call: what was tried, on what, why it failed, and what it cost.
///
/// Holds no key, no header but rate limits, and no body.
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
    /// Set when no connection was made, so that nothing arrived.
    is_unsent: bool,
    /// Set while only the sandbox's state can tell what the answer meant.
    is_ambiguous: bool,
    /// What a bulk upload that failed in part has written, and what not.
    upload: Option<BulkUploadResponse>,
}

impl Error {
    /// An error of this kind: `operation` says what could not be done ("create
    /// a sandbox"), `message` why.
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
            upload: None,
        }))
    }

    pub(crate) fn timeout(operation: &str, limit: Duration) -> Self {
        let seconds = limit.as_secs_f64();
        Self::new(ErrorKind::Timeout, operation, format!("no result within {seconds} s"))
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

    pub(crate) fn with_upload(mut self, upload: Option<BulkUploadResponse>) -> Self {
        self.0.upload = upload;
        self
    }

    pub(crate) fn upload(&self) -> Option<&BulkUploadResponse> {
        self.0.upload.as_ref()
    }

    /// Takes a text out of the message, in case the service repeats it there.
    /// One as short as a word is no secret, and may be part of any message.
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

    pub(crate) fn with_kind(mut self, kind: ErrorKind, message: String) -> Self {
        self.0.kind = kind;
        self.0.message = message;
        self
    }

    /// Adds a sentence to the message.
    #[must_use]
    pub fn and(mut self, sentence: &str) -> Self {
        self.0.message = format!("{}. {sentence}", self.0.message.trim_end_matches(['.', '\n']));
        self
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What could not be done, as a verb phrase.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// Why, in the service's words where it gave any.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status, when an answer came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own code, such as `FILE_NOT_FOUND`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The part of the service that made the error, such as `DAYTONA_DAEMON`.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.0.origin.as_deref()
    }

    /// The sandbox concerned.
    #[must_use]
    pub fn sandbox_id(&self) -> Option<&str> {
        self.0.sandbox_id.as_deref()
    }

    /// `retry-after` and `x-ratelimit-…` headers of the answer, lower-case.
    #[must_use]
    pub fn headers(&self) -> &BTreeMap<String, String> {
        &self.0.headers
    }

    /// How often the request was sent again before this error.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.0.retries
    }

    /// Time from the call to the error.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    fn hint(&self) -> Option<&'static str> {
        match self.0.kind {
            ErrorKind::Authentication => Some(
                "Check the API key: set DAYTONA_API_KEY, or pass auth.apiKey; keys are made at app.daytona.io",
            ),
            ErrorKind::SandboxNotStarted => Some("Start it with start() and try again"),
            ErrorKind::RateLimited => Some("Send fewer requests, or wait for as long as the service asks"),
            ErrorKind::InvalidResponse => {
                Some("Check the API URL (DAYTONA_API_URL): it usually ends in /api")
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
