//! The ten error codes, and the table that chooses among them.

use std::fmt;

use daytona_client::{Error, ErrorKind};

/// The codes of `DaytonaSandboxError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Used before `initialize()`, or after `close()`.
    NotInitialized,
    /// Initialized twice.
    AlreadyInitialized,
    /// No key, one that the service rejects, or one that may not do this.
    AuthenticationFailed,
    /// No sandbox could be created.
    SandboxCreationFailed,
    /// The sandbox does not exist, or was deleted.
    SandboxNotFound,
    /// The sandbox is not running, or did not start.
    SandboxNotStarted,
    /// A command, or a call, took longer than it may.
    CommandTimeout,
    /// A command could not be run, or a call failed.
    CommandFailed,
    /// Files could not be read or written.
    FileOperationFailed,
    /// A quota is used up.
    ResourceLimitExceeded,
}

impl Code {
    /// The code as JavaScript sees it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotInitialized => "NOT_INITIALIZED",
            Self::AlreadyInitialized => "ALREADY_INITIALIZED",
            Self::AuthenticationFailed => "AUTHENTICATION_FAILED",
            Self::SandboxCreationFailed => "SANDBOX_CREATION_FAILED",
            Self::SandboxNotFound => "SANDBOX_NOT_FOUND",
            Self::SandboxNotStarted => "SANDBOX_NOT_STARTED",
            Self::CommandTimeout => "COMMAND_TIMEOUT",
            Self::CommandFailed => "COMMAND_FAILED",
            Self::FileOperationFailed => "FILE_OPERATION_FAILED",
            Self::ResourceLimitExceeded => "RESOURCE_LIMIT_EXCEEDED",
        }
    }
}

/// What was being done when a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Creating a sandbox.
    Create,
    /// Finding an existing one.
    Connect,
    /// Running a command.
    Execute,
    /// Reading or writing files.
    Files,
    /// Starting a stopped sandbox.
    Start,
    /// Stopping, deleting, or asking for a folder.
    Manage,
}

impl Operation {
    /// The code of a failure of this kind. Decided by kind alone, never by words.
    #[must_use]
    pub fn code(self, kind: ErrorKind) -> Code {
        match kind {
            // Toolboxes say it of a file that may not be touched, old ones with
            // nothing but the status. What keys may not do, the control plane says.
            ErrorKind::Forbidden if self == Self::Files => return Code::FileOperationFailed,
            ErrorKind::Authentication | ErrorKind::Forbidden => return Code::AuthenticationFailed,
            ErrorKind::SandboxNotFound => return Code::SandboxNotFound,
            ErrorKind::SandboxNotStarted => return Code::SandboxNotStarted,
            ErrorKind::ResourceLimit => return Code::ResourceLimitExceeded,
            _ => {}
        }
        match self {
            Self::Create => Code::SandboxCreationFailed,
            Self::Files => Code::FileOperationFailed,
            Self::Start => Code::SandboxNotStarted,
            Self::Connect | Self::Execute | Self::Manage if kind == ErrorKind::Timeout => {
                Code::CommandTimeout
            }
            Self::Connect | Self::Execute | Self::Manage => Code::CommandFailed,
        }
    }

    /// Makes a failure of this operation of an error.
    pub fn failure(self) -> impl Fn(Error) -> Failure {
        move |error| Failure { code: self.code(error.kind()), error }
    }
}

/// A failed call of an agent's sandbox.
#[derive(Debug)]
pub struct Failure {
    /// The code to act on.
    pub code: Code,
    /// What happened.
    pub error: Error,
}

impl Failure {
    pub(crate) fn invalid(operation: Operation, doing: &str, message: impl Into<String>) -> Self {
        operation.failure()(Error::new(ErrorKind::InvalidArgument, doing, message))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.error)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATIONS: [Operation; 6] = [
        Operation::Create,
        Operation::Connect,
        Operation::Execute,
        Operation::Files,
        Operation::Start,
        Operation::Manage,
    ];

    /// Kind, then the code of each operation in the order above.
    const TABLE: &[(ErrorKind, [&str; 6])] = {
        const AUTH: &str = "AUTHENTICATION_FAILED";
        const CREATE: &str = "SANDBOX_CREATION_FAILED";
        const ABSENT: &str = "SANDBOX_NOT_FOUND";
        const STOPPED: &str = "SANDBOX_NOT_STARTED";
        const LATE: &str = "COMMAND_TIMEOUT";
        const FAILED: &str = "COMMAND_FAILED";
        const FILES: &str = "FILE_OPERATION_FAILED";
        const QUOTA: &str = "RESOURCE_LIMIT_EXCEEDED";
        const REST: [&str; 6] = [CREATE, FAILED, FAILED, FILES, STOPPED, FAILED];
        &[
            (ErrorKind::InvalidArgument, REST),
            (ErrorKind::Authentication, [AUTH; 6]),
            (ErrorKind::Forbidden, [AUTH, AUTH, AUTH, FILES, AUTH, AUTH]),
            (ErrorKind::SandboxNotFound, [ABSENT; 6]),
            (ErrorKind::SandboxNotStarted, [STOPPED; 6]),
            (ErrorKind::SandboxFailed, REST),
            (ErrorKind::NotFound, REST),
            (ErrorKind::Unsupported, REST),
            (ErrorKind::FileNotFound, REST),
            (ErrorKind::FileAccessDenied, REST),
            (ErrorKind::InvalidFilePath, REST),
            (ErrorKind::FileReadFailed, REST),
            (ErrorKind::BadRequest, REST),
            (ErrorKind::Conflict, REST),
            (ErrorKind::Gone, REST),
            (ErrorKind::Unprocessable, REST),
            (ErrorKind::RateLimited, REST),
            (ErrorKind::ResourceLimit, [QUOTA; 6]),
            (ErrorKind::InternalServer, REST),
            (ErrorKind::BadGateway, REST),
            (ErrorKind::Unavailable, REST),
            (ErrorKind::Timeout, [CREATE, LATE, LATE, FILES, STOPPED, LATE]),
            (ErrorKind::Connection, REST),
            (ErrorKind::InvalidResponse, REST),
            (ErrorKind::Other, REST),
        ]
    };

    #[test]
    fn every_kind_has_its_code_in_every_operation() {
        for (kind, codes) in TABLE {
            for (operation, code) in OPERATIONS.iter().zip(codes) {
                assert_eq!(operation.code(*kind).as_str(), *code, "{operation:?} {kind:?}");
            }
        }
    }
}
