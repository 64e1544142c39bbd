//! Which form of output a client understands.

use super::super::call::Call;
use super::super::web_socket::{VERSION_PROTOCOL, offered_protocols};

/// The first version that finds markers in output.
const FINDS_MARKERS: Version = Version::new(0, 27);
/// The first version that expects sessions to start in the work folder.
const STARTS_IN_WORK_FOLDER: Version = Version::new(0, 103);
/// The first version that takes both streams apart already.
const TAKES_STREAMS: Version = Version::new(0, 167);

/// The form in which a client gets the output of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputForm {
    /// One text, without markers.
    Combined,
    /// One text, in which every line begins with the marker of its stream.
    Marked,
    /// JSON with both streams by themselves.
    Split,
}

impl OutputForm {
    /// The form for the client that sent a request.
    pub(super) fn of(call: &Call) -> Self {
        let wants_markers = call.header("x-daytona-split-output") == Some("true");
        Self::of_version(version(call), wants_markers)
    }

    fn of_version(version: Option<&str>, wants_markers: bool) -> Self {
        let Some(text) = version else {
            return if wants_markers { Self::Marked } else { Self::Combined };
        };
        if text.contains("dev") {
            return Self::Split;
        }
        match Version::parse(text) {
            Some(version) if version < FINDS_MARKERS => Self::Combined,
            Some(version) if version >= TAKES_STREAMS => Self::Split,
            _ => Self::Marked,
        }
    }
}

/// Whether the client expects sessions to start in the home folder.
pub(super) fn starts_in_home(call: &Call) -> bool {
    version(call).and_then(Version::parse).is_some_and(|version| version < STARTS_IN_WORK_FOLDER)
}

/// The version that a client tells.
fn version(call: &Call) -> Option<&str> {
    let header = call.header("x-daytona-sdk-version").filter(|version| !version.is_empty());
    header.or_else(|| offered_protocols(call).find_map(|protocol| protocol.strip_prefix(VERSION_PROTOCOL)))
}

/// A semantic version, as far as it matters here. A pre-release comes before
/// its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    numbers: [u64; 3],
    released: bool,
}

impl Version {
    const fn new(major: u64, minor: u64) -> Self {
        Self { numbers: [major, minor, 0], released: true }
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split('+').next().unwrap_or_default();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let mut numbers = [0; 3];
        let mut parts = text[..end].split('.');
        for (index, number) in numbers.iter_mut().enumerate() {
            match parts.next() {
                Some(part) => *number = part.parse().ok()?,
                None if index == 0 => return None,
                None => {}
            }
        }
        parts.next().is_none().then_some(Self { numbers, released: end == text.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_the_version() {
        use OutputForm::{Combined, Marked, Split};
        for (version, marked, form) in [
            (None, false, Combined),
            (None, true, Marked),
            (Some("0.26.9"), true, Combined),
            (Some("0.27.0"), false, Marked),
            (Some("0.166.99"), false, Marked),
            (Some("0.167.0-rc.1"), false, Marked),
            (Some("0.167rc1"), false, Marked),
            (Some("0.167"), false, Split),
            (Some("v0.205.1"), false, Split),
            (Some("1.2.3+build.7"), false, Split),
            (Some("0.0.0.dev0"), false, Split),
            (Some("banana"), false, Marked),
            (Some("0.x"), false, Marked),
            (Some("0.200.1.2"), false, Marked),
        ] {
            assert_eq!(OutputForm::of_version(version, marked), form, "{version:?}");
        }
    }
}
