//! The server's side of isolation: which kind this machine supports, what a sandbox
//! gets from the host, and starting and stopping its processes. What happens in these
//! processes is in `daytona-sandbox-init`.

pub mod cgroups;
pub mod detection;
pub mod disk;
pub mod host_ids;
mod host_trust;
pub mod host_userland;
pub mod launcher;
