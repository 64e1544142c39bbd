//! Which walls this machine allows.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::host_ids::HostIds;
use super::init_plan::{Binding, HOME, InitPlan};
use super::launcher::{RunningSandbox, SocketFolder};
use super::removal::remove_tree;

/// Older kernels leave too much open: files can be cut short by anybody.
const LEAST_LANDLOCK: i64 = 3;

/// The walls in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Namespaces of its own for every sandbox.
    Namespaces,
    /// Rules on files alone: no own paths, processes and network of the host.
    Landlock,
    /// Nothing but a folder.
    None,
}

impl Isolation {
    /// The name in sandbox objects and in the start-up line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Landlock => "landlock",
            Self::None => "none",
        }
    }
}

/// Why sandboxes cannot be walled in here.
#[derive(Debug, thiserror::Error)]
pub enum DetectionError {
    /// A throw-away sandbox could not be made.
    #[error("this machine does not allow sandboxes: {reason}.\n{advice}")]
    Refused {
        /// The step and what the system answered.
        reason: String,
        /// What would help.
        advice: &'static str,
    },
    /// The check itself could not be done.
    #[error("cannot check what this machine allows: {0}")]
    Check(#[from] io::Error),
}

/// The best walls to be had.
///
/// # Errors
/// With the reason why there are none, and the one command that would help.
pub async fn best(program: &Path, folder: &Path) -> Result<Isolation, DetectionError> {
    match check(Isolation::Namespaces, program, folder).await {
        Err(DetectionError::Refused { reason, advice }) => {
            check(Isolation::Landlock, program, folder).await.map_err(|error| match error {
                DetectionError::Refused { reason: landlock, .. } => DetectionError::Refused {
                    reason: format!("namespaces: {reason}; landlock: {landlock}"),
                    advice,
                },
                other => other,
            })
        }
        checked => checked,
    }
}

/// Makes a throw-away sandbox below `folder`: asking alone proves nothing.
///
/// # Errors
/// With the reason and the one command that would help.
pub async fn check(wanted: Isolation, program: &Path, folder: &Path) -> Result<Isolation, DetectionError> {
    if wanted == Isolation::Landlock {
        check_landlock_version()?;
        // Sandboxes are other users then, who must get to their folders.
        fs::set_permissions(folder, Permissions::from_mode(0o711))?;
    }
    let trial = folder.join("trial");
    fs::create_dir_all(&trial)?;
    let host_id = HostIds::of_this_machine().next();
    std::os::unix::fs::chown(&trial, host_id, host_id)?;
    let listener = SocketFolder::open(folder)?.listen("trial.socket")?;
    let walled = wanted == Isolation::Namespaces;
    let plan = InitPlan {
        isolation: wanted,
        home: trial.join(HOME.trim_start_matches('/')),
        program: program.to_owned(),
        folder: trial.clone(),
        host_id,
        hostname: "trial".to_owned(),
        block_network: walled,
        bindings: vec![Binding { source: "/usr".into(), target: "/usr".into() }],
        links: Vec::new(),
        resolv_conf: String::new(),
        env: Vec::new(),
        check_only: true,
    };
    let started = RunningSandbox::start(program, &plan, listener).await;
    let outcome = match started {
        Ok(sandbox) => {
            sandbox.stop().await;
            Ok(wanted)
        }
        Err(error) => Err(refusal(error.to_string())),
    };
    remove_tree(&trial)?;
    remove_tree(&folder.join("trial.socket"))?;
    outcome
}

fn check_landlock_version() -> Result<(), DetectionError> {
    const VERSION: libc::c_uint = 1;
    // SAFETY: with a null ruleset and this flag the call only answers its version.
    let version = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0_usize, VERSION)
    };
    match version {
        -1 => Err(refusal(format!("this kernel has no Landlock ({})", io::Error::last_os_error()))),
        version if version < LEAST_LANDLOCK => {
            Err(refusal(format!("Landlock of version {version} is too old, {LEAST_LANDLOCK} is needed")))
        }
        _ => Ok(()),
    }
}

fn refusal(reason: String) -> DetectionError {
    DetectionError::Refused { advice: advice(&reason), reason }
}

fn advice(reason: &str) -> &'static str {
    let setting = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    if setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
        return "Allow it with: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
    }
    if setting("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
        return "Allow it with: sudo sysctl -w kernel.unprivileged_userns_clone=1";
    }
    if setting("/proc/sys/user/max_user_namespaces") == "0" {
        return "Allow it with: sudo sysctl -w user.max_user_namespaces=10000";
    }
    if reason.contains("os error 38") {
        return "Linux 5.12 or later is needed.";
    }
    "In a container, start it with: docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
}
