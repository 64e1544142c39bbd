//! The control plane: creating, finding and managing sandboxes.

pub(crate) mod create;
pub(crate) mod create_params;
pub(crate) mod daytona;
mod lifetime;
pub(crate) mod list;
mod preview;
mod resize;
pub(crate) mod sandbox;
mod signed_url;
mod signing_key;
mod ssh;
mod telemetry;
mod volume;
mod wait;
