//! Sandboxes: their list, their states and what changes them.

pub(super) mod disk;
pub(super) mod filter;
pub(super) mod lifecycle;
pub(super) mod listing;
mod network_settings;
pub(super) mod quota;
pub(super) mod registry;
pub(super) mod request;
mod resize;
mod resume;
mod samples;
pub(super) mod store;
pub(super) mod telemetry;
pub(super) mod timers;
mod transition;
