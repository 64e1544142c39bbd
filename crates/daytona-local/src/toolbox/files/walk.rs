//! Walks a tree in the order of names, links not followed.
//!
//! `ignore` and `walkdir` read folders in their own order and give paths in
//! their own spelling; clients get to see both here.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::super::cause::clean_relative;
use super::Target;

/// Calls `visit` for everything from `start` down that can be looked at:
/// folders before what is in them, a folder that may not be read not at all.
pub(super) fn walk(start: &Target, visit: &mut dyn FnMut(&Target, &Metadata)) {
    if let Ok(metadata) = fs::symlink_metadata(&start.real) {
        step(start, &metadata, visit);
    }
}

fn step(target: &Target, metadata: &Metadata, visit: &mut dyn FnMut(&Target, &Metadata)) {
    if !metadata.is_dir() {
        return visit(target, metadata);
    }
    let Ok(entries) = fs::read_dir(&target.real) else { return };
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    visit(target, metadata);
    for name in names {
        let child = Target { given: below(&target.given, &name), real: target.real.join(&name) };
        if let Ok(metadata) = fs::symlink_metadata(&child.real) {
            step(&child, &metadata, visit);
        }
    }
}

/// The starting point is shown as it was given, everything below it cleaned.
fn below(folder: &Path, name: &std::ffi::OsStr) -> PathBuf {
    match clean_relative(folder) {
        here if here == Path::new(".") => PathBuf::from(name),
        folder => folder.join(name),
    }
}
