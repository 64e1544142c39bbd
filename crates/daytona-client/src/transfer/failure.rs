//! Why one file of a transfer failed.

use std::io;
use std::path::Path;

use daytona_api::{ErrorBody, ErrorKind};

use super::local_error::LocalError;
use crate::error::FileErrorDetails;

/// Why one file was not read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFailure {
    /// The cause, as far as programs distinguish it.
    pub cause: FileCause,
    /// The reason, in the words of the service.
    pub reason: String,
    /// What else the service says about it; absent on services before 0.163.
    pub details: Option<Box<FileErrorDetails>>,
}

/// The cause of a file's failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileCause {
    /// The file, or a parent folder that cannot be created, does not exist.
    NotFound,
    /// The file may not be read or written: the user has no permission, the file
    /// system is read-only, or the file is a running program.
    PermissionDenied,
    /// It is a folder.
    IsDirectory,
    /// The path does not denote a regular file: a parent is a file, the name is too
    /// long or empty, or it is a socket or a similar object.
    InvalidPath,
    /// The local file cannot be read or written.
    Local,
    /// Any other cause, such as a full disk.
    Other,
}

/// The operating system's fixed descriptions of error numbers, with which messages
/// of the toolbox end.
const DESCRIPTIONS: &[(&str, FileCause)] = &[
    ("is a directory", FileCause::IsDirectory),
    ("permission denied", FileCause::PermissionDenied),
    ("read-only file system", FileCause::PermissionDenied),
    ("operation not permitted", FileCause::PermissionDenied),
    ("text file busy", FileCause::PermissionDenied),
    ("not a directory", FileCause::InvalidPath),
    ("not a regular file", FileCause::InvalidPath),
    ("no such device or address", FileCause::InvalidPath),
    ("no such device", FileCause::InvalidPath),
    ("file name too long", FileCause::InvalidPath),
    ("too many levels of symbolic links", FileCause::InvalidPath),
    ("invalid argument", FileCause::InvalidPath),
    ("empty path", FileCause::InvalidPath),
    ("path too long", FileCause::InvalidPath),
    ("missing .path metadata", FileCause::InvalidPath),
    ("no such file or directory", FileCause::NotFound),
];

impl FileCause {
    /// Returns the cause that a message of the toolbox names at its end.
    fn of(message: &str) -> Self {
        let message = message.trim_end();
        let named = DESCRIPTIONS.iter().find(|(description, _)| message.ends_with(description));
        named.map_or(Self::Other, |(_, cause)| *cause)
    }

    /// Returns what to say if the service gives no reason.
    fn default_reason(self) -> &'static str {
        match self {
            Self::NotFound => "file not found",
            Self::PermissionDenied => "permission denied",
            Self::IsDirectory => "is a directory",
            Self::InvalidPath => "invalid path",
            Self::Local | Self::Other => "the service gave no reason",
        }
    }
}

impl FileFailure {
    /// Creates a failure; an empty reason is replaced by a description of the cause.
    pub(crate) fn new(cause: FileCause, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        if reason.trim().is_empty() {
            cause.default_reason().clone_into(&mut reason);
        }
        Self { cause, reason, details: None }
    }

    /// Creates the failure of reading or writing a local file.
    pub(crate) fn of_local_file(what: &str, path: &Path, error: &io::Error) -> Self {
        let LocalError { reason, code } = LocalError::new(what, path, error);
        let details = FileErrorDetails {
            message: reason.clone(),
            code: code.map(str::to_owned),
            error_code: code.map(str::to_owned),
            ..FileErrorDetails::default()
        };
        Self { cause: FileCause::Local, reason, details: Some(Box::new(details)) }
    }

    pub(crate) fn with_details(mut self, body: &ErrorBody) -> Self {
        self.details = body.message.as_ref().map(|message| {
            Box::new(FileErrorDetails {
                message: message.clone(),
                status_code: body.status_code,
                code: body.code.clone(),
                error_code: body.code.clone(),
                source: body.source.clone(),
            })
        });
        self
    }

    /// Creates a failure from a message of the toolbox.
    pub(crate) fn from_message(message: &str) -> Self {
        Self::new(FileCause::of(message), message)
    }

    /// Returns the kind of error of writing only this file.
    #[must_use]
    pub fn write_kind(&self) -> ErrorKind {
        self.kind_or(ErrorKind::BadRequest)
    }

    /// Returns the kind of error of reading only this file.
    #[must_use]
    pub fn read_kind(&self) -> ErrorKind {
        self.kind_or(ErrorKind::FileReadFailed)
    }

    fn kind_or(&self, other: ErrorKind) -> ErrorKind {
        match self.cause {
            FileCause::NotFound => ErrorKind::FileNotFound,
            FileCause::PermissionDenied => ErrorKind::FileAccessDenied,
            FileCause::IsDirectory | FileCause::InvalidPath => ErrorKind::InvalidFilePath,
            FileCause::Local => ErrorKind::Other,
            FileCause::Other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_read_from_the_end_of_the_message() {
        for (message, cause) in [
            ("d: create: open d: is a directory", FileCause::IsDirectory),
            ("is a directory/f: create: open x: permission denied", FileCause::PermissionDenied),
            ("f/g: mkdir f: mkdir f: not a directory", FileCause::InvalidPath),
            ("s: create: open s: text file busy", FileCause::PermissionDenied),
            ("s: create: open s: no such device or address", FileCause::InvalidPath),
            ("f: write: no space left on device", FileCause::Other),
        ] {
            let failure = FileFailure::from_message(message);
            assert_eq!((failure.cause, failure.reason.as_str()), (cause, message));
        }
    }

    #[test]
    fn a_failure_has_a_reason() {
        assert_eq!(FileFailure::new(FileCause::NotFound, " ").reason, "file not found");
        assert_eq!(FileFailure::from_message("").reason, "the service gave no reason");
    }
}
