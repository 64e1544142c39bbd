//! The body of a response as a stream.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;

use crate::error::{Error, ErrorKind};
use crate::transport::response::StreamedResponse;

/// A body that is being downloaded. Dropping it closes the connection.
pub struct BodyStream {
    response: StreamedResponse,
    name: String,
    size: Option<u64>,
    received: u64,
}

impl BodyStream {
    pub(crate) fn new(response: StreamedResponse, name: &str) -> Self {
        let size = response.header(CONTENT_LENGTH).parse().ok();
        Self { response, name: name.to_owned(), size, received: 0 }
    }

    /// Returns the size in bytes, if the service announced it.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Returns the next chunk, or `None` at the end of the body.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] or [`ErrorKind::Timeout`] when the body is
    /// incomplete. The message contains the number of bytes received.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = self.response.chunk().await.map_err(|error| error.with_detail(&self.progress()))?;
        match &chunk {
            Some(chunk) => self.received += chunk.len() as u64,
            None if self.size.is_some_and(|size| self.received < size) => {
                let message = "the response ended early";
                let error = self.response.context.error(ErrorKind::Connection, message);
                return Err(error.with_detail(&self.progress()));
            }
            None => {}
        }
        Ok(chunk)
    }

    fn progress(&self) -> String {
        match self.size {
            Some(size) => format!("{} of {size} bytes of {} were received", self.received, self.name),
            None => format!("{} bytes of {} were received", self.received, self.name),
        }
    }
}
