//! The state of a sandbox.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// State of a sandbox, as the control plane reports it.
///
/// Services add states; a state that is not known here is kept as a string.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SandboxState {
    /// Being created on a runner.
    Creating,
    /// An image build waits for a runner.
    PendingBuild,
    /// An image is being built.
    BuildingSnapshot,
    /// The snapshot is being fetched.
    PullingSnapshot,
    /// Starting.
    Starting,
    /// Running.
    Started,
    /// Stopping.
    Stopping,
    /// Stopped, with its files kept.
    Stopped,
    /// Moving to object storage.
    Archiving,
    /// In object storage.
    Archived,
    /// Being restored from object storage.
    Restoring,
    /// Changing resources.
    Resizing,
    /// Being copied into a snapshot.
    Snapshotting,
    /// Being forked.
    Forking,
    /// Pausing.
    Pausing,
    /// Paused.
    Paused,
    /// Resuming.
    Resuming,
    /// Failed; the reason is in `errorReason`.
    Error,
    /// The image build failed.
    BuildFailed,
    /// Being deleted.
    Destroying,
    /// Deleted.
    Destroyed,
    /// Not known yet.
    #[default]
    Unknown,
    /// A state that this version does not know.
    Other(String),
}

const STATES: &[(SandboxState, &str)] = &[
    (SandboxState::Creating, "creating"),
    (SandboxState::PendingBuild, "pending_build"),
    (SandboxState::BuildingSnapshot, "building_snapshot"),
    (SandboxState::PullingSnapshot, "pulling_snapshot"),
    (SandboxState::Starting, "starting"),
    (SandboxState::Started, "started"),
    (SandboxState::Stopping, "stopping"),
    (SandboxState::Stopped, "stopped"),
    (SandboxState::Archiving, "archiving"),
    (SandboxState::Archived, "archived"),
    (SandboxState::Restoring, "restoring"),
    (SandboxState::Resizing, "resizing"),
    (SandboxState::Snapshotting, "snapshotting"),
    (SandboxState::Forking, "forking"),
    (SandboxState::Pausing, "pausing"),
    (SandboxState::Paused, "paused"),
    (SandboxState::Resuming, "resuming"),
    (SandboxState::Error, "error"),
    (SandboxState::BuildFailed, "build_failed"),
    (SandboxState::Destroying, "destroying"),
    (SandboxState::Destroyed, "destroyed"),
    (SandboxState::Unknown, "unknown"),
];

impl SandboxState {
    /// The state as it is written on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(text) => text,
            known => STATES.iter().find(|(state, _)| state == known).map_or("unknown", |(_, text)| text),
        }
    }
}

impl From<&str> for SandboxState {
    fn from(text: &str) -> Self {
        STATES
            .iter()
            .find(|(_, name)| *name == text)
            .map_or_else(|| Self::Other(text.to_owned()), |(state, _)| state.clone())
    }
}

impl fmt::Display for SandboxState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SandboxState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SandboxState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_round_trip_and_unknown_states_are_kept() {
        for (state, text) in STATES {
            assert_eq!(&SandboxState::from(*text), state);
            assert_eq!(state.as_str(), *text);
        }
        assert_eq!(SandboxState::from("melting").as_str(), "melting");
    }
}
