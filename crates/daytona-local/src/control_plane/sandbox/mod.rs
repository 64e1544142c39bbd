//! Sandboxes: their list, their states and what changes them.

pub(super) mod filter;
pub(super) mod lifecycle;
pub(super) mod listing;
pub(super) mod quota;
pub(super) mod registry;
pub(super) mod request;
pub(super) mod timers;
