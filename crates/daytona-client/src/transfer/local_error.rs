//! Why a local file cannot be read or written.

use std::io;
use std::path::Path;

use crate::error::{Error, ErrorKind};

/// The names that systems and Node.js have for errors of files.
const CODES: &[(io::ErrorKind, &str)] = &[
    (io::ErrorKind::NotFound, "ENOENT"),
    (io::ErrorKind::PermissionDenied, "EACCES"),
    (io::ErrorKind::AlreadyExists, "EEXIST"),
    (io::ErrorKind::IsADirectory, "EISDIR"),
    (io::ErrorKind::NotADirectory, "ENOTDIR"),
    (io::ErrorKind::ReadOnlyFilesystem, "EROFS"),
    (io::ErrorKind::StorageFull, "ENOSPC"),
    (io::ErrorKind::QuotaExceeded, "EDQUOT"),
    (io::ErrorKind::FileTooLarge, "EFBIG"),
    (io::ErrorKind::InvalidFilename, "ENAMETOOLONG"),
    (io::ErrorKind::InvalidInput, "EINVAL"),
    (io::ErrorKind::ResourceBusy, "EBUSY"),
];

/// An error of a local file.
pub(crate) struct LocalError {
    /// What could not be done, on which file, and why.
    pub(crate) reason: String,
    /// The name of the error, where it has one.
    pub(crate) code: Option<&'static str>,
}

impl LocalError {
    /// `what` is a verb phrase such as "read the local file".
    pub(crate) fn new(what: &str, path: &Path, error: &io::Error) -> Self {
        let code = CODES.iter().find(|(kind, _)| *kind == error.kind()).map(|(_, code)| *code);
        let text = error.to_string();
        let cause = text.split(" (os error").next().unwrap_or_default().to_lowercase();
        Self { reason: format!("cannot {what} {}: {cause}", path.display()), code }
    }

    /// The error of a call that needs the file.
    pub(crate) fn into_error(self, operation: impl Into<String>) -> Error {
        let error = Error::new(ErrorKind::Other, operation, self.reason);
        match self.code {
            Some(code) => error.with_code(code),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_file_and_the_cause() {
        let error = io::Error::from_raw_os_error(2);
        let error = LocalError::new("read the local file", Path::new("/x"), &error).into_error("write \"y\"");
        assert_eq!(
            error.to_string(),
            "Could not write \"y\": cannot read the local file /x: no such file or directory"
        );
        assert_eq!(error.code(), Some("ENOENT"));
    }
}
