//! Validates create requests and makes sandboxes from them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use daytona_api::control_plane::sandbox::{CreateSandbox, Sandbox, SandboxState};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::network_settings;
use crate::control_plane::ControlPlane;
use crate::control_plane::api_failure::ApiFailure;
use crate::control_plane::clock::now;
use crate::control_plane::id::new_id;

/// Minutes; defaults and maximum of the service.
const AUTO_STOP: i64 = 15;
const AUTO_ARCHIVE: i64 = 7 * 24 * 60;
pub(in crate::control_plane) const AUTO_ARCHIVE_MAXIMUM: i64 = 30 * 24 * 60;
const DEFAULT_CPU: u32 = 1;
const DEFAULT_MEMORY: u32 = 1;
const DEFAULT_DISK: u32 = 3;
/// Snapshot of sandboxes created without one.
pub(in crate::control_plane) const DEFAULT_SNAPSHOT: &str = "local";
const DEFAULT_TARGET: &str = "local";

/// The create request with the fields that must not be ignored, because the
/// client relies on a protection or a feature that would be missing.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct CreateRequest {
    #[serde(flatten)]
    sandbox: CreateSandbox,
    secrets: Vec<BTreeMap<String, String>>,
    kvm: Option<bool>,
}

/// Parses JSON; fails with the service's response to invalid JSON.
pub(in crate::control_plane) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiFailure> {
    serde_json::from_slice(body).map_err(ApiFailure::bad_request)
}

/// Validates a create request and returns its sandbox in the state `creating`.
pub(in crate::control_plane) async fn accept(
    plane: &Arc<ControlPlane>,
    body: &[u8],
) -> Result<Sandbox, ApiFailure> {
    let request: CreateRequest = if body.is_empty() { CreateRequest::default() } else { read_json(body)? };
    reject_unsupported(&request)?;
    let wanted = request.sandbox;
    check_source(&wanted)?;
    check_environment(&wanted.env)?;
    let volumes = wanted.volumes.unwrap_or_default();
    plane.check_volumes_are_possible(&volumes)?;
    let volumes = plane.volumes.resolve(volumes)?;
    let id = new_id();
    let name = wanted.name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
    check_name(&name)?;
    let (created, by_image) = (now(), wanted.build_info.is_some());
    let or_default = |number: Option<u32>, default| number.filter(|number| *number > 0).unwrap_or(default);
    let has_disk = plane.limits_disk(wanted.disk).await?;
    let build_info = wanted.build_info.map(|mut build| {
        build.created_at = Some(created.clone());
        build.updated_at = Some(created.clone());
        build.snapshot_ref.get_or_insert_with(String::new);
        build
    });
    let sandbox = Sandbox {
        organization_id: plane.organization_id.clone(),
        name,
        snapshot: (!by_image).then(|| wanted.snapshot.unwrap_or_else(|| DEFAULT_SNAPSHOT.to_owned())),
        user: wanted.user.unwrap_or_else(|| "daytona".to_owned()),
        env: Some(wanted.env),
        labels: wanted.labels,
        public: wanted.public.unwrap_or_default(),
        network_block_all: wanted.network_block_all.unwrap_or_default(),
        target: wanted
            .target
            .filter(|target| !target.is_empty())
            .unwrap_or_else(|| DEFAULT_TARGET.to_owned()),
        cpu: or_default(wanted.cpu, DEFAULT_CPU),
        gpu: 0,
        memory: or_default(wanted.memory, DEFAULT_MEMORY),
        disk: or_default(wanted.disk, DEFAULT_DISK),
        state: SandboxState::Creating,
        desired_state: Some("started".to_owned()),
        recoverable: Some(false),
        backup_state: Some("None".to_owned()),
        auto_stop_interval: Some(not_negative(wanted.auto_stop_interval.unwrap_or(AUTO_STOP), "Auto-stop")?),
        auto_archive_interval: Some(auto_archive(wanted.auto_archive_interval.unwrap_or(AUTO_ARCHIVE))?),
        auto_pause_interval: Some(0),
        auto_destroy_at: destroy_at(wanted.ttl_minutes.unwrap_or_default())?,
        spot: wanted.spot.unwrap_or_default(),
        auto_delete_interval: Some(wanted.auto_delete_interval.unwrap_or(-1).max(-1)),
        volumes: Some(volumes),
        build_info,
        updated_at: Some(created.clone()),
        last_activity_at: Some(created.clone()),
        created_at: Some(created),
        sandbox_class: Some("container".to_owned()),
        daemon_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        runner_id: Some(plane.runner_id.clone()),
        kvm: Some(false),
        toolbox_proxy_url: Some(plane.toolbox_url()),
        network_allow_list: wanted.network_allow_list.filter(|list| !list.is_empty()),
        domain_allow_list: wanted.domain_allow_list.filter(|list| !list.is_empty()),
        isolated_network: Some(plane.has_own_networks()),
        isolation: Some(plane.isolation.as_str().to_owned()),
        enforced_limits: Some(plane.enforced_limits(has_disk)),
        id,
        ..Sandbox::default()
    };
    network_settings::policy(plane, &sandbox).map_err(ApiFailure::bad_request)?;
    Ok(sandbox)
}

