//! The response to a bulk download, read part by part as it comes.

use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use daytona_api::ErrorBody;
use daytona_api::toolbox::files::{BULK_DOWNLOAD, DOWNLOAD};
use http::header::CONTENT_TYPE;
use memchr::memmem;

use super::memory::{Heap, Memory as _, Storage};
use super::upload::{UploadFailure, upload_failure};
use crate::error::classify;
use crate::error::{Error, ErrorKind};
use crate::transport::response::{StreamedResponse, parse_error_body};

/// A head longer than this is not one.
const HEAD_LIMIT: usize = 64 * 1024;
/// Files below this size are taken to fit.
const ALWAYS_FITS: u64 = 16 << 20;
/// Why a file failed is said in a few words.
const ERROR_LIMIT: u64 = 1024 * 1024;
/// How long to wait for the end of a response once all files are read.
const CLOSING_LIMIT: Duration = Duration::from_millis(200);

/// A file that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadedFile<Memory = Vec<u8>> {
    /// The path, as asked for.
    pub path: String,
    /// Its bytes, or why there are none.
    pub content: Result<Memory, DownloadFailure>,
}

/// Why one file of a download could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DownloadFailure {
    /// There is no such file.
    NotFound,
    /// The user of the sandbox may not read it.
    PermissionDenied,
    /// It is a folder.
    IsDirectory,
    /// The path is not a valid file path.
    InvalidPath,
    /// Something else, in the service's words.
    Other(String),
}

/// Reads the parts of a bulk download.
pub(crate) struct Parts {
    response: StreamedResponse,
    delimiter: Vec<u8>,
    buffer: BytesMut,
    is_over: bool,
    /// What is left of the length that the present part announced.
    announced: u64,
}

/// The head of a part.
pub(crate) struct Head {
    pub(crate) is_error: bool,
    pub(crate) length: Option<u64>,
}

/// What comes next of the content of a part.
pub(crate) enum Piece {
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
        let buffer = BytesMut::from(&b"\r\n"[..]);
        Ok(Self { response, delimiter, buffer, is_over: false, announced: 0 })
    }

    /// Reads the parts for these paths; the service gives them in this order.
    pub(crate) async fn read_all<S: Storage>(
        &mut self,
        paths: &[String],
        limit: u64,
        storage: &S,
    ) -> Result<Vec<DownloadedFile<S::Memory>>, Error> {
        self.begin().await?;
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let head = self.head().await?;
            let content = if head.is_error {
                Err(self.failure(path, &head).await?)
            } else {
                Ok(self.content(path, &head, limit, storage).await?)
            };
            files.push(DownloadedFile { path: path.clone(), content });
        }
        self.finish().await?;
        Ok(files)
    }

    /// Reads what follows the last file, for a connection can be used again only
    /// once its response is read to the end. The files are there, so that nothing
    /// in it is waited for or worth an error, but for one file too many.
    async fn finish(&mut self) -> Result<(), Error> {
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

    /// Skips to the first part.
    pub(crate) async fn begin(&mut self) -> Result<(), Error> {
        loop {
            match self.piece().await? {
                Piece::Content(_) => {}
                Piece::End => return Ok(()),
                Piece::CutOff => return Err(self.malformed("no part at all")),
            }
        }
    }

    /// The head of the next part.
    pub(crate) async fn head(&mut self) -> Result<Head, Error> {
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
    pub(crate) fn start_content(&mut self, head: &Head) {
        self.announced = head.length.unwrap_or(0);
    }

    /// The next piece of the content of the present part.
    pub(crate) async fn piece(&mut self) -> Result<Piece, Error> {
        if self.announced > 0 {
            if self.buffer.is_empty() && !self.more().await? {
                return Ok(Piece::CutOff);
            }
            let length = usize::try_from(self.announced).unwrap_or(usize::MAX).min(self.buffer.len());
            self.announced -= length as u64;
            return Ok(Piece::Content(self.buffer.split_to(length).freeze()));
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
                return Ok(Piece::Content(self.buffer.split_to(ready).freeze()));
            }
            if !self.more().await? {
                return Ok(Piece::CutOff);
            }
        }
    }

    /// Why the file of a part could not be read.
    pub(crate) async fn failure(&mut self, path: &str, head: &Head) -> Result<DownloadFailure, Error> {
        Ok(failure(path, &self.content(path, head, ERROR_LIMIT, &Heap).await?))
    }

    async fn content<S: Storage>(
        &mut self,
        path: &str,
        head: &Head,
        limit: u64,
        storage: &S,
    ) -> Result<S::Memory, Error> {
        let announced = head.length.unwrap_or(0);
        let mut content = self.allocate(path, announced, limit, storage).await?;
        // What comes beyond the announced length.
        let mut rest = Vec::new();
        self.start_content(head);
        loop {
            let is_announced = self.announced > 0;
            match self.piece().await? {
                Piece::Content(piece) if is_announced => {
                    if !content.append(&piece) {
                        return Err(self.error(ErrorKind::Other, "the program that asked for it has ended"));
                    }
                }
                Piece::Content(piece) => rest.extend_from_slice(&piece),
                Piece::End => break,
                Piece::CutOff => return Err(self.cut_off(path)),
            }
            let received = announced - self.announced + rest.len() as u64;
            if received > limit {
                return Err(self.too_large(path, received));
            }
        }
        if rest.is_empty() {
            content.complete();
            return Ok(content);
        }
        let start = content.to_vec();
        let mut whole = self.allocate(path, (start.len() + rest.len()) as u64, limit, storage).await?;
        whole.append(&start);
        whole.append(&rest);
        whole.complete();
        Ok(whole)
    }

    async fn allocate<S: Storage>(
        &self,
        path: &str,
        length: u64,
        limit: u64,
        storage: &S,
    ) -> Result<S::Memory, Error> {
        let too_large = || self.too_large(path, length);
        if length > limit {
            return Err(too_large());
        }
        // Asking what is free costs more than reading a small file.
        let free = if length < ALWAYS_FITS { None } else { available_memory() };
        if free.is_some_and(|free| length > free) {
            return Err(too_large());
        }
        let size = usize::try_from(length).map_err(|_| too_large())?;
        storage.allocate(size).await.ok_or_else(too_large)
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
            Some(chunk) if self.buffer.is_empty() => self.buffer = BytesMut::from(chunk),
            Some(chunk) => self.buffer.extend_from_slice(&chunk),
            None => self.is_over = true,
        }
        Ok(!self.is_over)
    }

    /// An error of this download.
    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        self.response.context.error(kind, message)
    }

    fn malformed(&self, what: &str) -> Error {
        self.response.context.unexpected_content(what)
    }

    fn cut_off(&self, path: &str) -> Error {
        self.malformed(&format!("only a part of {path:?}: the download was cut off"))
    }

    fn too_large(&self, path: &str, length: u64) -> Error {
        let message = format!(
            "{path:?} has at least {length} bytes, more than fit into memory here. Read it with downloadFileStream, or split it in the sandbox"
        );
        self.error(ErrorKind::FileReadFailed, message)
    }
}

