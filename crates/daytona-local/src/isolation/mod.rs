//! Walls around sandboxes.
//!
//! A sandbox has its own user, mount, process, host name and IPC namespaces
//! (and a network namespace when it is to have no network). Three processes
//! make it up: a monitor that waits, the first process that reaps and watches
//! the lifeline, and the toolbox. The server starts the first as a program of
//! its own and never forks itself.

pub mod detection;
pub mod first_process;
pub mod host_ids;
pub mod host_userland;
pub mod init_plan;
pub mod launcher;
mod mounts;
mod network;
pub mod removal;
pub mod sandbox_init;
mod sandbox_root;
mod seccomp;
pub mod setup_error;
mod supervised;

pub use detection::Isolation;
