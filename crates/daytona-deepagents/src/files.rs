//! Results of file transfers, with the four causes that deepagents defines.

use daytona_client::{DownloadFailure, DownloadedFile, Error, ErrorKind, UploadFailure, UploadedFile};

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
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false, use_nullable = true))]
pub struct UploadResult {
    /// The requested path.
    pub path: String,
    /// Why the file was not written; null on success.
    pub error: Option<FileError>,
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
}

impl UploadResult {
    /// Converts the result of one file. A failure that does not concern the file fails
    /// the call.
    pub(crate) fn of(file: UploadedFile) -> Result<Self, Error> {
        let error = match file.failure {
            None => None,
            Some(UploadFailure::IsDirectory) => Some(FileError::IsDirectory),
            Some(UploadFailure::PermissionDenied) => Some(FileError::PermissionDenied),
            Some(UploadFailure::NotFound) => Some(FileError::FileNotFound),
            Some(UploadFailure::InvalidPath) => Some(FileError::InvalidPath),
            Some(UploadFailure::Other(message)) => return Err(fault("write", &file.path, &message)),
            Some(other) => return Err(fault("write", &file.path, &format!("{other:?}"))),
        };
        Ok(Self { path: file.path, error })
    }
}

impl<Memory> DownloadResult<Memory> {
    /// Converts the result of one file. A failure that does not concern the file fails
    /// the call.
    pub(crate) fn of(file: DownloadedFile<Memory>) -> Result<Self, Error> {
        let (content, error) = match file.content {
            Ok(content) => (Some(content), None),
            Err(DownloadFailure::NotFound) => (None, Some(FileError::FileNotFound)),
            Err(DownloadFailure::PermissionDenied) => (None, Some(FileError::PermissionDenied)),
            Err(DownloadFailure::IsDirectory) => (None, Some(FileError::IsDirectory)),
            Err(DownloadFailure::InvalidPath) => (None, Some(FileError::InvalidPath)),
            Err(DownloadFailure::Other(message)) => return Err(fault("read", &file.path, &message)),
            Err(other) => return Err(fault("read", &file.path, &format!("{other:?}"))),
        };
        Ok(Self { path: file.path, content, error })
    }
}

fn fault(verb: &str, path: &str, message: &str) -> Error {
    Error::new(ErrorKind::FileReadFailed, format!("{verb} {path:?}"), message)
}
