//! Files that are read in one request.

use std::io;
use std::path::{Path, PathBuf};

use daytona_api::ErrorBody;
use daytona_api::toolbox::files::{BULK_DOWNLOAD, DOWNLOAD};

use super::failure::{FileCause, FileFailure};
use super::local_target::LocalTarget;
use super::memory::{Heap, Storage};
use super::parts::{Content, Head, Parts, Piece};
use crate::error::classify;
use crate::error::{Error, ErrorKind};
use crate::transport::response::parse_error_body;

/// Why a file failed is said in a few words.
const ERROR_LIMIT: u64 = 1024 * 1024;

/// A file that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadedFile<Memory = Vec<u8>> {
    /// The path, as asked for.
    pub path: String,
    /// Its bytes, or why there are none.
    pub content: Result<Memory, FileFailure>,
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

impl Parts {
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

    /// Why the file of a part could not be read.
    pub(super) async fn failure(&mut self, path: &str, head: &Head) -> Result<FileFailure, Error> {
        match self.content(head, ERROR_LIMIT, &Heap).await? {
            Content::Whole(body) => Ok(failure(path, &body)),
            Content::TooLarge(_) => Err(self.malformed(&format!("a very long error for {path:?}"))),
            Content::CutOff(_) => Err(self.malformed(&format!("only a part of the error for {path:?}"))),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
