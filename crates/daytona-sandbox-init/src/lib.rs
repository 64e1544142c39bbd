//! The trusted part of the isolation of sandboxes.
//!
//! With namespaces, a sandbox has its own user, mount, PID, UTS, IPC and cgroup
//! namespaces, and a network namespace unless it uses the network of the host. It
//! consists of three kinds of processes:
//!
//! - the *guard*, which sets up the namespaces. It is outside the sandbox's PID
//!   namespace, so that no process of the sandbox can send it a signal or trace it.
//!   It ends the sandbox when the server's end of the lifeline closes;
//! - the first process (PID 1), a copy of the guard's process inside the namespaces,
//!   which reaps orphans. It executes no program, so that nothing in the sandbox's
//!   file tree or environment is loaded into it;
//! - the toolbox and the commands that it runs.
//!
//! The *lifeline* is the guard's standard output, a socket. The server notices when the guard
//! closes it, and the guard when the server does, in whatever way either ended.
//!
//! Nothing here starts a thread or an asynchronous runtime: processes are forked.

mod capabilities;
mod cgroup;
mod disk;
mod first_process;
mod folder;
mod guard;
mod host_files;
mod init;
mod isolation;
mod limits;
mod mounts;
mod network;
mod plan;
mod process_stat;
mod removal;
mod root;
mod seccomp;
mod setup_error;
mod standard_streams;
mod supervised;
mod tree_walk;
mod volumes;

pub use disk::{BLOCK_SIZE, lock_image};
pub use folder::SandboxFolder;
pub use init::run;
pub use isolation::Isolation;
pub use plan::{
    Binding, COMMANDS, FIRST_COMMANDS, HOME, InitPlan, Link, NetworkPlan, OpenFiles, PROGRAM, USER, USER_ID,
    VolumeBinding,
};
pub use process_stat::ProcessStat;
pub use removal::remove_tree;
pub use setup_error::SetupError;
pub use tree_walk::TreeWalk;
