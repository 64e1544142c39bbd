//! Sandboxes of the control plane.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The label in which a sandbox's language is kept.
pub const LANGUAGE_LABEL: &str = "code-toolbox-language";

/// State of a sandbox, as the control plane reports it.
///
/// Services add states; one that is not known here is kept as text.
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
    /// Stopped; its files are kept.
    Stopped,
    /// Moving to object storage.
    Archiving,
    /// In object storage.
    Archived,
    /// Coming back from object storage.
    Restoring,
    /// Changing its resources.
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

/// A volume mounted in a sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    /// The volume's id, or its name in a create request.
    pub volume_id: String,
    /// Absolute path inside the sandbox.
    pub mount_path: String,
    /// Folder of the volume to mount; absent means all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subpath: Option<String>,
}

/// An image to build and run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildInfo {
    /// The Dockerfile's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dockerfile_content: Option<String>,
    /// Hashes of the uploaded build contexts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_hashes: Option<Vec<String>>,
    /// Where the built image is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_ref: Option<String>,
    /// When the build was asked for (answers only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it last changed (answers only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

/// A sandbox, as every answer of the control plane shows it.
///
/// `env` is present in full objects and absent in items of the cursor list;
/// clients tell the two apart by it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sandbox {
    /// Unique id.
    pub id: String,
    /// The organization that owns it.
    #[serde(deserialize_with = "null_as_default")]
    pub organization_id: String,
    /// Name, unique in the organization; the id unless given.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// Name of the snapshot it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Operating-system user.
    #[serde(deserialize_with = "null_as_default")]
    pub user: String,
    /// Environment of every process in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, String>>,
    /// Labels.
    #[serde(deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// Whether previews need no key.
    #[serde(deserialize_with = "null_as_default")]
    pub public: bool,
    /// Whether it has no network.
    #[serde(deserialize_with = "null_as_default")]
    pub network_block_all: bool,
    /// Networks it may reach, comma-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_allow_list: Option<String>,
    /// Domains it may reach, comma-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_allow_list: Option<String>,
    /// Region.
    #[serde(deserialize_with = "null_as_default")]
    pub target: String,
    /// Cores.
    #[serde(deserialize_with = "number_as_u32")]
    pub cpu: u32,
    /// Graphics units.
    #[serde(deserialize_with = "number_as_u32")]
    pub gpu: u32,
    /// Memory in GiB.
    #[serde(deserialize_with = "number_as_u32")]
    pub memory: u32,
    /// Disk in GiB.
    #[serde(deserialize_with = "number_as_u32")]
    pub disk: u32,
    /// What it is doing.
    #[serde(deserialize_with = "null_as_default")]
    pub state: SandboxState,
    /// What it was asked to become.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_state: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_reason: Option<String>,
    /// Whether a failed one can be recovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recoverable: Option<bool>,
    /// State of its backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_state: Option<String>,
    /// When the last backup was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_created_at: Option<String>,
    /// Minutes of idleness after which it stops; 0 never.
    #[serde(deserialize_with = "number_as_i64", skip_serializing_if = "Option::is_none")]
    pub auto_stop_interval: Option<i64>,
    /// Minutes after stopping until it is archived.
    #[serde(deserialize_with = "number_as_i64", skip_serializing_if = "Option::is_none")]
    pub auto_archive_interval: Option<i64>,
    /// Minutes after stopping until it is deleted; negative never, 0 at once.
    #[serde(deserialize_with = "number_as_i64", skip_serializing_if = "Option::is_none")]
    pub auto_delete_interval: Option<i64>,
    /// Mounted volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<Vec<VolumeMount>>,
    /// The image build it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_info: Option<BuildInfo>,
    /// When it was created, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it last changed, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// When it was last used, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_activity_at: Option<String>,
    /// Kind of machine: `container`, `linux-vm` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox_class: Option<String>,
    /// Version of its toolbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daemon_version: Option<String>,
    /// The machine it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner_id: Option<String>,
    /// Whether it has a KVM device; the newest clients insist on the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kvm: Option<bool>,
    /// Base of the toolbox, without the sandbox's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolbox_proxy_url: Option<String>,
    /// How a local sandbox is walled in: `namespaces`, `landlock` or `none`.
    /// Only the local server gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolation: Option<String>,
}

/// The body of `POST /sandbox`. Absent fields are left out, never null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateSandbox {
    /// Name; the service uses the id when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Snapshot, by name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Image to build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_info: Option<BuildInfo>,
    /// Operating-system user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Environment.
    #[serde(deserialize_with = "null_as_default")]
    pub env: BTreeMap<String, String>,
    /// Labels.
    #[serde(deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// Whether previews need no key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// Region, by id or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u32>,
    /// Graphics units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<u32>,
    /// Memory in GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u32>,
    /// Disk in GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<u32>,
    /// Minutes of idleness after which it stops; 0 never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_stop_interval: Option<i64>,
    /// Minutes after stopping until it is archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_archive_interval: Option<i64>,
    /// Minutes after stopping until it is deleted; negative never, 0 at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_delete_interval: Option<i64>,
    /// Volumes to mount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<Vec<VolumeMount>>,
    /// Whether it gets no network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_block_all: Option<bool>,
    /// Networks it may reach, comma-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_allow_list: Option<String>,
}

/// The answer to `GET /sandbox`; older services answer a bare array.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SandboxPage {
    /// The sandboxes of this page.
    pub items: Vec<Sandbox>,
    /// Where the next page starts; null or empty on the last one.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// The answer to `GET /sandbox/paginated`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SandboxNumberedPage {
    /// The sandboxes of this page.
    pub items: Vec<Sandbox>,
    /// How many there are in all.
    pub total: u64,
    /// Number of this page, from 1.
    pub page: u64,
    /// How many pages there are.
    pub total_pages: u64,
}

/// The body and the answer of `PUT /sandbox/{id}/labels`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxLabels {
    /// The whole new set.
    pub labels: BTreeMap<String, String>,
}

/// The answer to `GET /sandbox/{id}/toolbox-proxy-url`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolboxProxyUrl {
    /// Base of the toolbox, without the sandbox's id.
    pub url: String,
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Services write resources as `1` or `1.0`, newer clients accept only the first.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the type's range first"
)]
fn number_as_u32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = Option::<f64>::deserialize(deserializer)?.unwrap_or_default();
    Ok(number.clamp(0.0, f64::from(u32::MAX)) as u32)
}

#[expect(clippy::cast_possible_truncation, reason = "a float-to-integer cast saturates")]
fn number_as_i64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.map(|number| number as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_survive_both_ways_and_unknown_ones_are_kept() {
        for (state, text) in STATES {
            assert_eq!(&SandboxState::from(*text), state);
            assert_eq!(state.as_str(), *text);
        }
        assert_eq!(SandboxState::from("melting").as_str(), "melting");
    }

    #[test]
    fn an_old_or_sparse_sandbox_is_read() {
        let sandbox: Sandbox = serde_json::from_str(
            r#"{"id":"a","state":"started","cpu":1.0,"labels":null,"name":null,"autoStopInterval":15.0,"novel":true}"#,
        )
        .unwrap_or_default();
        assert_eq!((sandbox.id.as_str(), sandbox.cpu, sandbox.auto_stop_interval), ("a", 1, Some(15)));
        assert_eq!(sandbox.state, SandboxState::Started);
        assert_eq!(sandbox.env, None);
    }

    #[test]
    fn a_create_request_leaves_out_what_is_not_set() {
        let body = serde_json::to_string(&CreateSandbox::default()).unwrap_or_default();
        assert_eq!(body, r#"{"env":{},"labels":{}}"#);
    }
}
