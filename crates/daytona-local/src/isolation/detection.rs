//! Which walls this machine allows.

use std::fs;
use std::io;
use std::path::Path;

use super::host_ids::HostIds;
use super::init_plan::{Binding, InitPlan};
use super::launcher::{LaunchError, RunningSandbox, SocketFolder};
use super::removal::remove_tree;

/// The walls in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isolation {
    /// Namespaces of its own for every sandbox.
    Namespaces,
}

impl Isolation {
    /// The name in sandbox objects and in the start-up line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
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

/// Makes a throw-away sandbox below `folder`: unsharing alone proves nothing.
///
/// # Errors
/// With the reason and the one command that would help.
pub async fn detect(program: &Path, folder: &Path) -> Result<Isolation, DetectionError> {
    let trial = folder.join("trial");
    fs::create_dir_all(&trial)?;
    let host_id = HostIds::of_this_machine().next();
    std::os::unix::fs::chown(&trial, host_id, host_id)?;
    let listener = SocketFolder::open(folder)?.listen("trial.socket")?;
    let plan = InitPlan {
        folder: trial.clone(),
        host_id,
        hostname: "trial".to_owned(),
        block_network: true,
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
            Ok(Isolation::Namespaces)
        }
        Err(error) => Err(refusal(&error)),
    };
    remove_tree(&trial)?;
    remove_tree(&folder.join("trial.socket"))?;
    outcome
}

fn refusal(error: &LaunchError) -> DetectionError {
    DetectionError::Refused { reason: error.to_string(), advice: advice(&error.to_string()) }
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
