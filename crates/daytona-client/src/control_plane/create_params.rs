//! Options for a new sandbox, as in the SDK.

use std::collections::BTreeMap;

use daytona_api::Whole;
use daytona_api::control_plane::sandbox::{BuildInfo, CreateSandbox, LANGUAGE_LABEL, LANGUAGES, VolumeMount};

use crate::error::{Error, ErrorKind};

/// Options for a new sandbox.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_to_js = false))]
pub struct CreateSandboxParams {
    /// Name. Default: the id.
    pub name: Option<String>,
    /// Language of `codeRun`: `python`, `typescript` or `javascript`. Default: `python`.
    #[cfg_attr(feature = "napi", napi(ts_type = "'python' | 'typescript' | 'javascript'"))]
    pub language: Option<String>,
    /// Snapshot to start from, by name or id. Cannot be combined with `image`.
    pub snapshot: Option<String>,
    /// Image to start from, e.g. `node:20`. Cannot be combined with `snapshot`.
    pub image: Option<String>,
    /// CPU cores, GPUs, memory (GiB) and disk (GiB). Requires `image`.
    pub resources: Option<Resources>,
    /// Operating-system user.
    pub user: Option<String>,
    /// Environment variables of every process.
    pub env_vars: Option<BTreeMap<String, String>>,
    /// Labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Whether previews are public, that is, need no key. Default: false.
    pub public: Option<bool>,
    /// Idle minutes until it stops; 0 for never. Default of the service: 15.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub auto_stop_interval: Option<Whole<u32>>,
    /// Idle minutes until it pauses; 0 for never. Virtual machines only, and not together
    /// with `autoStopInterval`.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub auto_pause_interval: Option<Whole<u32>>,
    /// Minutes after stopping until it is archived; 0 for the longest interval
    /// that the service allows. Default of the service: 7 days.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub auto_archive_interval: Option<Whole<u32>>,
    /// Minutes after stopping until it is deleted; negative for never, 0 for
    /// immediately. Default of the service: never.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub auto_delete_interval: Option<Whole<i32>>,
    /// Whether it is deleted as soon as it stops; same as `autoDeleteInterval: 0`.
    pub ephemeral: Option<bool>,
    /// Minutes until it is deleted, in use or not; 0 for never. Default of the service: never.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub ttl_minutes: Option<Whole<u32>>,
    /// Whether it may be evicted when others need its machine. Default: false.
    pub spot: Option<bool>,
    /// Volumes to mount.
    pub volumes: Option<Vec<VolumeMount>>,
    /// Sandbox to link it to, by name or id.
    pub linked_sandbox: Option<String>,
    /// Whether to block all network access. Default: false.
    pub network_block_all: Option<bool>,
    /// Networks that it may reach, as comma-separated CIDR blocks.
    pub network_allow_list: Option<String>,
    /// Domains that it may reach, comma-separated, such as `example.com,*.example.org`.
    pub domain_allow_list: Option<String>,
    /// URL of the proxy for its connections.
    pub outbound_proxy_url: Option<String>,
    /// URL to which its telemetry is sent.
    pub otel_endpoint_override: Option<String>,
}

/// Resources of a sandbox that is created from an image.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_to_js = false))]
pub struct Resources {
    /// CPU cores.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub cpu: Option<Whole<u32>>,
    /// GPUs.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub gpu: Option<Whole<u32>>,
    /// Memory in GiB.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub memory: Option<Whole<u32>>,
    /// Disk in GiB.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub disk: Option<Whole<u32>>,
}

impl TryFrom<CreateSandboxParams> for CreateSandbox {
    type Error = Error;

    /// Fails with [`ErrorKind::InvalidArgument`] for a language that a sandbox cannot have,
    /// and for intervals that exclude each other.
    fn try_from(params: CreateSandboxParams) -> Result<Self, Error> {
        check_intervals(&params)?;
        let language = params.language.unwrap_or_else(|| "python".to_owned());
        if !LANGUAGES.contains(&language.as_str()) {
            let message =
                format!("{language:?} is not a valid language. Use one of {}", LANGUAGES.join(", "));
            return Err(Error::new(ErrorKind::InvalidArgument, "create the sandbox", message));
        }
        let resources = params.resources.unwrap_or_default();
        let mut labels = params.labels.unwrap_or_default();
        labels.insert(LANGUAGE_LABEL.to_owned(), language);
        Ok(Self {
            name: params.name,
            snapshot: params.snapshot,
            build_info: params.image.as_deref().map(BuildInfo::from_image),
            user: params.user,
            env: params.env_vars.unwrap_or_default(),
            labels,
            public: params.public,
            cpu: resources.cpu.map(|Whole(count)| count),
            gpu: resources.gpu.map(|Whole(count)| count),
            memory: resources.memory.map(|Whole(count)| count),
            disk: resources.disk.map(|Whole(count)| count),
            auto_stop_interval: params.auto_stop_interval.map(|Whole(minutes)| minutes.into()),
            auto_archive_interval: params.auto_archive_interval.map(|Whole(minutes)| minutes.into()),
            auto_delete_interval: match params.ephemeral {
                Some(true) => Some(0),
                _ => params.auto_delete_interval.map(|Whole(minutes)| minutes.into()),
            },
            network_block_all: params.network_block_all,
            network_allow_list: params.network_allow_list,
            domain_allow_list: params.domain_allow_list,
            auto_pause_interval: params.auto_pause_interval.map(|Whole(minutes)| minutes.into()),
            ttl_minutes: params.ttl_minutes.map(|Whole(minutes)| minutes.into()),
            spot: params.spot,
            volumes: params.volumes,
            linked_sandbox: params.linked_sandbox,
            outbound_proxy_url: params.outbound_proxy_url,
            otel_endpoint_override: params.otel_endpoint_override,
            ..Self::default()
        })
    }
}

fn check_intervals(params: &CreateSandboxParams) -> Result<(), Error> {
    let is_set = |minutes: Option<Whole<u32>>| minutes.is_some_and(|Whole(minutes)| minutes > 0);
    let is_ephemeral = params.ephemeral == Some(true)
        || params.auto_delete_interval.is_some_and(|Whole(minutes)| minutes == 0);
    let message = match is_set(params.auto_pause_interval) {
        true if is_set(params.auto_stop_interval) => {
            "autoStopInterval and autoPauseInterval exclude each other. Set one of them to 0"
        }
        true if is_ephemeral => "a sandbox that is deleted when it stops cannot have an autoPauseInterval",
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::InvalidArgument, "create the sandbox", message))
}
