//! A local Daytona server.
//!
//! It has the structure of the service: a control plane that manages sandboxes,
//! and a toolbox inside each sandbox that runs its commands and accesses its
//! files.

pub mod channel;
pub mod control_plane;
mod forwarding;
pub mod isolation;
pub mod program;
mod request_body;
pub mod response;
mod search_path;
pub mod toolbox;
