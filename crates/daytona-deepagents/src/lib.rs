//! The agent's view of a sandbox.
