//! Streaming download of one file.

use bytes::Bytes;

use super::download::{download_error, stopped};
use super::failure::FileFailure;
use super::parts::{Parts, Piece};
use crate::error::{Error, ErrorKind};

/// A file that is being downloaded. Dropping it closes the connection.
pub struct DownloadStream {
    parts: Parts,
    path: String,
    size: Option<u64>,
    received: u64,
    is_over: bool,
}

impl DownloadStream {
    pub(crate) async fn open(mut parts: Parts, path: &str) -> Result<Self, Error> {
        parts.begin().await?;
        let head = parts.head().await?;
        if head.is_error {
            let failure = parts.failure(path, &head).await?;
            return Err(download_error(path, &failure));
        }
        let size = head.length;
        parts.start_content(&head);
        Ok(Self { parts, path: path.to_owned(), size, received: 0, is_over: false })
    }

    /// Returns the size in bytes, if the service announced it.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Returns the number of bytes received so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Returns the next chunk, or `None` at the end of the file.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] or [`ErrorKind::Timeout`] when the file is
    /// incomplete, [`ErrorKind::FileReadFailed`] when the sandbox cannot read the rest
    /// of it. The message contains the number of bytes received.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if self.is_over {
            return Ok(None);
        }
        match self.parts.piece().await {
            Ok(Piece::Content(piece)) => {
                self.received += piece.len() as u64;
                Ok(Some(piece))
            }
            Ok(Piece::End) => {
                self.is_over = true;
                Ok(None)
            }
            Ok(Piece::CutOff) => {
                let FileFailure { reason, .. } = stopped(self.received);
                Err(self.parts.error(ErrorKind::FileReadFailed, reason).with_detail(&self.progress()))
            }
            Err(error) => Err(error.with_detail(&self.progress())),
        }
    }

    fn progress(&self) -> String {
        match self.size {
            Some(size) => format!("{} of {size} bytes of {:?} were received", self.received, self.path),
            None => format!("{} bytes of {:?} were received", self.received, self.path),
        }
    }
}
