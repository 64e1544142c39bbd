//! The classes of errors that users see.

/// A class of the JavaScript SDK's errors. The classes there are generated from
/// [`CLASSES`].
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorClass {
    /// Its name.
    pub name: &'static str,
    /// The class that it extends; `None` for the base class.
    pub parent: Option<&'static ErrorClass>,
    /// What it represents, in one sentence.
    pub doc: &'static str,
}

macro_rules! classes {
    ($($name:ident = $class:literal extends $parent:ident, $doc:literal;)+) => {
        $(#[doc = $doc] pub(super) static $name: ErrorClass = ErrorClass { name: $class, parent: Some(&$parent), doc: $doc };)+

    /// Every class, each after the one that it extends.
        pub static CLASSES: &[&ErrorClass] = &[&BASE, $(&$name),+];
    };
}

/// The base class of all others.
pub(super) static BASE: ErrorClass =
    ErrorClass { name: "DaytonaError", parent: None, doc: "Base class of the SDK's errors." };

classes! {
    BAD_REQUEST = "DaytonaBadRequestError" extends BASE, "The service refused the content of the request (400).";
    VALIDATION = "DaytonaValidationError" extends BAD_REQUEST, "A value was refused.";
    INVALID_ARGUMENT = "DaytonaInvalidArgumentError" extends VALIDATION, "An argument was refused before any request was sent.";
    INVALID_FILE_PATH = "DaytonaInvalidFilePathError" extends BAD_REQUEST, "The path does not denote a regular file.";
    LSP_NOT_INITIALIZED = "DaytonaLspServerNotInitializedError" extends BAD_REQUEST, "The language server was not started.";
    AUTHENTICATION = "DaytonaAuthenticationError" extends BASE, "The API key is missing, or the service rejected it (401).";
    GIT_AUTH_FAILED = "DaytonaGitAuthFailedError" extends AUTHENTICATION, "The git remote rejected the credentials.";
    FORBIDDEN = "DaytonaForbiddenError" extends BASE, "The API key does not permit this (403).";
    AUTHORIZATION = "DaytonaAuthorizationError" extends FORBIDDEN, "The API key does not permit this, or a quota is used up (403).";
    FILE_ACCESS_DENIED = "DaytonaFileAccessDeniedError" extends FORBIDDEN, "The file may not be read or written.";
    NOT_FOUND = "DaytonaNotFoundError" extends BASE, "The requested resource does not exist (404).";
    FILE_NOT_FOUND = "DaytonaFileNotFoundError" extends NOT_FOUND, "The file does not exist.";
    GIT_REPO_NOT_FOUND = "DaytonaGitRepoNotFoundError" extends NOT_FOUND, "The git repository does not exist.";
    GIT_BRANCH_NOT_FOUND = "DaytonaGitBranchNotFoundError" extends NOT_FOUND, "The git branch does not exist.";
    PROCESS_NOT_FOUND = "DaytonaProcessNotFoundError" extends NOT_FOUND, "The process does not exist.";
    TIMEOUT = "DaytonaTimeoutError" extends BASE, "A timeout passed, in the client or at the service (408, 504).";
    PROCESS_TIMEOUT = "DaytonaProcessExecutionTimeoutError" extends TIMEOUT, "A command exceeded its timeout and was killed.";
    CONFLICT = "DaytonaConflictError" extends BASE, "The request conflicts with the current state (409).";
    GIT_BRANCH_EXISTS = "DaytonaGitBranchExistsError" extends CONFLICT, "The git branch already exists.";
    GIT_PUSH_REJECTED = "DaytonaGitPushRejectedError" extends CONFLICT, "The git remote has commits that the push lacks.";
    GIT_DIRTY_WORKTREE = "DaytonaGitDirtyWorktreeError" extends CONFLICT, "The git work tree has uncommitted changes.";
    GIT_MERGE_CONFLICT = "DaytonaGitMergeConflictError" extends CONFLICT, "A git merge has conflicts.";
    RECORDING_STILL_ACTIVE = "DaytonaRecordingStillActiveError" extends CONFLICT, "A screen recording is still running.";
    GONE = "DaytonaGoneError" extends BASE, "The requested resource no longer exists (410).";
    SESSION_ENDED = "DaytonaSessionEndedError" extends GONE, "The session has ended.";
    COMMAND_COMPLETED = "DaytonaCommandAlreadyCompletedError" extends GONE, "The command has already exited.";
    UNPROCESSABLE = "DaytonaUnprocessableEntityError" extends BASE, "The service understood the request but cannot process it (422).";
    GIT_REMOTE_REJECTED = "DaytonaGitRemoteRejectedError" extends UNPROCESSABLE, "A rule of the git remote rejected the operation.";
    RATE_LIMIT = "DaytonaRateLimitError" extends BASE, "Too many requests were sent (429); `headers` contains the time to wait.";
    INTERNAL_SERVER = "DaytonaInternalServerError" extends BASE, "The service failed (500).";
    FILE_READ_FAILED = "DaytonaFileReadFailedError" extends INTERNAL_SERVER, "The service could not read the file.";
    BAD_GATEWAY = "DaytonaBadGatewayError" extends BASE, "A proxy could not reach the next server (502).";
    GIT_TRANSPORT_FAILED = "DaytonaGitTransportFailedError" extends BAD_GATEWAY, "The git remote could not be reached.";
    UNAVAILABLE = "DaytonaServiceUnavailableError" extends BASE, "The service is not available (503).";
    A11Y_UNAVAILABLE = "DaytonaA11yUnavailableError" extends UNAVAILABLE, "The accessibility service of the sandbox is not available.";
    RECORDING_FFMPEG_NOT_FOUND = "DaytonaRecordingFfmpegNotFoundError" extends UNAVAILABLE, "The sandbox has no ffmpeg, which recording needs.";
    CONNECTION = "DaytonaConnectionError" extends BASE, "The service could not be reached, or the connection broke.";
    CONNECTION_TIMEOUT = "DaytonaConnectionTimeoutError" extends CONNECTION, "The connection to the service was not established within the timeout.";
}
