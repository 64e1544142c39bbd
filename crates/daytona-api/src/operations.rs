//! Every operation of the service.

use crate::operation::Operation;
use crate::{control_plane, toolbox};

/// The operations of each resource.
const RESOURCES: &[&[&Operation]] = &[
    control_plane::preview::OPERATIONS,
    control_plane::sandbox::OPERATIONS,
    control_plane::ssh::OPERATIONS,
    control_plane::telemetry::OPERATIONS,
    control_plane::telemetry::analytics::OPERATIONS,
    control_plane::volume::OPERATIONS,
    toolbox::computer_use::OPERATIONS,
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
];

/// Returns every operation, grouped by resource.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    RESOURCES.iter().copied().flatten().copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn operations_are_unique() {
        let mut seen = HashSet::new();
        for operation in all() {
            assert!(seen.insert((&operation.method, operation.service, operation.path)), "{operation:?}");
        }
    }

    /// How many tables of operations the files of a folder have.
    fn tables(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let tables = entries.map(|path| match path.is_dir() {
            true => tables(&path),
            false => fs::read_to_string(path).unwrap().matches("operations! { Service::").count(),
        });
        tables.sum()
    }

    #[test]
    fn no_resource_is_missing() {
        let folders = ["control_plane", "toolbox"];
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let declared: usize = folders.iter().map(|folder| tables(&source.join(folder))).sum();
        assert_eq!(declared, RESOURCES.len());
    }
}
