//! Detects which kind of isolation this machine supports.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Stdio;

use daytona_sandbox_init::{Binding, HOME, InitPlan, Isolation, NetworkPlan, OpenFiles, SandboxFolder};
use daytona_sandbox_network::{Policy, host_has_ipv6};

use super::cgroups::GIB;
use super::disk;
use super::host_ids::HostIds;
use super::launcher::{LaunchError, RunningSandbox};

/// Earlier versions do not restrict truncation: any file could be truncated.
const MINIMUM_LANDLOCK_VERSION: i64 = 3;

/// Why sandboxes cannot be isolated on this machine.
#[derive(Debug, thiserror::Error)]
pub enum DetectionError {
    /// A trial sandbox could not be started.
    #[error("cannot isolate sandboxes on this machine: {reason}.\n{advice}")]
    Unsupported {
        /// The failed step and the system's error.
        reason: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// The check itself failed.
    #[error("cannot check which isolation this machine supports: {0}")]
    Check(#[from] io::Error),
}

/// Checks one kind of isolation by starting a trial sandbox below `folder`:
/// kernel settings alone do not show whether it works.
///
/// # Errors
/// When the trial fails; the error has the reason and the command that helps.
pub async fn ensure_supported(
    wanted: Isolation,
    program: &Path,
    folder: &Path,
) -> Result<Isolation, DetectionError> {
    let network = if wanted == Isolation::Namespaces { NetworkPlan::Loopback } else { NetworkPlan::Host };
    try_sandbox(wanted, network, program, folder).await
}

/// Returns the network that sandboxes can have: their own, or else the host's.
pub async fn network(isolation: Isolation, program: &Path, folder: &Path) -> NetworkPlan {
    if isolation != Isolation::Namespaces {
        return NetworkPlan::Host;
    }
    let own = NetworkPlan::Own { ipv6: host_has_ipv6() };
    match try_sandbox(isolation, own, program, folder).await {
        Ok(_) => own,
        Err(error) => {
            let reason = match error {
                DetectionError::Unsupported { reason, .. } => reason,
                DetectionError::Check(error) => error.to_string(),
            };
            tracing::warn!("sandboxes use the network of this machine: {reason}");
            NetworkPlan::Host
        }
    }
}

/// Whether the disks of sandboxes can be limited: for root and with namespaces, where a
/// trial sandbox with such a disk starts below `folder`.
pub async fn limits_disks(isolation: Isolation, program: &Path, folder: &Path) -> bool {
    let host_id = HostIds::detect().next(|_| false);
    let Some(host_id) = host_id.filter(|_| isolation == Isolation::Namespaces) else { return false };
    let tried = try_disk(isolation, program, folder, host_id).await;
    tried.inspect_err(|reason| tracing::warn!("the disks of sandboxes are not limited: {reason}")).is_ok()
}

async fn try_disk(isolation: Isolation, program: &Path, folder: &Path, host_id: u32) -> Result<(), String> {
    let trial = SandboxFolder::new(folder.join("trial-disk"));
    let remove = || trial.remove().map_err(|error| error.to_string());
    // What a server left that was killed meanwhile.
    remove()?;
    let tried = match disk::prepare(&trial, GIB).await {
        Ok(()) => {
            let (network, host_id) = (NetworkPlan::Loopback, Some(host_id));
            let started = start_trial(isolation, network, program, trial.clone(), host_id, Some(GIB)).await;
            started.map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    remove().and(tried)
}

async fn try_sandbox(
    wanted: Isolation,
    network: NetworkPlan,
    program: &Path,
    folder: &Path,
) -> Result<Isolation, DetectionError> {
    if wanted == Isolation::Landlock {
        check_landlock_version()?;
    }
    let trial = SandboxFolder::new(folder.join("trial"));
    let host_id = HostIds::detect().next(|_| false);
    trial.prepare(wanted, host_id)?;
    let started = start_trial(wanted, network, program, trial.clone(), host_id, None).await;
    trial.remove()?;
    started.map(|()| wanted).map_err(|error| unsupported(error.to_string()))
}

/// Starts and stops a sandbox without a toolbox.
async fn start_trial(
    isolation: Isolation,
    network: NetworkPlan,
    program: &Path,
    folder: SandboxFolder,
    host_id: Option<u32>,
    disk: Option<u64>,
) -> Result<(), LaunchError> {
    let has_namespaces = isolation == Isolation::Namespaces;
    let plan = InitPlan {
        isolation,
        home: if has_namespaces { HOME.into() } else { folder.home() },
        program: program.to_owned(),
        folder,
        host_id,
        hostname: "trial".to_owned(),
        network,
        bindings: vec![Binding { source: "/usr".into(), target: "/usr".into(), live: false }],
        volumes: Vec::new(),
        links: Vec::new(),
        files: Vec::new(),
        env: Vec::new(),
        open_files: OpenFiles::current(),
        cgroups: Vec::new(),
        memory_events: None,
        memory_stat: None,
        cpu: 1,
        memory: 0,
        disk,
        check_only: true,
    };
    RunningSandbox::start(program, &plan, Stdio::null(), Policy::default()).await?.stop().await;
    Ok(())
}

fn check_landlock_version() -> Result<(), DetectionError> {
    const VERSION: libc::c_uint = 1;
    // SAFETY: with a null ruleset and this flag, the call only returns the
    // supported version.
    let version = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0_usize, VERSION)
    };
    match version {
        -1 => Err(unsupported(format!("this kernel has no Landlock ({})", io::Error::last_os_error()))),
        version if version < MINIMUM_LANDLOCK_VERSION => Err(unsupported(format!(
            "Landlock version {version} is too old; version {MINIMUM_LANDLOCK_VERSION} or later is required"
        ))),
        _ => Ok(()),
    }
}

fn unsupported(reason: String) -> DetectionError {
    DetectionError::Unsupported { advice: advice(&reason), reason }
}

fn advice(reason: &str) -> &'static str {
    let setting = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    if setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
        return "Enable user namespaces with: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
    }
    if setting("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
        return "Enable user namespaces with: sudo sysctl -w kernel.unprivileged_userns_clone=1";
    }
    if setting("/proc/sys/user/max_user_namespaces") == "0" {
        return "Enable user namespaces with: sudo sysctl -w user.max_user_namespaces=10000";
    }
    if reason.contains("os error 38") {
        return "Linux 5.12 or later is required.";
    }
    "In a container, start it with: docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
}
