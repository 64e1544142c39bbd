//! Maps error responses to kinds of errors: the only module that reads statuses,
//! codes and, where the service has no code, messages.

use daytona_api::{ErrorBody, ErrorKind, Operation, source};

/// Messages of the service for an exceeded quota, which has no code.
const QUOTA_PHRASES: &[&str] = &[
    "exceeds maximum allowed per sandbox",
    "limit exceeded. Maximum allowed",
    "quota exceeded. Maximum allowed",
];

/// Message of the control plane for a sandbox that was created and then failed.
/// The response does not contain the sandbox's id.
const FAILED_START: &str = "Sandbox failed to start";

/// Messages of the control plane for an unknown route, which has the same status
/// as a missing sandbox.
const UNKNOWN_ROUTE_PREFIXES: &[&str] = &["Cannot ", "404 page not found"];

/// Message of the service while another state change is in progress; before 0.160
/// with status 400, and at first without "Sandbox".
const CHANGE_IN_PROGRESS: &str = "tate change in progress";

/// Start and end of the message of the control plane for a missing sandbox. The
/// proxy passes it on, also for a request to the toolbox.
const UNKNOWN_SANDBOX: (&str, &str) = ("Sandbox with ID or name ", " not found");

/// Message of the proxy for a sandbox that is not started.
const NO_ADDRESS: &str = "no IP address found. Is the Sandbox started?";

/// Returns the kind of error for a status and a body.
pub(crate) fn kind(operation: &Operation, status: u16, body: &ErrorBody) -> ErrorKind {
    if let Some(kind) = kind_of_code(body) {
        return kind;
    }
    let message = body.message.as_deref().unwrap_or_default();
    let is_quota =
        matches!(status, 400 | 403 | 409) && QUOTA_PHRASES.iter().any(|phrase| message.contains(phrase));
    if is_quota {
        return ErrorKind::ResourceLimit;
    }
    let is_from_toolbox = body.source.as_deref() == Some(source::DAEMON);
    match status {
        400 if message.starts_with(FAILED_START) => ErrorKind::SandboxFailed,
        400 if message.ends_with(CHANGE_IN_PROGRESS) => ErrorKind::Conflict,
        400 if message.ends_with(NO_ADDRESS) && !is_from_toolbox => ErrorKind::SandboxNotStarted,
        404 if is_unknown_sandbox(message) && !is_from_toolbox => ErrorKind::SandboxNotFound,
        400 => ErrorKind::BadRequest,
        401 => ErrorKind::Authentication,
        403 => ErrorKind::Forbidden,
        404 if UNKNOWN_ROUTE_PREFIXES.iter().any(|prefix| message.starts_with(prefix)) => {
            ErrorKind::Unsupported
        }
        404 if operation.names_sandbox() => ErrorKind::SandboxNotFound,
        404 => ErrorKind::NotFound,
        408 | 504 => ErrorKind::Timeout,
        409 => ErrorKind::Conflict,
        410 => ErrorKind::Gone,
        422 => ErrorKind::Unprocessable,
        429 => ErrorKind::RateLimited,
        500 => ErrorKind::InternalServer,
        502 => ErrorKind::BadGateway,
        503 => ErrorKind::Unavailable,
        _ => ErrorKind::Other,
    }
}

fn is_unknown_sandbox(message: &str) -> bool {
    let (start, end) = UNKNOWN_SANDBOX;
    message.strip_prefix("not found: ").unwrap_or(message).starts_with(start) && message.ends_with(end)
}

/// Returns the kind for a code of the toolbox that is more specific than the status.
fn kind_of_code(body: &ErrorBody) -> Option<ErrorKind> {
    // Toolboxes before 0.201 return these codes without a source.
    if body.source.as_deref().is_some_and(|origin| origin != source::DAEMON) {
        return None;
    }
    ErrorKind::of_code(body.code.as_deref()?)
}

/// Returns whether the proxy may have responded for a stopped or deleted sandbox:
/// its response is the same as for other errors, so only the sandbox's state tells.
pub(crate) fn is_ambiguous(status: u16, body: &ErrorBody) -> bool {
    if body.source.as_deref() == Some(source::DAEMON) {
        // Such as a git remote that rejects credentials, or cannot be reached.
        return false;
    }
    let is_from_proxy = body.source.as_deref() == Some(source::PROXY)
        || body
            .path
            .as_deref()
            .is_some_and(|path| path.starts_with("/toolbox/") || path.starts_with("/sandboxes/"));
    match status {
        401 | 502 => true,
        400 | 404 | 503 => is_from_proxy || body.message.as_deref() == Some("Sandbox is not running"),
        _ => false,
    }
}

