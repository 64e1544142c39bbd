//! The walls around a sandbox.
