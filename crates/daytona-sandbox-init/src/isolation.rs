//! The kinds of isolation.

use serde::{Deserialize, Serialize};

/// How sandboxes are isolated from the host and from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Each sandbox has its own Linux namespaces.
    Namespaces,
    /// File access is restricted by Landlock. Paths, processes and network are
    /// the host's.
    Landlock,
    /// No isolation: each sandbox is only a folder.
    None,
}

impl Isolation {
    /// The name used in sandbox objects and in the start-up line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Landlock => "landlock",
            Self::None => "none",
        }
    }
}