/// Returns the message for a response without one; old toolboxes return only the
/// status for many errors.
pub(crate) fn default_message(status: u16) -> &'static str {
    match status {
        400 => "the service rejected the request as invalid and gave no reason",
        401 => "the service rejected the credentials",
        403 => "permission denied",
        404 => "not found",
        408 | 504 => "the service reported a timeout",
        409 => "the request conflicts with the current state",
        429 => "too many requests",
        500 => "the service failed and gave no reason",
        502 => "the service could not reach the sandbox's toolbox",
        503 => "the service is not available",
        _ => "the service gave no reason",
    }
}

#[cfg(test)]
mod tests {
    use daytona_api::control_plane::sandbox::{CREATE, GET};
    use daytona_api::toolbox::files::INFO;

    use super::*;

    fn body(message: &str) -> ErrorBody {
        ErrorBody { message: Some(message.to_owned()), ..ErrorBody::default() }
    }

    #[test]
    fn quota_messages_are_resource_limits_with_the_old_and_the_new_status() {
        let messages = [
            "CPU request 9 exceeds maximum allowed per sandbox (4).\nhint",
            "Memory request 99GB exceeds maximum allowed per sandbox (8GB).",
            "Disk request 99GB exceeds maximum allowed per sandbox (10GB).",
            "Total CPU limit exceeded. Maximum allowed: 10.\nhint",
            "Total memory limit exceeded. Maximum allowed: 10GiB.",
            "Total disk limit exceeded. Maximum allowed: 30GiB.",
            "Total GPU limit exceeded. Maximum allowed: 1.",
            "Snapshot quota exceeded. Maximum allowed: 30",
            "Volume quota exceeded. Maximum allowed: 100",
        ];
        for message in messages {
            for status in [400, 403] {
                assert_eq!(kind(&CREATE, status, &body(message)), ErrorKind::ResourceLimit, "{message}");
            }
        }
        assert_eq!(kind(&CREATE, 400, &body("No available runners")), ErrorKind::BadRequest);
        assert_eq!(kind(&CREATE, 500, &body(messages[0])), ErrorKind::InternalServer);
    }

    #[test]
    fn every_status_has_its_kind() {
        let table = [
            (400, ErrorKind::BadRequest),
            (401, ErrorKind::Authentication),
            (403, ErrorKind::Forbidden),
            (404, ErrorKind::NotFound),
            (408, ErrorKind::Timeout),
            (409, ErrorKind::Conflict),
            (410, ErrorKind::Gone),
            (418, ErrorKind::Other),
            (422, ErrorKind::Unprocessable),
            (429, ErrorKind::RateLimited),
            (500, ErrorKind::InternalServer),
            (502, ErrorKind::BadGateway),
            (503, ErrorKind::Unavailable),
            (504, ErrorKind::Timeout),
        ];
        for (status, expected) in table {
            assert_eq!(kind(&CREATE, status, &ErrorBody::default()), expected, "{status}");
        }
        let failed_start = body("Sandbox failed to start: no space left");
        assert_eq!(kind(&CREATE, 400, &failed_start), ErrorKind::SandboxFailed);
        assert_eq!(kind(&GET, 404, &ErrorBody::default()), ErrorKind::SandboxNotFound);
        assert_eq!(kind(&GET, 404, &body("Cannot POST /api/sandbox/x/fork")), ErrorKind::Unsupported);
    }

    #[test]
    fn toolbox_codes_take_precedence_over_the_status() {
        let coded = |code: &str, origin: Option<&str>| ErrorBody {
            code: Some(code.to_owned()),
            source: origin.map(str::to_owned),
            ..ErrorBody::default()
        };
        assert_eq!(kind(&INFO, 404, &coded("FILE_NOT_FOUND", None)), ErrorKind::FileNotFound);
        assert_eq!(
            kind(&INFO, 403, &coded("FILE_ACCESS_DENIED", Some(source::DAEMON))),
            ErrorKind::FileAccessDenied
        );
        assert_eq!(kind(&INFO, 404, &coded("FILE_NOT_FOUND", Some(source::PROXY))), ErrorKind::NotFound);
    }

    #[test]
    fn only_proxy_errors_are_ambiguous() {
        let proxy = ErrorBody { path: Some("/toolbox/x/files".to_owned()), ..ErrorBody::default() };
        let daemon = ErrorBody { path: Some("/files".to_owned()), ..ErrorBody::default() };
        assert!(
            is_ambiguous(400, &proxy)
                && is_ambiguous(401, &daemon)
                && is_ambiguous(502, &ErrorBody::default())
        );
        assert!(!is_ambiguous(400, &daemon) && !is_ambiguous(400, &ErrorBody::default()));
        assert!(!is_ambiguous(500, &proxy));
        let toolbox = ErrorBody { source: Some(source::DAEMON.to_owned()), ..ErrorBody::default() };
        assert!(!is_ambiguous(401, &toolbox) && !is_ambiguous(502, &toolbox));
    }
}
