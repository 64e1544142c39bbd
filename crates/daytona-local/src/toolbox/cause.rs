//! The words of a failed system call, and paths as they are written in them.

use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::disk;

/// A system call that failed on a path: `open d: is a directory`.
#[derive(Debug)]
pub(super) struct PathError {
    operation: &'static str,
    path: PathBuf,
    pub(super) error: io::Error,
}

impl PathError {
    pub(super) fn new(operation: &'static str, path: &Path, error: io::Error) -> Self {
        Self { operation, path: path.to_owned(), error }
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.operation, self.path.display(), cause_at(&self.path, &self.error))
    }
}

/// What the system said, as clients know it: `permission denied`, without the
/// number that Rust puts behind it.
pub(super) fn cause(error: &io::Error) -> String {
    if error.raw_os_error().is_none() {
        // What the standard library refuses itself, a NUL in a path, is what
        // the system calls an invalid argument.
        return match error.kind() {
            io::ErrorKind::InvalidInput => "invalid argument".to_owned(),
            _ => error.to_string(),
        };
    }
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or_default();
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// What the system said about writing to a path, and the limit that was reached.
pub(super) fn cause_at(path: &Path, error: &io::Error) -> String {
    let cause = cause(error);
    match disk::explain(path, error) {
        Some(explanation) => format!("{cause}: {explanation}"),
        None => cause,
    }
}

/// The cause of a failure to write a file of the toolbox itself, with the limit that was reached.
pub(super) fn own_cause(error: &io::Error) -> String {
    cause_at(Path::new("."), error)
}

/// Drops what a path says twice (`.`, `a/..`, doubled and last slashes) by its
/// text alone; it stays relative if it was. Nothing left is `.`.
pub(super) fn clean_relative(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match clean.components().next_back() {
                Some(Component::Normal(_)) => {
                    clean.pop();
                }
                Some(Component::RootDir) => {}
                _ => clean.push(".."),
            },
            other => clean.push(other),
        }
    }
    if clean.as_os_str().is_empty() { PathBuf::from(".") } else { clean }
}

/// Makes a path absolute and drops `.`, `..` and doubled slashes, by the text
/// alone. Shells refuse to believe a `PWD` that has them.
pub(super) fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::ParentDir => {
                clean.pop();
            }
            _ => {}
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_dropped() {
        assert_eq!(cause(&io::Error::from_raw_os_error(13)), "permission denied");
        let refused = std::fs::File::open("a\0b").unwrap_err();
        assert_eq!(cause(&refused), "invalid argument");
    }

    #[test]
    fn a_path_is_cleaned_by_its_text() {
        for (path, clean) in [
            ("", "."),
            ("./d/", "d"),
            ("/x/../d//e", "/d/e"),
            ("../../a", "../../a"),
            ("/..", "/"),
            ("a/..", "."),
            ("a/../..", ".."),
        ] {
            assert_eq!(clean_relative(Path::new(path)), PathBuf::from(clean), "{path}");
        }
    }
}
