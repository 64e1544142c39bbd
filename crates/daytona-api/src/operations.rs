//! Every operation of the service.

use crate::operation::Operation;
use crate::{control_plane, toolbox};

/// Returns every operation, grouped by resource.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    [
        control_plane::sandbox::OPERATIONS,
        toolbox::computer_use::OPERATIONS,
        control_plane::telemetry::OPERATIONS,
        control_plane::telemetry::analytics::OPERATIONS,
        toolbox::files::OPERATIONS,
        toolbox::git::OPERATIONS,
        toolbox::info::OPERATIONS,
        toolbox::interpreter::OPERATIONS,
        toolbox::lsp::OPERATIONS,
        toolbox::port::OPERATIONS,
        toolbox::process::OPERATIONS,
        toolbox::pty::OPERATIONS,
        toolbox::session::OPERATIONS,
        toolbox::system::OPERATIONS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn operations_are_unique() {
        let mut seen = HashSet::new();
        for operation in all() {
            assert!(seen.insert((&operation.method, operation.service, operation.path)), "{operation:?}");
        }
    }
}
