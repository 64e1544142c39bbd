//! What the server asks a sandbox's first program to build.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::detection::Isolation;

/// The home and work folder of every sandbox.
pub const HOME: &str = "/home/daytona";
/// User name inside a sandbox.
pub const USER: &str = "daytona";
/// User and group id inside a sandbox; never 0, which could undo the walls.
pub const USER_ID: u32 = 1000;
/// Folder of the server's own files inside a sandbox; not on any disk.
pub const OWN_FOLDER: &str = "/run/daytona";
/// The program as a sandbox sees it: from a read-only mount.
pub const PROGRAM: &str = "/run/daytona/daytona-local";

/// A host path and where it appears in the sandbox, read-only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Path on the host.
    pub source: PathBuf,
    /// Absolute path inside the sandbox.
    pub target: PathBuf,
}

/// A symbolic link to make in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Absolute path of the link.
    pub path: PathBuf,
    /// What it points at.
    pub target: PathBuf,
}

/// Everything `sandbox-init` needs; it travels in an unnamed file, because the
/// arguments and the environment of a process can be read by others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InitPlan {
    /// The walls to put up.
    pub isolation: Isolation,
    /// The folder that becomes the sandbox's root, or stands for it.
    pub folder: PathBuf,
    /// The home and work folder, as the toolbox sees it.
    pub home: PathBuf,
    /// This program.
    pub program: PathBuf,
    /// Host user to become first; only root can.
    pub host_id: Option<u32>,
    /// Name of the machine inside.
    pub hostname: String,
    /// Whether the sandbox gets a network of its own with loopback only.
    pub block_network: bool,
    /// Host files and folders to show.
    pub bindings: Vec<Binding>,
    /// Links to make.
    pub links: Vec<Link>,
    /// Text of `/etc/resolv.conf`.
    pub resolv_conf: String,
    /// Environment of the toolbox, whole.
    pub env: Vec<(String, String)>,
    /// Stop before the toolbox: used to find out what the machine allows.
    pub check_only: bool,
}
