//! Sandboxes of the control plane.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::error::ErrorKind;
use crate::null_as_default;
use crate::operation::{Repeat, Service, operations};

pub use super::sandbox_state::SandboxState;

operations! { Service::ControlPlane;
    /// Creates a sandbox.
    CREATE: CreateSandbox => Sandbox = POST "/sandbox", "create a sandbox";
    /// One page of the sandboxes that match; older services return a bare array.
    LIST: () => SandboxPage = GET "/sandbox", "list sandboxes",
        query(&[], &["cursor", "limit", "id", "name", "labels", "states", "snapshots", "regionIds", "minCpu", "maxCpu",
            "minMemoryGiB", "maxMemoryGiB", "minDiskGiB", "maxDiskGiB", "isPublic", "isRecoverable", "createdAtAfter",
            "createdAtBefore", "lastEventAfter", "lastEventBefore", "autoDestroyAtAfter", "autoDestroyAtBefore", "sort",
            "order"]);
    /// One numbered page of the sandboxes that match, on older services.
    LIST_NUMBERED: () => SandboxNumberedPage = GET "/sandbox/paginated", "list sandboxes",
        query(&[], &["page", "limit", "labels"]);
    /// One sandbox.
    GET: () => Sandbox = GET "/sandbox/{sandboxIdOrName}", "find the sandbox";
    /// Deletes a sandbox and everything in it.
    DELETE: () => () = DELETE "/sandbox/{sandboxIdOrName}", "delete the sandbox",
        repeat(Repeat::DoneAt(&[ErrorKind::SandboxNotFound]));
    /// Starts a stopped or archived sandbox. Has no effect on a started one.
    START: () => Sandbox = POST "/sandbox/{sandboxIdOrName}/start", "start the sandbox",
        repeat(Repeat::ChangesState(&[ErrorKind::Conflict]));
    /// Stops a sandbox and keeps its files; deletes an ephemeral one. A sandbox that
    /// is not started is refused.
    STOP: () => Sandbox = POST "/sandbox/{sandboxIdOrName}/stop", "stop the sandbox",
        query(&[], &["force"]), repeat(Repeat::ChangesState(&[ErrorKind::Conflict, ErrorKind::SandboxNotFound]));
    /// Keeps the processes in memory without running them; virtual machines only.
    PAUSE: () => Sandbox = POST "/sandbox/{sandboxIdOrName}/pause", "pause the sandbox",
        repeat(Repeat::ChangesState(&[ErrorKind::Conflict]));
    /// Moves a stopped sandbox to object storage.
    ARCHIVE: () => Sandbox = POST "/sandbox/{sandboxIdOrName}/archive", "archive the sandbox",
        repeat(Repeat::ChangesState(&[ErrorKind::Conflict]));
    /// Recovers a sandbox from an error state.
    RECOVER: () => Sandbox = POST "/sandbox/{sandboxIdOrName}/recover", "recover the sandbox",
        query(&[], &["skipStart"]), repeat(Repeat::ChangesState(&[ErrorKind::Conflict]));
    /// Replaces all labels.
    SET_LABELS: SandboxLabels => SandboxLabels = PUT "/sandbox/{sandboxIdOrName}/labels", "set the labels";
    /// Sets whether previews are public, that is, need no key.
    SET_PUBLIC: () => Sandbox = POST "/sandbox/{sandboxIdOrName}/public/{isPublic}", "set public access",
        repeat(Repeat::Safe);
    /// Sets after how many idle minutes the sandbox stops.
    SET_AUTO_STOP: () => Sandbox = POST "/sandbox/{sandboxIdOrName}/autostop/{interval}",
        "set the auto-stop interval", repeat(Repeat::Safe);
    /// Sets after how many idle minutes the sandbox pauses.
    SET_AUTO_PAUSE: () => Sandbox = POST "/sandbox/{sandboxIdOrName}/autopause/{interval}",
        "set the auto-pause interval", repeat(Repeat::Safe);
    /// Sets how many minutes after stopping the sandbox is archived.
    SET_AUTO_ARCHIVE: () => Sandbox = POST "/sandbox/{sandboxIdOrName}/autoarchive/{interval}",
        "set the auto-archive interval", repeat(Repeat::Safe);
    /// Sets how many minutes after stopping the sandbox is deleted.
    SET_AUTO_DELETE: () => Sandbox = POST "/sandbox/{sandboxIdOrName}/autodelete/{interval}",
        "set the auto-delete interval", repeat(Repeat::Safe);
    /// Sets in how many minutes the sandbox is deleted, in use or not.
    SET_TTL: () => Sandbox = POST "/sandbox/{sandboxIdOrName}/ttl/{ttlMinutes}", "set the time to live",
        repeat(Repeat::Safe);
    /// Changes the resources. Not repeated: the response to a repeated request is that
    /// nothing changes.
    RESIZE: ResizeSandbox => Sandbox = POST "/sandbox/{sandboxIdOrName}/resize", "resize the sandbox";
    /// Changes what the sandbox may connect to, while it runs.
    UPDATE_NETWORK_SETTINGS: UpdateSandboxNetworkSettings => Sandbox =
        POST "/sandbox/{sandboxIdOrName}/network-settings", "change the network settings", repeat(Repeat::Safe);
    /// Postpones the automatic stop.
    REFRESH_ACTIVITY: () => () = POST "/sandbox/{sandboxId}/last-activity", "refresh the activity", repeat(Repeat::Safe);
    /// The key with which URLs of files are signed.
    SIGNING_KEY: () => String = GET "/sandbox/{sandboxId}/signing-key", "get the signing key";
    /// Replaces the signing key. Not repeated: each request makes another key.
    ROTATE_SIGNING_KEY: () => String = POST "/sandbox/{sandboxId}/signing-key/rotate", "replace the signing key";
    /// The URL of the toolbox; services before 0.148 return it nowhere else.
    TOOLBOX_PROXY_URL: () => ToolboxProxyUrl = GET "/sandbox/{sandboxId}/toolbox-proxy-url", "find the sandbox's toolbox";
}

