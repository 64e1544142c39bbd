//! The error codes, and the table that maps errors to them.

use std::fmt;

use daytona_client::{Error, ErrorKind};

use crate::command::TimedOutCommand;

/// The codes of `DaytonaSandboxError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Used before `initialize()`, or after `close()`.
    NotInitialized,
    /// `initialize()` was called twice.
    AlreadyInitialized,
    /// The API key is missing, rejected, or lacks a permission.
    AuthenticationFailed,
    /// The sandbox could not be created.
    SandboxCreationFailed,
    /// The sandbox does not exist or was deleted.
    SandboxNotFound,
    /// The sandbox is not started, or did not start.
    SandboxNotStarted,
    /// A command or another call exceeded its timeout.
    CommandTimeout,
    /// A command could not be run, or another call failed.
    CommandFailed,
    /// Files could not be read or written.
    FileOperationFailed,
    /// A quota is exceeded.
    ResourceLimitExceeded,
}

impl Code {
    /// Returns the code as a string of the JavaScript API.
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

/// The operation of a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Creating a sandbox.
    Create,
    /// Finding an existing sandbox.
    Connect,
    /// Running a command.
    Execute,
    /// Reading or writing files.
    Files,
    /// Starting a stopped sandbox.
    Start,
    /// Stopping or deleting a sandbox, or getting its folders.
    Manage,
}

impl Operation {
    /// Returns the code for a kind of error, which never depends on the message.
    #[must_use]
    pub fn code(self, kind: ErrorKind) -> Code {
        match kind {
            // The toolbox returns 403 for a file without permission. Only the control
            // plane returns it for a key without permission.
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
            Self::Connect | Self::Execute | Self::Manage if kind.is_timeout() => Code::CommandTimeout,
            Self::Connect | Self::Execute | Self::Manage => Code::CommandFailed,
        }
    }

    /// Returns the conversion of an error to a failure of this operation.
    pub fn failure(self) -> impl Fn(Error) -> Failure {
        move |error| Failure { code: self.code(error.kind()), error, command: None }
    }
}

/// A failed call of a backend.
#[derive(Debug)]
pub struct Failure {
    /// The code.
    pub code: Code,
    /// The error of the call.
    pub error: Error,
    /// The command, if it exceeded its timeout.
    pub command: Option<Box<TimedOutCommand>>,
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

    /// Kinds, with the code for each operation in the order above.
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
            (ErrorKind::GitAuthFailed, REST),
            (ErrorKind::GitRepoNotFound, REST),
            (ErrorKind::GitBranchNotFound, REST),
            (ErrorKind::GitBranchExists, REST),
            (ErrorKind::GitPushRejected, REST),
            (ErrorKind::GitDirtyWorktree, REST),
            (ErrorKind::GitMergeConflict, REST),
            (ErrorKind::GitTransportFailed, REST),
            (ErrorKind::GitRemoteRejected, REST),
            (ErrorKind::LspServerNotInitialized, REST),
            (ErrorKind::ProcessNotFound, REST),
            (ErrorKind::SessionEnded, REST),
            (ErrorKind::CommandAlreadyCompleted, REST),
            (ErrorKind::A11yUnavailable, REST),
            (ErrorKind::RecordingStillActive, REST),
            (ErrorKind::RecordingFfmpegNotFound, REST),
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
            (ErrorKind::ProcessTimeout, [CREATE, LATE, LATE, FILES, STOPPED, LATE]),
            (ErrorKind::Connection, REST),
            (ErrorKind::ConnectionTimeout, REST),
            (ErrorKind::InvalidResponse, REST),
            (ErrorKind::Other, REST),
        ]
    };

    #[test]
    fn every_kind_has_a_code_for_every_operation() {
        let kinds: Vec<ErrorKind> = TABLE.iter().map(|(kind, _)| *kind).collect();
        assert!(ErrorKind::ALL.iter().all(|kind| kinds.contains(kind)));
        for (kind, codes) in TABLE {
            for (operation, code) in OPERATIONS.iter().zip(codes) {
                assert_eq!(operation.code(*kind).as_str(), *code, "{operation:?} {kind:?}");
            }
        }
    }
}
