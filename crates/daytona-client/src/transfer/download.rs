//! The response to a bulk download, read part by part as it comes.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use daytona_api::ErrorBody;
use daytona_api::toolbox::files::{BULK_DOWNLOAD, DOWNLOAD};
use http::header::CONTENT_TYPE;
use memchr::memmem;

use super::failure::{FileCause, FileFailure};
use super::local_target::LocalTarget;
use super::memory::{Heap, Memory as _, Storage};
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
    pub content: Result<Memory, FileFailure>,
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

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadRequest {
    /// Path in the sandbox.
    pub source: String,
    /// The local file to write it to; without one it is read into memory.
    pub destination: Option<PathBuf>,
}

/// Where the content of a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Downloaded<Memory = Vec<u8>> {
    /// In memory.
    Memory(Memory),
    /// In the local file that was asked for.
    LocalFile(PathBuf),
}

/// A part that was read.
enum Read<Memory> {
    /// The file, or why there is none; the next part follows.
    Part(Result<Downloaded<Memory>, FileFailure>),
    /// A file that cannot be read to its end; nothing can be read after it.
    Broken(FileFailure),
}

/// The content of a part.
enum Content<Memory> {
    Whole(Memory),
    /// More bytes than allowed, of which there are at least these.
    TooLarge(u64),
    /// The response ended after these bytes.
    CutOff(u64),
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

    /// Reads the parts for these files; the service gives them in this order. The
    /// results end with a file that cannot be read to its end: nothing follows it.
    pub(crate) async fn read_all<S: Storage>(
        &mut self,
        requests: &[DownloadRequest],
        limit: u64,
        storage: &S,
    ) -> Result<Vec<DownloadedFile<Downloaded<S::Memory>>>, Error> {
        self.begin().await?;
        let mut files = Vec::with_capacity(requests.len());
        for request in requests {
            let path = &request.source;
            let read =
                self.read(request, limit, storage).await.map_err(|error| while_reading(path, error))?;
            let (content, is_over) = match read {
                Read::Part(content) => (content, false),
                Read::Broken(failure) => (Err(failure), true),
            };
            files.push(DownloadedFile { path: path.clone(), content });
            if is_over {
                return Ok(files);
            }
        }
        self.finish().await?;
        Ok(files)
    }

    /// Reads the next part.
    async fn read<S: Storage>(
        &mut self,
        request: &DownloadRequest,
        limit: u64,
        storage: &S,
    ) -> Result<Read<S::Memory>, Error> {
        let head = self.head().await?;
        if head.is_error {
            return Ok(Read::Part(Err(self.failure(&request.source, &head).await?)));
        }
        if let Some(destination) = &request.destination {
            return self.read_to_file(&head, destination).await;
        }
        Ok(match self.content(&head, limit, storage).await? {
            Content::Whole(content) => Read::Part(Ok(Downloaded::Memory(content))),
            Content::TooLarge(size) => Read::Broken(too_large(size)),
            Content::CutOff(received) => Read::Broken(stopped(received)),
        })
    }

