//! The registry of sandboxes and the proxy to their toolboxes.