/// The label that holds a sandbox's language.
pub const LANGUAGE_LABEL: &str = "code-toolbox-language";

/// The languages that a sandbox can have: those of `code-run`.
pub const LANGUAGES: [&str; 3] = ["typescript", "python", "javascript"];

/// A volume mounted in a sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
pub struct VolumeMount {
    /// The volume's id, or its name in a create request.
    pub volume_id: String,
    /// Absolute path inside the sandbox.
    pub mount_path: String,
    /// Folder of the volume to mount. Default: the whole volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subpath: Option<String>,
}

/// An image to build and run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
pub struct BuildInfo {
    /// Content of the Dockerfile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dockerfile_content: Option<String>,
    /// Hashes of the uploaded build contexts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_hashes: Option<Vec<String>>,
    /// Reference of the built image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_ref: Option<String>,
    /// When the build was requested, RFC 3339; in responses only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When the build last changed, RFC 3339; in responses only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

impl BuildInfo {
    /// Returns a build that uses an image unchanged.
    #[must_use]
    pub fn from_image(image: &str) -> Self {
        Self { dockerfile_content: Some(format!("FROM {image}\n")), ..Self::default() }
    }
}

/// A sandbox, as the control plane returns it.
///
/// `env` is present in full objects and absent from the items of a cursor list;
/// clients distinguish the two by it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, js_name = "SandboxData", object_from_js = false))]
pub struct Sandbox {
    /// Unique id.
    pub id: String,
    /// The organization that owns it.
    #[serde(deserialize_with = "null_as_default")]
    pub organization_id: String,
    /// Name, unique in the organization. Default: the id.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// Name of the snapshot that it was created from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Operating-system user.
    #[serde(deserialize_with = "null_as_default")]
    pub user: String,
    /// Environment variables of every process in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, String>>,
    /// Labels.
    #[serde(deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// Whether previews need no key.
    #[serde(deserialize_with = "null_as_default")]
    pub public: bool,
    /// Whether all network access is blocked.
    #[serde(deserialize_with = "null_as_default")]
    pub network_block_all: bool,
    /// Networks that it may reach, as comma-separated CIDR blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_allow_list: Option<String>,
    /// Domains that it may reach, comma-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_allow_list: Option<String>,
    /// URL of the proxy for its connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound_proxy_url: Option<String>,
    /// URL to which its telemetry is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otel_endpoint_override: Option<String>,
    /// Region.
    #[serde(deserialize_with = "null_as_default")]
    pub target: String,
    /// CPU cores.
    #[serde(deserialize_with = "number_as_u32")]
    pub cpu: u32,
    /// GPUs.
    #[serde(deserialize_with = "number_as_u32")]
    pub gpu: u32,
    /// Kind of GPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_type: Option<String>,
    /// Whether it may be evicted when others need its machine.
    #[serde(deserialize_with = "null_as_default")]
    pub spot: bool,
    /// When it was evicted, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot_evicted_at: Option<String>,
    /// Memory in GiB.
    #[serde(deserialize_with = "number_as_u32")]
    pub memory: u32,
    /// Disk in GiB.
    #[serde(deserialize_with = "number_as_u32")]
    pub disk: u32,
    /// Current state.
    #[serde(deserialize_with = "null_as_default")]
    #[cfg_attr(
        feature = "napi",
        napi(
            ts_type = "'creating' | 'pending_build' | 'building_snapshot' | 'pulling_snapshot' | 'starting' | 'started' | 'stopping' | 'stopped' | 'archiving' | 'archived' | 'restoring' | 'resizing' | 'snapshotting' | 'forking' | 'pausing' | 'paused' | 'resuming' | 'error' | 'build_failed' | 'destroying' | 'destroyed' | 'unknown'"
        )
    )]
    pub state: SandboxState,
    /// Requested state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_state: Option<String>,
    /// Reason for an error state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_reason: Option<String>,
    /// Whether it can be recovered from its error state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recoverable: Option<bool>,
    /// State of its backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_state: Option<String>,
    /// When the last backup was made, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_created_at: Option<String>,
    /// Idle minutes after which it stops; 0 for never.
    #[serde(deserialize_with = "number_as_i64", skip_serializing_if = "Option::is_none")]
    pub auto_stop_interval: Option<i64>,
    /// Idle minutes after which it pauses; 0 for never.
    #[serde(deserialize_with = "number_as_i64", skip_serializing_if = "Option::is_none")]
    pub auto_pause_interval: Option<i64>,
    /// Minutes after stopping until it is archived; 0 for the longest interval that the service allows.
    #[serde(deserialize_with = "number_as_i64", skip_serializing_if = "Option::is_none")]
    pub auto_archive_interval: Option<i64>,
    /// Minutes after stopping until it is deleted; negative for never, 0 for immediately.
    #[serde(deserialize_with = "number_as_i64", skip_serializing_if = "Option::is_none")]
    pub auto_delete_interval: Option<i64>,
    /// When it is deleted, in use or not, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_destroy_at: Option<String>,
    /// Mounted volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<Vec<VolumeMount>>,
    /// Image build that it was created from.
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
    /// Kind of machine, e.g. `container` or `linux-vm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox_class: Option<String>,
    /// Version of its toolbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daemon_version: Option<String>,
    /// The machine it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner_id: Option<String>,
    /// Id of the sandbox that it is linked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked_sandbox_id: Option<String>,
    /// Id of the warm pool that it waits in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_pool_id: Option<String>,
    /// Whether it has a KVM device. The newest clients require this field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kvm: Option<bool>,
    /// Base URL of the toolbox, without the sandbox's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolbox_proxy_url: Option<String>,
    /// How a local sandbox is isolated: `namespaces`, `landlock` or `none`.
    /// Only the local server returns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "napi", napi(ts_type = "'namespaces' | 'landlock' | 'none'"))]
    pub isolation: Option<String>,
    /// Whether a local sandbox has a network of its own; otherwise it uses that of the
    /// machine. Only the local server returns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolated_network: Option<bool>,
    /// Limits of a local sandbox that are enforced on this machine: of `memory`, `cpu`,
    /// `processes`, and `disk` if it asked for a size. Only the local server returns them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "napi", napi(ts_type = "('memory' | 'cpu' | 'processes' | 'disk')[]"))]
    pub enforced_limits: Option<Vec<String>>,
}

