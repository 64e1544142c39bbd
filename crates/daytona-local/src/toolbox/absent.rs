//! Operations of the service that the local server does not have.
//!
//! A bare 404 would look like an older service, or like a path that is wrong.

use http::StatusCode;

use crate::response::{self, Failure};

/// What the published description of the toolbox has below these paths, and what
/// the local server does not.
const PARTS: &[(&str, &str)] = &[("/init", "initialization by the platform")];

/// What a path without a route belongs to.
pub(super) fn part(path: &str) -> Option<&'static str> {
    let is_below =
        |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    PARTS.iter().find(|(prefix, _)| is_below(prefix)).map(|(_, what)| *what)
}

/// Says that something is absent.
pub(super) fn failure(what: &str) -> Failure {
    Failure {
        status: StatusCode::NOT_IMPLEMENTED,
        code: "NOT_IMPLEMENTED",
        message: format!("not implemented: {}", response::not_part(what)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_a_part_with_all_of_its_name() {
        assert_eq!(part("/init"), Some("initialization by the platform"));
        for path in ["/initx", "/", "/files", "/nope", "//git", "/process"] {
            assert_eq!(part(path), None, "{path}");
        }
        assert!(failure("metrics").message.ends_with("metrics is not part of the local Daytona"));
    }
}
