//! A local Daytona.
//!
//! Built as the service is: a control plane that keeps the sandboxes, and
//! inside every sandbox a toolbox that sees what the sandbox sees.

pub mod answer;
pub mod control_plane;
pub mod isolation;
pub mod program;
pub mod toolbox;
