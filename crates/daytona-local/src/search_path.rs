//! Programs in the folders of a search path, such as `PATH`.

use std::env;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Returns the first program of a name.
pub(crate) fn find(path: &OsStr, name: &str) -> Option<PathBuf> {
    all(path, name).next()
}

/// Returns all programs of a name, in the order of the folders.
pub(crate) fn all(path: &OsStr, name: &str) -> impl Iterator<Item = PathBuf> {
    env::split_paths(path).map(move |folder| folder.join(name)).filter(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn the_first_file_that_can_be_executed_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let folders = ["folder", "text", "one", "two"].map(|name| folder.path().join(name));
        fs::create_dir_all(folders[0].join("tool")).unwrap();
        for (folder, mode) in folders[1..].iter().zip([0o644, 0o755, 0o711]) {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("tool"), "").unwrap();
            fs::set_permissions(folder.join("tool"), Permissions::from_mode(mode)).unwrap();
        }
        let path = env::join_paths(&folders).unwrap();
        assert_eq!(find(&path, "tool"), Some(folders[2].join("tool")));
        assert_eq!(all(&path, "tool").count(), 2);
        assert_eq!(find(&path, "missing"), None);
    }
}
