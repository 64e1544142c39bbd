//! Isolation of sandboxes.
//!
//! With namespaces, a sandbox has its own user, mount, PID, UTS, IPC and cgroup
//! namespaces, and a network namespace when its network is blocked. It consists
//! of three kinds of processes: a monitor that waits for the sandbox to end, the
//! first process (PID 1) that reaps orphans and watches the lifeline, and the
//! toolbox with the commands it runs. The server starts the monitor as a new
//! program and never forks itself.
//!
//! The *lifeline* is a pipe from the sandbox to the server. Each side notices
//! when the other closes its end, in whatever way its process ended.

pub mod detection;
pub mod first_process;
pub mod host_ids;
pub mod host_userland;
pub mod init_plan;
mod kind;
pub mod launcher;
mod mounts;
mod network;
pub mod removal;
pub mod sandbox_init;
mod sandbox_root;
mod seccomp;
pub mod setup_error;
mod supervised;

pub use kind::Isolation;
