//! From an answer of the service to a kind of failure: the only place that
//! reads statuses, codes and, where the service has nothing else, words.

use daytona_api::{ErrorBody, files, source};

use crate::error::ErrorKind;

/// How the service words a used-up quota; it gives no code for it.
const QUOTA_PHRASES: &[&str] = &[
    "exceeds maximum allowed per sandbox",
    "limit exceeded. Maximum allowed",
    "quota exceeded. Maximum allowed",
];

/// How the control plane says that a sandbox was made and then failed, in an
/// answer that does not name it.
const FAILED_START: &str = "Sandbox failed to start";

/// How the control plane answers a route that it does not have; a missing
/// sandbox has the same status.
const UNKNOWN_ROUTE_PREFIXES: &[&str] = &["Cannot ", "404 page not found"];

/// How the service says that another change is under way; before 0.160 with
/// the status of a wrong request.
const CHANGE_IN_PROGRESS: &str = "Sandbox state change in progress";

/// Which part of the service was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// A sandbox's entry at the control plane.
    Sandbox,
    /// Anything else at the control plane.
    ControlPlane,
    /// The toolbox of a sandbox, behind the proxy.
    Toolbox,
}

/// The kind of failure that a status and a body stand for.
pub(crate) fn kind(service: Service, status: u16, body: &ErrorBody) -> ErrorKind {
    if let Some(kind) = kind_of_code(body) {
        return kind;
    }
    let words = body.message.as_deref().unwrap_or_default();
    let is_quota =
        matches!(status, 400 | 403 | 409) && QUOTA_PHRASES.iter().any(|phrase| words.contains(phrase));
    if is_quota {
        return ErrorKind::ResourceLimit;
    }
    match status {
        400 if words.starts_with(FAILED_START) => ErrorKind::SandboxFailed,
        400 if words == CHANGE_IN_PROGRESS => ErrorKind::Conflict,
        400 => ErrorKind::BadRequest,
        401 => ErrorKind::Authentication,
        403 => ErrorKind::Forbidden,
        404 if UNKNOWN_ROUTE_PREFIXES.iter().any(|prefix| words.starts_with(prefix)) => {
            ErrorKind::Unsupported
        }
        404 if service == Service::Sandbox => ErrorKind::SandboxNotFound,
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

/// Codes of the toolbox that say more than the status does.
fn kind_of_code(body: &ErrorBody) -> Option<ErrorKind> {
    // Toolboxes before 0.201 give these codes without a source.
    if body.source.as_deref().is_some_and(|origin| origin != source::DAEMON) {
        return None;
    }
    match body.code.as_deref()? {
        files::code::NOT_FOUND => Some(ErrorKind::FileNotFound),
        files::code::ACCESS_DENIED => Some(ErrorKind::FileAccessDenied),
        files::code::INVALID_PATH => Some(ErrorKind::InvalidFilePath),
        files::code::READ_FAILED => Some(ErrorKind::FileReadFailed),
        "PROCESS_EXECUTION_TIMEOUT" => Some(ErrorKind::Timeout),
        _ => None,
    }
}

/// Whether the proxy may have answered for a sandbox that is stopped or gone:
/// it says neither plainly, so only the sandbox's state can tell.
pub(crate) fn is_ambiguous(status: u16, body: &ErrorBody) -> bool {
    let from_a_hop = body.source.as_deref() == Some(source::PROXY)
        || body
            .path
            .as_deref()
            .is_some_and(|path| path.starts_with("/toolbox/") || path.starts_with("/sandboxes/"));
    match status {
        401 | 502 => true,
        400 | 404 | 503 => from_a_hop || body.message.as_deref() == Some("Sandbox is not running"),
        _ => false,
    }
}

/// What an empty answer means; old toolboxes answer many errors with nothing
/// but the status.
pub(crate) fn words_for(status: u16) -> &'static str {
    match status {
        400 => "the service refused the request as wrong and gave no reason",
        401 => "the service rejected the credentials",
        403 => "permission denied",
        404 => "not found",
        408 | 504 => "the service ran into a time-out",
        409 => "at odds with what is there already",
        429 => "too many requests",
        500 => "the service failed and gave no reason",
        502 => "the service could not reach the sandbox's toolbox",
        503 => "the service is not available",
        _ => "the service gave no reason",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(message: &str) -> ErrorBody {
        ErrorBody { message: Some(message.to_owned()), ..ErrorBody::default() }
    }

    #[test]
    fn every_quota_text_is_a_resource_limit_with_the_old_status_and_the_new() {
        let texts = [
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
        for text in texts {
            for status in [400, 403] {
                assert_eq!(
                    kind(Service::ControlPlane, status, &body(text)),
                    ErrorKind::ResourceLimit,
                    "{text}"
                );
            }
        }
        assert_eq!(kind(Service::ControlPlane, 400, &body("No available runners")), ErrorKind::BadRequest);
        assert_eq!(kind(Service::ControlPlane, 500, &body(texts[0])), ErrorKind::InternalServer);
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
            assert_eq!(kind(Service::ControlPlane, status, &ErrorBody::default()), expected, "{status}");
        }
        let failed_start = body("Sandbox failed to start: no space left");
        assert_eq!(kind(Service::ControlPlane, 400, &failed_start), ErrorKind::SandboxFailed);
        assert_eq!(kind(Service::Sandbox, 404, &ErrorBody::default()), ErrorKind::SandboxNotFound);
        assert_eq!(
            kind(Service::Sandbox, 404, &body("Cannot POST /api/sandbox/x/fork")),
            ErrorKind::Unsupported
        );
    }

    #[test]
    fn codes_of_the_toolbox_win_over_the_status() {
        let coded = |code: &str, origin: Option<&str>| ErrorBody {
            code: Some(code.to_owned()),
            source: origin.map(str::to_owned),
            ..ErrorBody::default()
        };
        assert_eq!(kind(Service::Toolbox, 404, &coded("FILE_NOT_FOUND", None)), ErrorKind::FileNotFound);
        assert_eq!(
            kind(Service::Toolbox, 403, &coded("FILE_ACCESS_DENIED", Some(source::DAEMON))),
            ErrorKind::FileAccessDenied
        );
        assert_eq!(
            kind(Service::Toolbox, 404, &coded("FILE_NOT_FOUND", Some(source::PROXY))),
            ErrorKind::NotFound
        );
    }

    #[test]
    fn only_the_proxy_is_ambiguous() {
        let proxy = ErrorBody { path: Some("/toolbox/x/files".to_owned()), ..ErrorBody::default() };
        let daemon = ErrorBody { path: Some("/files".to_owned()), ..ErrorBody::default() };
        assert!(
            is_ambiguous(400, &proxy)
                && is_ambiguous(401, &daemon)
                && is_ambiguous(502, &ErrorBody::default())
        );
        assert!(!is_ambiguous(400, &daemon) && !is_ambiguous(400, &ErrorBody::default()));
        assert!(!is_ambiguous(500, &proxy));
    }
}
