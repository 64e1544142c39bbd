//! Walks a tree in the order of names, links not followed.
//!
//! `ignore` and `walkdir` read folders in their own order and give paths in
//! their own spelling; clients get to see both here. What lies deeper than a
//! path can tell is left out, as the service leaves it out; there is no
//! recursion, so it costs nothing either.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::super::cause::clean_relative;
use super::Target;
use super::names::Names;

/// What is met on the way: its path as the client reads it, where it is, and
/// what it is.
pub(super) type Visit<'a> = dyn FnMut(&Path, &Path, &Metadata) -> io::Result<()> + 'a;

/// A path that grows and shrinks by names.
struct Spelling(Vec<u8>);

impl Spelling {
    fn new(path: &Path) -> Self {
        Self(path.as_os_str().as_bytes().to_vec())
    }

    fn path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// Adds a name, and returns the length without it.
    fn push(&mut self, name: &OsStr) -> usize {
        let length = self.0.len();
        if !self.0.is_empty() && !self.0.ends_with(b"/") {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(name.as_bytes());
        length
    }
}

/// A folder whose entries are being visited.
struct Folder {
    names: Names,
    /// Lengths of both paths without this folder.
    above: (usize, usize),
}

/// Calls `visit` for everything from `start` down that can be looked at: folders
/// before what is in them, a folder that may not be read not at all.
///
/// # Errors
/// Those of `visit` and `check`, which is asked at every step.
pub(super) fn walk(
    start: &Target,
    check: &dyn Fn() -> io::Result<()>,
    visit: &mut Visit<'_>,
) -> io::Result<()> {
    let Ok(metadata) = fs::symlink_metadata(&start.real) else { return Ok(()) };
    if !metadata.is_dir() {
        return visit(&start.given, &start.real, &metadata);
    }
    let Some(names) = read(&start.real, check)? else { return Ok(()) };
    visit(&start.given, &start.real, &metadata)?;
    let mut shown = Spelling::new(&base(&start.given));
    let mut real = Spelling::new(&start.real);
    let mut folders = vec![Folder { names, above: (0, 0) }];
    while let Some(folder) = folders.last_mut() {
        check()?;
        let Some(name) = folder.names.next() else {
            let (of_shown, of_real) = folder.above;
            shown.0.truncate(of_shown);
            real.0.truncate(of_real);
            folders.pop();
            continue;
        };
        let above = (shown.push(name), real.push(name));
        if let Ok(metadata) = fs::symlink_metadata(real.path()) {
            if !metadata.is_dir() {
                visit(shown.path(), real.path(), &metadata)?;
            } else if let Some(names) = read(real.path(), check)? {
                visit(shown.path(), real.path(), &metadata)?;
                folders.push(Folder { names, above });
                continue;
            }
        }
        shown.0.truncate(above.0);
        real.0.truncate(above.1);
    }
    Ok(())
}

/// The names in a folder, `None` when it may not be read.
fn read(folder: &Path, check: &dyn Fn() -> io::Result<()>) -> io::Result<Option<Names>> {
    let names = Names::read(folder, check);
    // The one error that is not about the folder.
    check()?;
    Ok(names.ok())
}

/// The starting point is shown as it was given, everything below it cleaned.
fn base(start: &Path) -> PathBuf {
    match clean_relative(start) {
        here if here == Path::new(".") => PathBuf::new(),
        folder => folder,
    }
}
