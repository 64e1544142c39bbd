//! The control plane. Paths are relative to the API URL.

pub mod sandbox;
pub mod telemetry;