/// The error of a call for one file that could not be read.
pub(crate) fn download_error(path: &str, failure: &DownloadFailure) -> Error {
    let (kind, message) = match failure {
        DownloadFailure::NotFound => (ErrorKind::FileNotFound, "file not found"),
        DownloadFailure::PermissionDenied => (ErrorKind::FileAccessDenied, "permission denied"),
        DownloadFailure::IsDirectory => (ErrorKind::InvalidFilePath, "it is a folder"),
        DownloadFailure::InvalidPath => (ErrorKind::InvalidFilePath, "the path is not a valid file path"),
        DownloadFailure::Other(message) => (ErrorKind::FileReadFailed, message.as_str()),
    };
    Error::new(kind, DOWNLOAD.name_with(|_| Some(path)), message)
}

fn failure(path: &str, body: &[u8]) -> DownloadFailure {
    let body: ErrorBody = parse_error_body(body);
    let status = body.status_code.unwrap_or_default();
    let words = body.message.clone().or_else(|| body.error.clone()).unwrap_or_default();
    match classify::kind(&BULK_DOWNLOAD, status, &body) {
        ErrorKind::FileNotFound | ErrorKind::NotFound => DownloadFailure::NotFound,
        ErrorKind::FileAccessDenied | ErrorKind::Forbidden => DownloadFailure::PermissionDenied,
        // The toolbox has one code for the two ways a path can be no file.
        ErrorKind::InvalidFilePath if path.is_empty() => DownloadFailure::InvalidPath,
        ErrorKind::InvalidFilePath => DownloadFailure::IsDirectory,
        // Before 0.163 there were words alone, and the same for a folder.
        _ if words.starts_with("file not found") => DownloadFailure::NotFound,
        _ => match upload_failure(&words) {
            UploadFailure::IsDirectory => DownloadFailure::IsDirectory,
            UploadFailure::PermissionDenied => DownloadFailure::PermissionDenied,
            UploadFailure::NotFound => DownloadFailure::NotFound,
            UploadFailure::InvalidPath => DownloadFailure::InvalidPath,
            UploadFailure::Other(words) if words.is_empty() => {
                DownloadFailure::Other("the service gave no reason".to_owned())
            }
            UploadFailure::Other(words) => DownloadFailure::Other(words),
        },
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

/// Bytes that can be had without pushing others out; `None` where the system
/// does not say.
fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
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

    #[test]
    fn parts_of_every_generation_are_understood() {
        let not_found = br#"{"statusCode":404,"message":"file not found: /x","code":"FILE_NOT_FOUND"}"#;
        assert_eq!(failure("/x", not_found), DownloadFailure::NotFound);
        assert_eq!(failure("/x", b"file not found or invalid: /x"), DownloadFailure::NotFound);
        let folder = br#"{"statusCode":400,"message":"invalid file path: path points to a directory: d","code":"INVALID_FILE_PATH"}"#;
        assert_eq!(failure("d", folder), DownloadFailure::IsDirectory);
        assert_eq!(failure("", folder), DownloadFailure::InvalidPath);
        let below = br#"{"statusCode":500,"message":"failed to open file: open f/x: not a directory","code":"FILE_READ_FAILED"}"#;
        assert_eq!(failure("f/x", below), DownloadFailure::InvalidPath);
        let broken = br#"{"statusCode":500,"message":"failed to open file: open f: input/output error","code":"FILE_READ_FAILED"}"#;
        assert!(matches!(failure("f", broken), DownloadFailure::Other(_)));
    }
}