/// The body of `POST /sandbox`. Absent fields are omitted, never null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateSandbox {
    /// Name. Default: the id.
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
    /// Environment variables.
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
    /// CPU cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u32>,
    /// GPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<u32>,
    /// Memory in GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u32>,
    /// Disk in GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<u32>,
    /// Idle minutes after which it stops; 0 for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_stop_interval: Option<i64>,
    /// Idle minutes after which it pauses; 0 for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_pause_interval: Option<i64>,
    /// Minutes after stopping until it is archived; 0 for the longest interval that the service allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_archive_interval: Option<i64>,
    /// Minutes after stopping until it is deleted; negative for never, 0 for immediately.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_delete_interval: Option<i64>,
    /// Minutes until it is deleted, in use or not; 0 for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_minutes: Option<i64>,
    /// Whether it may be evicted when others need its machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot: Option<bool>,
    /// Sandbox to link it to, by name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked_sandbox: Option<String>,
    /// Volumes to mount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<Vec<VolumeMount>>,
    /// Whether to block all network access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_block_all: Option<bool>,
    /// Networks that it may reach, as comma-separated CIDR blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_allow_list: Option<String>,
    /// Domains that it may reach, comma-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_allow_list: Option<String>,
    /// URL of the proxy for its connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound_proxy_url: Option<String>,
    /// URL to which its telemetry is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otel_endpoint_override: Option<String>,
}

