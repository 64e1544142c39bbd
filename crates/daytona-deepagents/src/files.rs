//! Results of file transfers, with the four causes that deepagents defines.

use daytona_client::{DownloadedFile, FileCause, FileFailure, UploadedFile};

/// Why one file of a transfer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
pub enum FileError {
    /// The file does not exist.
    FileNotFound,
    /// The sandbox's user has no permission to read or write it.
    PermissionDenied,
    /// The path is a folder.
    IsDirectory,
    /// The path is not a valid file path.
    InvalidPath,
}

impl FileError {
    /// Returns the cause as a string of deepagents' API.
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

/// The result of one file of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadResult {
    /// The requested path.
    pub path: String,
    /// Why the file was not written; `None` on success.
    pub error: Option<FileError>,
    /// The reason for `error` in the words of the service.
    pub reason: Option<String>,
}

/// The result of one file of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadResult<Memory = Vec<u8>> {
    /// The requested path.
    pub path: String,
    /// The content; `None` when the file could not be read.
    pub content: Option<Memory>,
    /// Why the file could not be read; `None` on success.
    pub error: Option<FileError>,
    /// The reason for `error` in the words of the service.
    pub reason: Option<String>,
}

impl From<FileCause> for FileError {
    /// Returns the nearest of the four causes: a file that cannot be read or written
    /// although its path is fine, such as one on a full disk, is denied.
    fn from(cause: FileCause) -> Self {
        match cause {
            FileCause::NotFound => Self::FileNotFound,
            FileCause::IsDirectory => Self::IsDirectory,
            FileCause::InvalidPath => Self::InvalidPath,
            _ => Self::PermissionDenied,
        }
    }
}

impl From<UploadedFile> for UploadResult {
    fn from(UploadedFile { path, failure }: UploadedFile) -> Self {
        let (error, reason) = split(failure);
        Self { path, error, reason }
    }
}

impl<Memory> From<DownloadedFile<Memory>> for DownloadResult<Memory> {
    fn from(DownloadedFile { path, content }: DownloadedFile<Memory>) -> Self {
        let (content, failure) = match content {
            Ok(content) => (Some(content), None),
            Err(failure) => (None, Some(failure)),
        };
        let (error, reason) = split(failure);
        Self { path, content, error, reason }
    }
}

fn split(failure: Option<FileFailure>) -> (Option<FileError>, Option<String>) {
    failure.map(|failure| (failure.cause.into(), failure.reason)).unzip()
}
