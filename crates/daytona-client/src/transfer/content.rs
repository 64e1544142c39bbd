//! The content of a file to upload.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use daytona_api::toolbox::files;
use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind};

/// The content of a file to upload.
#[derive(Clone)]
pub enum Content {
    /// Bytes that nobody else can change.
    Bytes(Bytes),
    /// A source that is read in pieces while the request is sent, and again from the
    /// start when the request is repeated.
    Source(Arc<dyn ContentSource>),
}

/// Content that is read while it is sent, and that can be lost meanwhile.
pub trait ContentSource: Send + Sync {
    /// Returns the size in bytes.
    fn size(&self) -> u64;

    /// Starts to read `length` bytes from `offset`. Sends exactly these bytes, or the
    /// reason why they cannot be read, as a phrase that continues "its content …".
    fn read(self: Arc<Self>, offset: u64, length: usize) -> oneshot::Receiver<Result<Bytes, String>>;
}

impl Content {
    /// Returns the size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Source(source) => source.size(),
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.size())
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Bytes(text.into())
    }
}

/// Which content of an upload was lost while it was sent. The body of a request
/// writes it, and the call reads it: a connection does not pass the error of a body
/// on to its request in every version of HTTP.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loss(Arc<OnceLock<(Arc<str>, String)>>);

impl Loss {
    /// Records the loss and returns it as the error of a body.
    pub(crate) fn record(&self, path: &Arc<str>, reason: String) -> std::io::Error {
        let error = std::io::Error::other(reason.clone());
        // The first loss is the reason why the request ends.
        let _ = self.0.set((Arc::clone(path), reason));
        error
    }

    /// Returns the error of the call, if content was lost.
    pub(crate) fn error(&self) -> Option<Error> {
        let (path, reason) = self.0.get()?;
        let message = format!("its content {reason}. The file may be incomplete in the sandbox");
        Some(Error::new(ErrorKind::InvalidArgument, files::UPLOAD.name_with(|_| Some(path)), message))
    }
}
