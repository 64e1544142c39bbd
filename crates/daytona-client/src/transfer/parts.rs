//! The parts of the response to a bulk download, read as they come.

use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http::header::CONTENT_TYPE;
use memchr::memmem;

use super::memory::{Memory as _, Storage};
use super::room::{allocate, make_room};
use crate::error::{Error, ErrorKind};
use crate::transport::response::StreamedResponse;

/// A head longer than this is not one.
const HEAD_LIMIT: usize = 64 * 1024;
/// How long to wait for the end of a response once all files are read.
const CLOSING_LIMIT: Duration = Duration::from_millis(200);

/// Reads the parts of a bulk download.
pub(crate) struct Parts {
    response: StreamedResponse,
    delimiter: Vec<u8>,
    /// Received bytes that are not used yet.
    buffer: Bytes,
    is_over: bool,
    /// What is left of the length that the present part announced.
    announced: u64,
}

/// The content of a part.
pub(super) enum Content<Memory> {
    Whole(Memory),
    /// More bytes than allowed, of which there are at least these.
    TooLarge(u64),
    /// The response ended after these bytes.
    CutOff(u64),
}

/// The head of a part.
pub(super) struct Head {
    pub(super) is_error: bool,
    pub(super) length: Option<u64>,
}

/// What comes next of the content of a part.
pub(super) enum Piece {
    Content(Bytes),
    End,
    /// The response ended in the middle of the part.
    CutOff,
}

impl Parts {
    pub(crate) fn new(response: StreamedResponse) -> Result<Self, Error> {
        let content_type = response.header(CONTENT_TYPE);
        let Some(boundary) = boundary(content_type) else {
            return Err(response.context.unexpected_content("no multipart body"));
        };
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // The first delimiter has no line end before it.
        let buffer = Bytes::from_static(b"\r\n");
        Ok(Self { response, delimiter, buffer, is_over: false, announced: 0 })
    }

