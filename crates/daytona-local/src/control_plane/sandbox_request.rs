//! What a create request may ask for, and the sandbox that comes of it.

use std::collections::BTreeMap;

use daytona_api::sandbox::{CreateSandbox, Sandbox, SandboxState, VolumeMount};
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::ControlPlane;
use super::api_failure::ApiFailure;
use super::clock::now;
use super::lifecycle::new_id;
use crate::isolation::Isolation;

/// Minutes; the service's default and greatest value.
const AUTO_STOP: i64 = 15;
const AUTO_ARCHIVE: i64 = 7 * 24 * 60;
pub(super) const AUTO_ARCHIVE_MAXIMUM: i64 = 30 * 24 * 60;
const DEFAULT_CPU: u32 = 1;
const DEFAULT_MEMORY: u32 = 1;
const DEFAULT_DISK: u32 = 3;
/// Snapshot of sandboxes that name none.
pub(super) const DEFAULT_SNAPSHOT: &str = "local";
const DEFAULT_TARGET: &str = "local";

/// The create request with the fields that must not be dropped in silence:
/// each promises a protection or a thing that would not be there.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WholeRequest {
    #[serde(flatten)]
    asked: CreateSandbox,
    domain_allow_list: Option<String>,
    outbound_proxy_url: Option<String>,
    linked_sandbox: Option<String>,
    secrets: Vec<BTreeMap<String, String>>,
    kvm: Option<bool>,
}

/// Reads JSON, with the service's answer to what is none.
pub(super) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiFailure> {
    serde_json::from_slice(body).map_err(ApiFailure::bad_request)
}

/// The sandbox that a request asks for, in the state of being made.
pub(super) fn accept(plane: &ControlPlane, body: &[u8]) -> Result<Sandbox, ApiFailure> {
    let request: WholeRequest = if body.is_empty() { WholeRequest::default() } else { read_json(body)? };
    refuse_what_cannot_be_kept(plane, &request)?;
    let asked = request.asked;
    check_source(&asked)?;
    check_environment(&asked.env)?;
    check_volumes(asked.volumes.as_deref().unwrap_or_default())?;
    let id = new_id();
    let name = asked.name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
    check_name(&name)?;
    let (created, by_image) = (now(), asked.build_info.is_some());
    let or_default = |asked: Option<u32>, default| asked.filter(|number| *number > 0).unwrap_or(default);
    let build_info = asked.build_info.map(|mut build| {
        build.created_at = Some(created.clone());
        build.updated_at = Some(created.clone());
        build.snapshot_ref.get_or_insert_with(String::new);
        build
    });
    Ok(Sandbox {
        organization_id: plane.organization_id.clone(),
        name,
        snapshot: (!by_image).then(|| asked.snapshot.unwrap_or_else(|| DEFAULT_SNAPSHOT.to_owned())),
        user: asked.user.unwrap_or_else(|| "daytona".to_owned()),
        env: Some(asked.env),
        labels: asked.labels,
        public: asked.public.unwrap_or_default(),
        network_block_all: asked.network_block_all.unwrap_or_default(),
        target: asked.target.filter(|target| !target.is_empty()).unwrap_or_else(|| DEFAULT_TARGET.to_owned()),
        cpu: or_default(asked.cpu, DEFAULT_CPU),
        gpu: 0,
        memory: or_default(asked.memory, DEFAULT_MEMORY),
        disk: or_default(asked.disk, DEFAULT_DISK),
        state: SandboxState::Creating,
        desired_state: Some("started".to_owned()),
        recoverable: Some(false),
        backup_state: Some("None".to_owned()),
        auto_stop_interval: Some(not_negative(asked.auto_stop_interval.unwrap_or(AUTO_STOP), "Auto-stop")?),
        auto_archive_interval: Some(auto_archive(asked.auto_archive_interval.unwrap_or(AUTO_ARCHIVE))?),
        auto_delete_interval: Some(asked.auto_delete_interval.unwrap_or(-1).max(-1)),
        volumes: Some(Vec::new()),
        build_info,
        updated_at: Some(created.clone()),
        last_activity_at: Some(created.clone()),
        created_at: Some(created),
        sandbox_class: Some("container".to_owned()),
        daemon_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        runner_id: Some(plane.runner_id.clone()),
        kvm: Some(false),
        toolbox_proxy_url: Some(plane.toolbox_url()),
        isolation: Some(plane.isolation.as_str().to_owned()),
        id,
        ..Sandbox::default()
    })
}

