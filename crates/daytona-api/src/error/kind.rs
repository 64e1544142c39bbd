//! The kinds of errors, and the table that maps the service's codes to them and
//! them to the classes that users see.

use super::class::{self, ErrorClass};

/// Declares the kinds and their table: `Kind => CLASS` for a kind that is derived
/// from the status or detected by the client, `Kind => CLASS, "CODE"` for a kind
/// that the toolbox reports with a code of its own.
macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident => $class:ident $(, $code:literal)?;)+) => {
        /// The kind of an error. Programs branch on it, never on the message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[cfg_attr(feature = "napi", napi_derive::napi(string_enum))]
        pub enum ErrorKind {
            $($(#[$doc])+ $kind,)+
        }

        impl ErrorKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// Returns the JavaScript error class of this kind.
            #[must_use]
            pub const fn class(self) -> &'static ErrorClass {
                match self {
                    $(Self::$kind => &class::$class,)+
                }
            }

            /// Returns the name of this kind.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($kind),)+
                }
            }

            /// Returns the kind for a code of the toolbox, when the code is more
            /// specific than the status.
            #[must_use]
            pub fn of_code(code: &str) -> Option<Self> {
                match code {
                    $($($code => Some(Self::$kind),)?)+
                    _ => None,
                }
            }

            /// Returns the toolbox's code for this kind, when it has one.
            #[must_use]
            pub const fn code(self) -> Option<&'static str> {
                match self {
                    $($(Self::$kind => Some($code),)?)+
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// An argument was refused before any request was sent.
    InvalidArgument => INVALID_ARGUMENT;
    /// The API key is missing, or the service rejected it (401).
    Authentication => AUTHENTICATION;
    /// The API key does not permit this (403).
    Forbidden => AUTHORIZATION;
    /// The sandbox does not exist or was deleted.
    SandboxNotFound => NOT_FOUND;
    /// The sandbox is not started.
    SandboxNotStarted => CONFLICT;
    /// The sandbox reached an error state while a call waited for it.
    SandboxFailed => BASE;
    /// Another requested resource does not exist (404).
    NotFound => NOT_FOUND;
    /// The service does not support this operation.
    Unsupported => NOT_FOUND;
    /// The file does not exist.
    FileNotFound => FILE_NOT_FOUND, "FILE_NOT_FOUND";
    /// The file may not be read or written.
    FileAccessDenied => FILE_ACCESS_DENIED, "FILE_ACCESS_DENIED";
    /// The path does not denote a regular file.
    InvalidFilePath => INVALID_FILE_PATH, "INVALID_FILE_PATH";
    /// The service could not read the file.
    FileReadFailed => FILE_READ_FAILED, "FILE_READ_FAILED";
    /// The git remote rejected the credentials.
    GitAuthFailed => GIT_AUTH_FAILED, "GIT_AUTH_FAILED";
    /// The git repository does not exist.
    GitRepoNotFound => GIT_REPO_NOT_FOUND, "GIT_REPO_NOT_FOUND";
    /// The git branch does not exist.
    GitBranchNotFound => GIT_BRANCH_NOT_FOUND, "GIT_BRANCH_NOT_FOUND";
    /// The git branch already exists.
    GitBranchExists => GIT_BRANCH_EXISTS, "GIT_BRANCH_EXISTS";
    /// The git remote has commits that the push lacks.
    GitPushRejected => GIT_PUSH_REJECTED, "GIT_PUSH_REJECTED";
    /// The git work tree has uncommitted changes.
    GitDirtyWorktree => GIT_DIRTY_WORKTREE, "GIT_DIRTY_WORKTREE";
    /// A git merge has conflicts.
    GitMergeConflict => GIT_MERGE_CONFLICT, "GIT_MERGE_CONFLICT";
    /// The git remote could not be reached.
    GitTransportFailed => GIT_TRANSPORT_FAILED, "GIT_TRANSPORT_FAILED";
    /// A rule of the git remote rejected the operation.
    GitRemoteRejected => GIT_REMOTE_REJECTED, "GIT_REMOTE_REJECTED";
    /// The language server was not started.
    LspServerNotInitialized => LSP_NOT_INITIALIZED, "LSP_SERVER_NOT_INITIALIZED";
    /// The process does not exist.
    ProcessNotFound => PROCESS_NOT_FOUND, "PROCESS_NOT_FOUND";
    /// The session has ended.
    SessionEnded => SESSION_ENDED, "SESSION_ENDED";
    /// The command has already exited.
    CommandAlreadyCompleted => COMMAND_COMPLETED, "COMMAND_ALREADY_COMPLETED";
    /// The accessibility service of the sandbox is not available.
    A11yUnavailable => A11Y_UNAVAILABLE, "A11Y_UNAVAILABLE";
    /// A screen recording is still running.
    RecordingStillActive => RECORDING_STILL_ACTIVE, "RECORDING_STILL_ACTIVE";
    /// The sandbox has no ffmpeg, which recording needs.
    RecordingFfmpegNotFound => RECORDING_FFMPEG_NOT_FOUND, "RECORDING_FFMPEG_NOT_FOUND";
    /// The service refused the content of the request (400).
    BadRequest => VALIDATION;
    /// The request conflicts with the current state (409).
    Conflict => CONFLICT;
    /// The requested resource no longer exists (410).
    Gone => GONE;
    /// The service understood the request but cannot process it (422).
    Unprocessable => UNPROCESSABLE;
    /// Too many requests were sent (429).
    RateLimited => RATE_LIMIT;
    /// A quota of processors, memory, disk or sandboxes is used up.
    ResourceLimit => AUTHORIZATION;
    /// The service failed (500).
    InternalServer => INTERNAL_SERVER;
    /// A proxy could not reach the next server (502).
    BadGateway => BAD_GATEWAY;
    /// The service is not available (503).
    Unavailable => UNAVAILABLE;
    /// A timeout passed, in the client, a proxy or the service.
    Timeout => TIMEOUT;
    /// A command exceeded its timeout and was killed by the service.
    ProcessTimeout => PROCESS_TIMEOUT, "PROCESS_EXECUTION_TIMEOUT";
    /// The service could not be reached, or the connection broke.
    Connection => CONNECTION;
    /// The connection to the service was not established within the timeout.
    ConnectionTimeout => CONNECTION_TIMEOUT;
    /// The response does not match the API.
    InvalidResponse => BASE;
    /// Any other failure.
    Other => BASE;
}

impl ErrorKind {
    /// Returns whether a timeout passed, in the client, a proxy or the service.
    #[must_use]
    pub const fn is_timeout(self) -> bool {
        matches!(self, Self::Timeout | Self::ProcessTimeout)
    }

    /// Returns whether the service could not be reached, or the connection broke.
    #[must_use]
    pub const fn is_connection(self) -> bool {
        matches!(self, Self::Connection | Self::ConnectionTimeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CLASSES;

    #[test]
    fn classes_follow_their_parents_and_every_kind_has_a_class() {
        for (index, class) in CLASSES.iter().enumerate() {
            let before = &CLASSES[..index];
            assert!(class.parent.is_none_or(|parent| before.contains(&parent)), "{}", class.name);
        }
        assert!(ErrorKind::ALL.iter().all(|kind| CLASSES.contains(&kind.class())));
    }

    #[test]
    fn codes_and_kinds_round_trip() {
        for kind in ErrorKind::ALL {
            assert!(kind.code().is_none_or(|code| ErrorKind::of_code(code) == Some(*kind)));
        }
        assert_eq!(ErrorKind::of_code("NOT_FOUND"), None);
    }
}
