//! The limit of the sandbox's disk, for the messages of what fails because it is full.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustix::io::Errno;

const GIB: u64 = 1 << 30;

/// What the sandbox can write is on one disk, and a toolbox's process is of one sandbox.
static LIMIT: OnceLock<DiskLimit> = OnceLock::new();

/// A disk of limited size.
#[derive(Debug)]
struct DiskLimit {
    size: u64,
    home: PathBuf,
}

/// Tells the process how many bytes the disk with the home folder has.
pub fn set_limit(size: u64, home: PathBuf) {
    // It is set once, when the process starts.
    let _ignored = LIMIT.set(DiskLimit { size, home });
}

/// Explains an error of writing to a path, if the disk of the sandbox is full.
pub(super) fn explain(path: &Path, error: &io::Error) -> Option<String> {
    let is_full = Errno::from_io_error(error) == Some(Errno::NOSPC);
    // What is below /dev is in memory.
    let limit = LIMIT.get().filter(|_| is_full && !path.starts_with("/dev"))?;
    let has_inodes = rustix::fs::statvfs(&limit.home).is_ok_and(|disk| disk.f_favail > 0);
    Some(message(limit.size, has_inodes))
}

fn message(size: u64, has_inodes: bool) -> String {
    let problem = if has_inodes { "is full" } else { "has as many files as it can hold" };
    format!(
        "the disk of the sandbox {problem}; its limit is {} GiB. Delete files, or create the sandbox with more disk",
        size / GIB
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_what_there_is_too_much_of() {
        assert!(message(2 * GIB, true).starts_with("the disk of the sandbox is full; its limit is 2 GiB. "));
        assert!(message(GIB, false).contains("has as many files as it can hold"));
    }

    #[test]
    fn without_a_limit_nothing_is_explained() {
        assert_eq!(explain(Path::new("f"), &io::Error::from(Errno::NOSPC)), None);
    }
}
