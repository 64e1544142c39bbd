//! Instructions from the server to the guard.

use std::path::PathBuf;

use rustix::process::{Resource, getrlimit};
use serde::{Deserialize, Serialize};

use super::folder::SandboxFolder;
use super::isolation::Isolation;

/// Home and working directory in every sandbox.
pub const HOME: &str = "/home/daytona";
/// User name inside a sandbox.
pub const USER: &str = "daytona";
/// User and group id inside a sandbox; never 0, which would have
/// rights that weaken the isolation.
pub const USER_ID: u32 = 1000;
/// Folder of links to this program, which stand in for commands that the host may
/// lack. Last on the PATH.
pub const COMMANDS: &str = "/run/daytona/bin";
/// Folder of commands that come before those of the system folders on the PATH.
pub const FIRST_COMMANDS: &str = "/run/daytona/first";
/// Path of this program inside a sandbox, on a read-only mount.
pub const PROGRAM: &str = "/run/daytona/daytona-local";

/// A host path and its read-only mount point in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Path on the host.
    pub source: PathBuf,
    /// Absolute path inside the sandbox.
    pub target: PathBuf,
    /// Whether the sandbox has the host's own file, and so sees what changes on the host.
    /// Otherwise it cannot lock or watch what programs of the host use.
    pub live: bool,
}

/// A folder of the host that several sandboxes can write, and its mount point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeBinding {
    /// Path of the volume on the host.
    pub source: PathBuf,
    /// Folder in the volume to mount; empty for all of it.
    pub subpath: PathBuf,
    /// Absolute path inside the sandbox.
    pub target: PathBuf,
}

/// A symbolic link to create in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Absolute path of the link.
    pub path: PathBuf,
    /// Target of the link.
    pub target: PathBuf,
}

/// The network of a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetworkPlan {
    /// The network of the host.
    Host,
    /// Only a loopback interface of its own.
    Loopback,
    /// A network of its own, with a device whose descriptors the server gets.
    Own {
        /// Whether it has an IPv6 address.
        ipv6: bool,
    },
}

/// Limits of open files of a process: those that the server was started with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenFiles {
    /// Number of descriptors; `None` for no limit.
    pub soft: Option<u64>,
    /// What a process can raise the soft limit to.
    pub hard: Option<u64>,
}

impl OpenFiles {
    /// The limits of this process.
    #[must_use]
    pub fn current() -> Self {
        let limit = getrlimit(Resource::Nofile);
        Self { soft: limit.current, hard: limit.maximum }
    }
}

/// Everything the guard needs. It is passed in an unnamed file, because
/// other processes may read the arguments and the environment of a process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InitPlan {
    /// The isolation to set up.
    pub isolation: Isolation,
    /// Host folder of the sandbox's files.
    pub folder: SandboxFolder,
    /// Home and working directory, as the toolbox sees the path.
    pub home: PathBuf,
    /// Host path of this program.
    pub program: PathBuf,
    /// Host user id to switch to first; requires root.
    pub host_id: Option<u32>,
    /// Host name inside the sandbox.
    pub hostname: String,
    /// Its network.
    pub network: NetworkPlan,
    /// Host files and folders to mount.
    pub bindings: Vec<Binding>,
    /// Volumes to mount; with namespaces only.
    pub volumes: Vec<VolumeBinding>,
    /// Symbolic links to create.
    pub links: Vec<Link>,
    /// Files to write, with their contents.
    pub files: Vec<(PathBuf, String)>,
    /// Complete environment of commands.
    pub env: Vec<(String, String)>,
    /// Limits of open files.
    pub open_files: OpenFiles,
    /// Files through which the sandbox's processes join its control groups.
    pub cgroups: Vec<PathBuf>,
    /// File with the number of processes that were killed because memory was used up.
    pub memory_events: Option<PathBuf>,
    /// File with the kinds of memory that the sandbox uses.
    pub memory_stat: Option<PathBuf>,
    /// Number of processors that the sandbox may use.
    pub cpu: u32,
    /// Bytes of memory that the sandbox may use.
    pub memory: u64,
    /// Bytes of the disk on which the sandbox's files are. `None` when they are in the
    /// folder, without a limit.
    pub disk: Option<u64>,
    /// Exit instead of starting the toolbox: used to check what this machine
    /// supports.
    pub check_only: bool,
}

impl InitPlan {
    /// Arguments that tell the toolbox what it cannot find out itself.
    pub(crate) fn toolbox_arguments(&self) -> Vec<String> {
        let (cpu, memory) = (self.cpu.to_string(), self.memory.to_string());
        let mut arguments = vec!["--cpu".to_owned(), cpu, "--memory".to_owned(), memory];
        if let Some(disk) = self.disk {
            arguments.extend(["--disk".to_owned(), disk.to_string()]);
        }
        if self.network == NetworkPlan::Host {
            arguments.push("--shares-network".to_owned());
        }
        arguments
    }
}