    /// Skips to the first part.
    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        loop {
            match self.piece().await? {
                Piece::Content(_) => {}
                Piece::End => return Ok(()),
                Piece::CutOff => return Err(self.malformed("no part at all")),
            }
        }
    }

    /// The head of the next part.
    pub(super) async fn head(&mut self) -> Result<Head, Error> {
        self.fill(2).await?;
        if self.is_over || self.buffer.starts_with(b"--") {
            return Err(self.malformed("fewer files than asked for"));
        }
        loop {
            if let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") {
                let head = parse_head(&self.buffer[..end]);
                self.buffer.advance(end + 4);
                return Ok(head);
            }
            if self.buffer.len() > HEAD_LIMIT || !self.more().await? {
                return Err(self.malformed("a part without a head"));
            }
        }
    }

    /// Has to be called between a head and the first piece of its content.
    pub(super) fn start_content(&mut self, head: &Head) {
        self.announced = head.length.unwrap_or(0);
    }

    /// The next piece of the content of the present part.
    pub(super) async fn piece(&mut self) -> Result<Piece, Error> {
        if self.announced > 0 {
            if self.buffer.is_empty() && !self.more().await? {
                return Ok(Piece::CutOff);
            }
            let length = usize::try_from(self.announced).unwrap_or(usize::MAX).min(self.buffer.len());
            self.announced -= length as u64;
            return Ok(Piece::Content(self.buffer.split_to(length)));
        }
        // Files of /proc announce no bytes and have some, and old toolboxes
        // announce nothing: the delimiter decides.
        loop {
            let end = memmem::find(&self.buffer, &self.delimiter);
            if end == Some(0) {
                self.buffer.advance(self.delimiter.len());
                return Ok(Piece::End);
            }
            let ready = end.unwrap_or((self.buffer.len() + 1).saturating_sub(self.delimiter.len()));
            if ready > 0 {
                return Ok(Piece::Content(self.buffer.split_to(ready)));
            }
            if !self.more().await? {
                return Ok(Piece::CutOff);
            }
        }
    }

    /// Reads the whole content of the present part into memory.
    pub(super) async fn content<S: Storage>(
        &mut self,
        head: &Head,
        limit: u64,
        storage: &S,
    ) -> Result<Content<S::Memory>, Error> {
        let announced = head.length.unwrap_or(0);
        let Some(mut content) = allocate(announced, limit, storage).await else {
            return Ok(Content::TooLarge(announced));
        };
        // What comes beyond the announced length.
        let mut rest = Vec::new();
        self.start_content(head);
        loop {
            let is_announced = self.announced > 0;
            let piece = match self.piece().await? {
                Piece::Content(piece) => piece,
                Piece::End => break,
                Piece::CutOff => {
                    return Ok(Content::CutOff(announced - self.announced + rest.len() as u64));
                }
            };
            if is_announced {
                if !content.append(&piece) {
                    return Err(self.error(ErrorKind::Other, "the program that asked for it has ended"));
                }
                continue;
            }
            let size = announced + (rest.len() + piece.len()) as u64;
            if size > limit || !make_room(&mut rest, piece.len()) {
                return Ok(Content::TooLarge(size));
            }
            rest.extend_from_slice(&piece);
        }
        if rest.is_empty() {
            content.complete();
            return Ok(Content::Whole(content));
        }
        let start = content.to_vec();
        let size = (start.len() + rest.len()) as u64;
        let Some(mut whole) = allocate(size, limit, storage).await else {
            return Ok(Content::TooLarge(size));
        };
        whole.append(&start);
        whole.append(&rest);
        whole.complete();
        Ok(Content::Whole(whole))
    }

    /// Reads what follows the last file, for a connection can be used again only
    /// once its response is read to the end. The files are there, so that nothing
    /// in it is waited for or worth an error, but for one file too many.
    pub(super) async fn finish(&mut self) -> Result<(), Error> {
        let closed = async {
            self.fill(2).await?;
            let is_next = self.buffer.starts_with(b"\r\n");
            self.buffer.clear();
            while !is_next && self.more().await? {
                self.buffer.clear();
            }
            Ok::<_, Error>(is_next)
        };
        match tokio::time::timeout(CLOSING_LIMIT, closed).await {
            Ok(Ok(true)) => Err(self.malformed("more files than asked for")),
            _ => Ok(()),
        }
    }

    async fn fill(&mut self, length: usize) -> Result<(), Error> {
        while self.buffer.len() < length && self.more().await? {}
        Ok(())
    }

    async fn more(&mut self) -> Result<bool, Error> {
        if self.is_over {
            return Ok(false);
        }
        let chunk: Option<Bytes> = self.response.chunk().await?;
        match chunk {
            Some(chunk) if self.buffer.is_empty() => self.buffer = chunk,
            Some(chunk) => self.buffer = [&*self.buffer, &*chunk].concat().into(),
            None => self.is_over = true,
        }
        Ok(!self.is_over)
    }

    /// An error of this download.
    pub(super) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        self.response.context.error(kind, message)
    }

    /// An error of a response with something that does not belong there.
    pub(super) fn malformed(&self, what: &str) -> Error {
        self.response.context.unexpected_content(what)
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().starts_with("multipart/") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_boundary = name.trim().eq_ignore_ascii_case("boundary");
        is_boundary.then(|| value.trim().trim_matches('"')).filter(|value| !value.is_empty())
    })
}

fn parse_head(head: &[u8]) -> Head {
    // File names are Latin-1 there; only ASCII parts of the head are looked at.
    let head = String::from_utf8_lossy(head);
    let mut parsed = Head { is_error: false, length: None };
    for line in head.split("\r\n") {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            parsed.length = value.trim().parse().ok();
        } else if name.eq_ignore_ascii_case("content-disposition") {
            parsed.is_error = value.split(';').any(|part| part.trim() == "name=\"error\"");
        }
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_found_bare_and_quoted() {
        assert_eq!(boundary("multipart/form-data; boundary=B-1"), Some("B-1"));
        assert_eq!(boundary("multipart/mixed; charset=x; boundary=\"q b\""), Some("q b"));
        assert_eq!(boundary("application/json; boundary=x"), None);
        assert_eq!(boundary("multipart/form-data"), None);
    }
}