/// The body of `POST /sandbox/{id}/resize`. What is absent is not changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResizeSandbox {
    /// CPU cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u32>,
    /// Memory in GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u32>,
    /// Disk in GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<u32>,
}

/// What a sandbox may connect to. An absent setting is not changed, but `networkBlockAll` clears
/// the lists that are not given with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_to_js = false))]
#[serde(rename_all = "camelCase")]
pub struct UpdateSandboxNetworkSettings {
    /// Whether to block all network access. `false` allows it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_block_all: Option<bool>,
    /// Networks that it may reach, as comma-separated CIDR blocks; empty for no list. A list ends
    /// a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_allow_list: Option<String>,
    /// Domains that it may reach, comma-separated, such as `example.com,*.example.org`; empty for
    /// no list. A list ends a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_allow_list: Option<String>,
}

/// The response to `GET /sandbox`; older services return a bare array.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SandboxPage {
    /// The sandboxes of this page.
    pub items: Vec<Sandbox>,
    /// Cursor of the next page; null or empty on the last page.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// The response to `GET /sandbox/paginated`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SandboxNumberedPage {
    /// The sandboxes of this page.
    pub items: Vec<Sandbox>,
    /// Number of sandboxes on all pages.
    pub total: u64,
    /// Number of this page, from 1.
    pub page: u64,
    /// Number of pages.
    pub total_pages: u64,
}

/// The request and response body of `PUT /sandbox/{id}/labels`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxLabels {
    /// The complete new set of labels.
    pub labels: BTreeMap<String, String>,
}

/// The response to `GET /sandbox/{id}/toolbox-proxy-url`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolboxProxyUrl {
    /// Base URL of the toolbox, without the sandbox's id.
    pub url: String,
}

/// Services write resources as `1` or `1.0`; newer clients accept only `1`.
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
    fn a_sandbox_with_nulls_and_missing_fields_is_deserialized() {
        let sandbox: Sandbox = serde_json::from_str(
            r#"{"id":"a","state":"started","cpu":1.0,"labels":null,"name":null,"autoStopInterval":15.0,"novel":true}"#,
        )
        .unwrap_or_default();
        assert_eq!((sandbox.id.as_str(), sandbox.cpu, sandbox.auto_stop_interval), ("a", 1, Some(15)));
        assert_eq!(sandbox.state, SandboxState::Started);
        assert_eq!(sandbox.env, None);
    }

    #[test]
    fn a_create_request_omits_unset_fields() {
        let body = serde_json::to_string(&CreateSandbox::default()).unwrap_or_default();
        assert_eq!(body, r#"{"env":{},"labels":{}}"#);
    }
}