fn check_source(asked: &CreateSandbox) -> Result<(), ApiFailure> {
    let wants_resources =
        [asked.cpu, asked.gpu, asked.memory, asked.disk].into_iter().flatten().any(|number| number > 0);
    if asked.build_info.is_some() && asked.snapshot.is_some() {
        return Err(ApiFailure::bad_request("Cannot specify a snapshot when using a build info entry"));
    }
    if asked.build_info.is_none() && wants_resources {
        return Err(ApiFailure::bad_request("Cannot specify Sandbox resources when using a snapshot"));
    }
    if asked.gpu.unwrap_or_default() > 0 {
        return Err(ApiFailure::bad_request("The local server has no GPU to give"));
    }
    Ok(())
}

/// Silence would be a promise: these are refused with the reason.
fn refuse_what_cannot_be_kept(plane: &ControlPlane, request: &WholeRequest) -> Result<(), ApiFailure> {
    let given = |list: &Option<String>| list.as_ref().is_some_and(|text| !text.is_empty());
    if given(&request.asked.network_allow_list) || given(&request.domain_allow_list) {
        return Err(ApiFailure::bad_request(
            "The local server cannot hold a sandbox to a list of networks or domains; \
             use networkBlockAll, or leave the list out",
        ));
    }
    if given(&request.outbound_proxy_url) {
        return Err(ApiFailure::bad_request("The local server cannot make a sandbox use an outbound proxy"));
    }
    if given(&request.linked_sandbox) {
        return Err(ApiFailure::bad_request("The local server cannot link sandboxes"));
    }
    if !request.secrets.is_empty() {
        return Err(ApiFailure::bad_request("The local server keeps no secrets; pass values as env"));
    }
    if request.asked.network_block_all == Some(true) && plane.isolation != Isolation::Namespaces {
        return Err(ApiFailure::bad_request(
            "networkBlockAll needs a network namespace, which this machine does not allow",
        ));
    }
    if request.kvm == Some(true) {
        return Err(ApiFailure::bad_request("The local server cannot give a sandbox a KVM device"));
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

fn check_volumes(volumes: &[VolumeMount]) -> Result<(), ApiFailure> {
    match volumes.first() {
        Some(volume) => Err(ApiFailure::new(
            StatusCode::NOT_FOUND,
            format!("Volume with name {} not found", volume.volume_id),
        )),
        None => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), ApiFailure> {
    if name.contains(['<', '>']) || name.contains("://") || name.chars().any(char::is_control) {
        return Err(ApiFailure::bad_request("name must not contain HTML tags, URLs or control characters"));
    }
    Ok(())
}

/// An interval in minutes, 0 or more.
pub(super) fn not_negative(minutes: i64, what: &str) -> Result<i64, ApiFailure> {
    if minutes < 0 {
        return Err(ApiFailure::bad_request(format!("{what} interval must be non-negative")));
    }
    Ok(minutes)
}

/// 0 stands for the greatest value, which also bounds the others.
pub(super) fn auto_archive(minutes: i64) -> Result<i64, ApiFailure> {
    match not_negative(minutes, "Auto-archive")? {
        0 => Ok(AUTO_ARCHIVE_MAXIMUM),
        minutes => Ok(minutes.min(AUTO_ARCHIVE_MAXIMUM)),
    }
}