fn check_source(wanted: &CreateSandbox) -> Result<(), ApiFailure> {
    let wants_resources =
        [wanted.cpu, wanted.gpu, wanted.memory, wanted.disk].into_iter().flatten().any(|number| number > 0);
    if wanted.build_info.is_some() && wanted.snapshot.is_some() {
        return Err(ApiFailure::bad_request("Cannot specify a snapshot when using a build info entry"));
    }
    if wanted.build_info.is_none() && wants_resources {
        return Err(ApiFailure::bad_request("Cannot specify Sandbox resources when using a snapshot"));
    }
    if wanted.gpu.unwrap_or_default() > 0 {
        return Err(ApiFailure::bad_request("The local server does not support GPUs"));
    }
    Ok(())
}

/// Rejects options that would otherwise be ignored.
fn reject_unsupported(request: &CreateRequest) -> Result<(), ApiFailure> {
    let given = |list: &Option<String>| list.as_ref().is_some_and(|text| !text.is_empty());
    let sandbox = &request.sandbox;
    if given(&sandbox.outbound_proxy_url) {
        return Err(ApiFailure::bad_request("The local server does not support outbound proxies"));
    }
    if given(&sandbox.otel_endpoint_override) {
        return Err(ApiFailure::bad_request("The local server does not send telemetry"));
    }
    if given(&sandbox.linked_sandbox) {
        return Err(ApiFailure::bad_request("The local server does not support linked sandboxes"));
    }
    if sandbox.auto_pause_interval.is_some_and(|minutes| minutes != 0) {
        return Err(ApiFailure::bad_request("The local server cannot pause sandboxes; use autoStopInterval"));
    }
    if !request.secrets.is_empty() {
        return Err(ApiFailure::bad_request(
            "The local server does not support secrets; pass the values as env",
        ));
    }
    if request.kvm == Some(true) {
        return Err(ApiFailure::bad_request("The local server does not support KVM devices"));
    }
    Ok(())
}

fn check_environment(env: &BTreeMap<String, String>) -> Result<(), ApiFailure> {
    match env
        .iter()
        .find(|(name, value)| name.is_empty() || name.contains(['=', '\0']) || value.contains('\0'))
    {
        Some((name, _)) => Err(ApiFailure::bad_request(format!("Invalid environment variable: {name}"))),
        None => Ok(()),
    }
}

/// Checks the name of a sandbox or a volume.
pub(in crate::control_plane) fn check_name(name: &str) -> Result<(), ApiFailure> {
    if name.contains(['<', '>']) || name.contains("://") || name.chars().any(char::is_control) {
        return Err(ApiFailure::bad_request("name must not contain HTML tags, URLs or control characters"));
    }
    Ok(())
}

/// Checks that an interval in minutes is not negative.
pub(in crate::control_plane) fn not_negative(minutes: i64, what: &str) -> Result<i64, ApiFailure> {
    if minutes < 0 {
        return Err(ApiFailure::bad_request(format!("{what} interval must be non-negative")));
    }
    Ok(minutes)
}

/// Checks an auto-archive interval in minutes. 0 means the maximum, to which
/// greater values are reduced.
pub(in crate::control_plane) fn auto_archive(minutes: i64) -> Result<i64, ApiFailure> {
    match not_negative(minutes, "Auto-archive")? {
        0 => Ok(AUTO_ARCHIVE_MAXIMUM),
        minutes => Ok(minutes.min(AUTO_ARCHIVE_MAXIMUM)),
    }
}

/// Returns when a sandbox with so many minutes to live is deleted; 0 means never.
pub(in crate::control_plane) fn destroy_at(minutes: i64) -> Result<Option<String>, ApiFailure> {
    if minutes < 0 {
        return Err(ApiFailure::bad_request("The time to live must be non-negative"));
    }
    let seconds = u64::try_from(minutes).unwrap_or_default().saturating_mul(60);
    let end = || Timestamp::now().checked_add(Duration::from_secs(seconds)).ok();
    match minutes {
        0 => Ok(None),
        // A time that no calendar has does not come.
        _ => Ok(end().map(|end| format!("{end:.3}"))),
    }
}
