//! The control plane. Paths are relative to the API URL.

pub mod preview;
pub mod sandbox;
mod sandbox_state;
pub mod ssh;
pub mod telemetry;
pub mod volume;
