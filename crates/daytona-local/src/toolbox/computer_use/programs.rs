//! The host's programs that make a desktop.

use std::env;
use std::path::PathBuf;

use http::StatusCode;

use crate::response::Failure;
use crate::search_path;

/// Window managers that are used, the first one found.
const WINDOW_MANAGERS: &[&str] = &["xfwm4", "openbox", "icewm", "fluxbox", "metacity", "marco"];

/// The programs of a desktop.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) server: PathBuf,
    pub(super) window_manager: PathBuf,
    /// The message bus, without which nothing is accessible.
    pub(super) bus: Option<PathBuf>,
}

impl Programs {
    /// Finds the programs, or says what to install.
    pub(super) fn find() -> Result<Self, Failure> {
        let server = find("Xvfb");
        let window_manager = WINDOW_MANAGERS.iter().find_map(|name| find(name));
        match (server, window_manager) {
            (Some(server), Some(window_manager)) => {
                Ok(Self { server, window_manager, bus: find("dbus-daemon") })
            }
            (None, Some(_)) => Err(unavailable("Xvfb is", "xvfb")),
            (Some(_), None) => Err(unavailable("a window manager is", "openbox")),
            (None, None) => Err(unavailable("Xvfb and a window manager are", "xvfb openbox")),
        }
    }
}

fn unavailable(what: &str, packages: &str) -> Failure {
    Failure {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "SERVICE_UNAVAILABLE",
        message: format!(
            "service unavailable: computer use is not available: {what} not installed on the host of this sandbox. \
             Install it there, on Debian and Ubuntu with: apt-get install {packages}"
        ),
    }
}

/// Finds a program on the sandbox's path.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    search_path::find(&env::var_os("PATH")?, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_and_missing_ones_are_named_with_their_packages() {
        assert!(find("sh").is_some_and(|path| path.is_absolute()));
        assert_eq!(find("no-such-program"), None);
        let failure = unavailable("Xvfb is", "xvfb");
        assert_eq!(failure.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(failure.message.ends_with("apt-get install xvfb"));
    }
}