    /// Writes the content of a part to a local file, which appears once it is complete.
    async fn read_to_file<Memory>(&mut self, head: &Head, destination: &Path) -> Result<Read<Memory>, Error> {
        // The rest of the part is of no use when the file cannot be written.
        let failed = |error: &io::Error| {
            Ok(Read::Broken(FileFailure::of_local_file("write the local file", destination, error)))
        };
        let mut target = match LocalTarget::create(destination.to_owned()).await {
            Ok(target) => target,
            Err(error) => return failed(&error),
        };
        self.start_content(head);
        let mut received = 0;
        loop {
            match self.piece().await? {
                Piece::Content(piece) => {
                    received += piece.len() as u64;
                    if let Err(error) = target.write(piece).await {
                        return failed(&error);
                    }
                }
                Piece::End => break,
                Piece::CutOff => return Ok(Read::Broken(stopped(received))),
            }
        }
        match target.finish().await {
            Ok(()) => Ok(Read::Part(Ok(Downloaded::LocalFile(destination.to_owned())))),
            Err(error) => failed(&error),
        }
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
    pub(crate) async fn failure(&mut self, path: &str, head: &Head) -> Result<FileFailure, Error> {
        match self.content(head, ERROR_LIMIT, &Heap).await? {
            Content::Whole(body) => Ok(failure(path, &body)),
            Content::TooLarge(_) => Err(self.malformed(&format!("a very long error for {path:?}"))),
            Content::CutOff(_) => Err(self.malformed(&format!("only a part of the error for {path:?}"))),
        }
    }

    async fn content<S: Storage>(
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
}

/// Returns memory for a file of this length, if it fits.
async fn allocate<S: Storage>(length: u64, limit: u64, storage: &S) -> Option<S::Memory> {
    if length > limit || !fits(length) {
        return None;
    }
    storage.allocate(usize::try_from(length).ok()?).await
}

/// Makes room for more bytes of a file, whose size may be unknown: a device has no
/// end. Returns whether they fit.
fn make_room(content: &mut Vec<u8>, more: usize) -> bool {
    if content.capacity() - content.len() >= more {
        return true;
    }
    // A vector doubles its memory.
    let growth = content.capacity().max(more) as u64;
    fits(growth) && content.try_reserve(more).is_ok()
}

/// Returns whether there is memory for this many bytes, as far as the system says.
fn fits(length: u64) -> bool {
    // Asking what is free costs more than reading a small file.
    length < ALWAYS_FITS || available_memory().is_none_or(|free| length <= free)
}

fn too_large(size: u64) -> FileFailure {
    let reason = format!(
        "the file has at least {size} bytes, more than fit into memory here. Read it with downloadFileStream, \
         or split it in the sandbox"
    );
    FileFailure::new(FileCause::Other, reason)
}

/// The failure of a file after which the response ends: the service opened it and
/// then could not read it.
pub(crate) fn stopped(received: u64) -> FileFailure {
    FileFailure::new(FileCause::Other, format!("the sandbox stopped reading the file after {received} bytes"))
}

/// Names the file that a download waits for, in an error of the whole call.
fn while_reading(path: &str, error: Error) -> Error {
    match error.kind() {
        ErrorKind::Timeout => error.with_detail(&format!("The next file was {path:?}")),
        _ => error,
    }
}

/// The error of a call for one file that could not be read.
pub(crate) fn download_error(path: &str, failure: &FileFailure) -> Error {
    let error = Error::new(failure.read_kind(), DOWNLOAD.name_with(|_| Some(path)), &failure.reason);
    match &failure.details {
        Some(details) => error.with_file_details(details),
        None => error,
    }
}

fn failure(path: &str, body: &[u8]) -> FileFailure {
    let body: ErrorBody = parse_error_body(body);
    let status = body.status_code.unwrap_or_default();
    let reason = body.message.clone().or_else(|| body.error.clone()).unwrap_or_default();
    let cause = match classify::kind(&BULK_DOWNLOAD, status, &body) {
        ErrorKind::FileNotFound | ErrorKind::NotFound => FileCause::NotFound,
        ErrorKind::FileAccessDenied | ErrorKind::Forbidden => FileCause::PermissionDenied,
        // The toolbox has one code for the two ways a path can be no file.
        ErrorKind::InvalidFilePath if path.is_empty() => FileCause::InvalidPath,
        ErrorKind::InvalidFilePath => FileCause::IsDirectory,
        // Before 0.163 there were words alone, and the same for a folder.
        _ if reason.starts_with("file not found") => FileCause::NotFound,
        _ => return FileFailure::from_message(&reason).with_details(&body),
    };
    FileFailure::new(cause, reason).with_details(&body)
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
    fn room_is_made_only_for_what_fits() {
        let mut content = Vec::new();
        assert!(make_room(&mut content, 1000) && content.capacity() >= 1000);
        assert!(!make_room(&mut content, usize::MAX / 2));
        assert!(content.is_empty() && make_room(&mut content, 10));
    }

    #[test]
    fn parts_of_every_generation_are_understood() {
        let cause = |path, body: &[u8]| failure(path, body).cause;
        let not_found = br#"{"statusCode":404,"message":"file not found: /x","code":"FILE_NOT_FOUND"}"#;
        let failed = failure("/x", not_found);
        assert_eq!((failed.cause, failed.reason.as_str()), (FileCause::NotFound, "file not found: /x"));
        let details = failed.details.unwrap();
        assert_eq!((details.status_code, details.code.as_deref()), (Some(404), Some("FILE_NOT_FOUND")));
        assert_eq!(cause("/x", b"file not found or invalid: /x"), FileCause::NotFound);
        let folder = br#"{"statusCode":400,"message":"invalid file path: path points to a directory: d","code":"INVALID_FILE_PATH"}"#;
        assert_eq!(cause("d", folder), FileCause::IsDirectory);
        assert_eq!(cause("", folder), FileCause::InvalidPath);
        let below = br#"{"statusCode":500,"message":"failed to open file: open f/x: not a directory","code":"FILE_READ_FAILED"}"#;
        assert_eq!(cause("f/x", below), FileCause::InvalidPath);
        let broken = br#"{"statusCode":500,"message":"failed to open file: open f: input/output error","code":"FILE_READ_FAILED"}"#;
        assert_eq!(cause("f", broken), FileCause::Other);
    }
}
