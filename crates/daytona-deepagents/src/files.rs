//! Results of file transfers, in the four causes that deepagents know.

use daytona_client::{DownloadFailure, DownloadedFile, Error, ErrorKind, UploadFailure, UploadedFile};

/// Why one file of a transfer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileError {
    /// There is no such file.
    FileNotFound,
    /// The sandbox's user may not read or write it.
    PermissionDenied,
    /// It is a folder.
    IsDirectory,
    /// The path cannot be a file.
    InvalidPath,
}

impl FileError {
    /// The cause as deepagents name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FileNotFound => "file_not_found",
            Self::PermissionDenied => "permission_denied",
            Self::IsDirectory => "is_directory",
            Self::InvalidPath => "invalid_path",
        }
    }
}

/// What became of one file of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadResult {
    /// The path, as given.
    pub path: String,
    /// Why it was not written; `None` when it was.
    pub error: Option<FileError>,
}

/// What became of one file of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadResult {
    /// The path, as given.
    pub path: String,
    /// The bytes, or why there are none.
    pub content: Result<Vec<u8>, FileError>,
}

impl UploadResult {
    /// The result of one file; what is no fault of the file fails the call.
    pub(crate) fn of(file: UploadedFile) -> Result<Self, Error> {
        let error = match file.failure {
            None => None,
            Some(UploadFailure::IsDirectory) => Some(FileError::IsDirectory),
            Some(UploadFailure::PermissionDenied) => Some(FileError::PermissionDenied),
            Some(UploadFailure::NotFound) => Some(FileError::FileNotFound),
            Some(UploadFailure::InvalidPath) => Some(FileError::InvalidPath),
            Some(UploadFailure::Other(words)) => return Err(fault("write", &file.path, &words)),
            Some(other) => return Err(fault("write", &file.path, &format!("{other:?}"))),
        };
        Ok(Self { path: file.path, error })
    }
}

impl DownloadResult {
    /// The result of one file; what is no fault of the file fails the call.
    pub(crate) fn of(file: DownloadedFile) -> Result<Self, Error> {
        let content = match file.content {
            Ok(bytes) => Ok(bytes),
            Err(DownloadFailure::NotFound) => Err(FileError::FileNotFound),
            Err(DownloadFailure::PermissionDenied) => Err(FileError::PermissionDenied),
            Err(DownloadFailure::IsDirectory) => Err(FileError::IsDirectory),
            Err(DownloadFailure::InvalidPath) => Err(FileError::InvalidPath),
            Err(DownloadFailure::Other(words)) => return Err(fault("read", &file.path, &words)),
            Err(other) => return Err(fault("read", &file.path, &format!("{other:?}"))),
        };
        Ok(Self { path: file.path, content })
    }
}

fn fault(verb: &str, path: &str, words: &str) -> Error {
    Error::new(ErrorKind::FileReadFailed, format!("{verb} {path:?}"), words)
}
