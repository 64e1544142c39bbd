//! Local files that are uploaded.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use daytona_api::toolbox::files;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::content::{Content, ContentSource};
use super::local_error::LocalError;
use super::upload::UploadFile;
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

/// How many bytes are read at once of a file whose size is not known.
const PIECE: usize = 256 * 1024;

/// A file to write in a sandbox, and where its content is.
#[derive(Clone, Debug)]
pub struct UploadRequest {
    /// Where the content is.
    pub source: UploadSource,
    /// Path in the sandbox; relative paths start at its working directory.
    pub destination: String,
}

/// Where the content of an upload is.
#[derive(Clone, Debug)]
pub enum UploadSource {
    /// In memory.
    Content(Content),
    /// In a local file, which is read while it is sent.
    LocalFile(PathBuf),
}

impl Sandbox {
    /// Writes any number of files in one request, see [`Sandbox::upload_all`]. Local files
    /// are read while they are sent. One that has no size, such as a pipe or a file of
    /// `/proc`, has a request of its own, in which it is sent to its end.
    ///
    /// # Errors
    /// The errors of [`Sandbox::upload_all`]. If a local file cannot be opened, nothing is
    /// written.
    pub async fn upload_from(&self, requests: Vec<UploadRequest>, deadline: Deadline) -> Result<(), Error> {
        let opened = spawn_blocking(move || requests.into_iter().map(open).collect::<Result<Vec<_>, _>>());
        let opened = opened.await.unwrap_or_else(|failed| {
            Err(Error::new(ErrorKind::Other, files::BULK_UPLOAD.name, "the local files were not opened")
                .with_source(failed))
        });
        let (mut sized, mut others) = (Vec::new(), Vec::new());
        for file in opened.map_err(|error| error.with_sandbox(self.id()))? {
            match file {
                Opened::Sized(file) => sized.push(file),
                Opened::Stream(destination, file) => others.push((destination, file)),
            }
        }
        if !sized.is_empty() {
            self.upload_all(&sized, deadline).await?;
        }
        for (destination, file) in others {
            self.upload_to_end(&destination, file, deadline).await?;
        }
        Ok(())
    }

    /// Sends a file of which the size is not known.
    async fn upload_to_end(
        &self,
        destination: &str,
        file: LocalFile,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let mut sink = self.upload_stream(destination, deadline);
        let file = Arc::new(file);
        loop {
            let source = Arc::clone(&file);
            let piece = spawn_blocking(move || source.next_piece())
                .await
                .unwrap_or_else(|failed| Err(io::Error::other(failed)));
            let piece =
                piece.map_err(|error| unreadable(&file.path, destination, &error).with_sandbox(self.id()))?;
            if piece.is_empty() {
                return sink.finish().await;
            }
            sink.write(piece).await?;
        }
    }
}

/// An upload whose local file is open.
enum Opened {
    Sized(UploadFile),
    Stream(String, LocalFile),
}

fn open(request: UploadRequest) -> Result<Opened, Error> {
    let UploadRequest { source, destination } = request;
    let path = match source {
        UploadSource::Content(content) => {
            return Ok(Opened::Sized(UploadFile { path: destination, content }));
        }
        UploadSource::LocalFile(path) => path,
    };
    match open_file(path.clone()) {
        Ok((file, 0)) => Ok(Opened::Stream(destination, file)),
        Ok((file, size)) => {
            let content = Content::Source(Arc::new(SizedFile { file: Arc::new(file), size }));
            Ok(Opened::Sized(UploadFile { path: destination, content }))
        }
        Err(error) => Err(unreadable(&path, &destination, &error)),
    }
}

/// Opens a file and returns its size; 0 when it is empty or has none.
fn open_file(path: PathBuf) -> io::Result<(LocalFile, u64)> {
    let file = File::open(&path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let size = if metadata.is_file() { metadata.len() } else { 0 };
    Ok((LocalFile { path, file }, size))
}

fn unreadable(path: &Path, destination: &str, error: &io::Error) -> Error {
    let operation = files::UPLOAD.name_with(|_| Some(destination));
    LocalError::new("read the local file", path, error).into_error(operation)
}

/// A local file that is open for reading.
struct LocalFile {
    path: PathBuf,
    file: File,
}

impl LocalFile {
    /// Reads the next bytes; none at the end.
    fn next_piece(&self) -> io::Result<Bytes> {
        let mut piece = Vec::with_capacity(PIECE);
        (&self.file).take(PIECE as u64).read_to_end(&mut piece)?;
        Ok(piece.into())
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let mut bytes = vec![0; length];
        read_exact_at(&self.file, &mut bytes, offset)?;
        Ok(bytes.into())
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let length = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[length..];
        offset += length as u64;
    }
    Ok(())
}

/// A local file as the content of an upload.
struct SizedFile {
    file: Arc<LocalFile>,
    size: u64,
}

impl ContentSource for SizedFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(self: Arc<Self>, offset: u64, length: usize) -> oneshot::Receiver<Result<Bytes, String>> {
        let (sender, receiver) = oneshot::channel();
        spawn_blocking(move || {
            if sender.is_closed() {
                return;
            }
            let read = self.file.read_at(offset, length).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    format!("became shorter while it was sent (the local file {})", self.file.path.display())
                }
                _ => {
                    let LocalError { reason, .. } =
                        LocalError::new("read the local file", &self.file.path, &error);
                    format!("cannot be read to its end: {reason}")
                }
            });
            // The request may have ended meanwhile.
            let _ = sender.send(read);
        });
        receiver
    }
}
