//! Capabilities of the first process.

use std::io;

use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

/// Gives up all capabilities of this process. Executing a program as an ordinary
/// user has the same effect, but the first process executes none.
pub(crate) fn drop_all() -> io::Result<()> {
    let none = CapabilitySet::empty();
    Ok(set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?)
}
