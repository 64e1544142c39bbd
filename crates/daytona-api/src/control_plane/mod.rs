//! The control plane. Paths are relative to the API URL.

pub mod sandbox;
mod sandbox_state;
pub mod telemetry;
