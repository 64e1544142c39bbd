//! The folder of a server's files, and those that earlier servers left behind.

use std::fs::{DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use daytona_sandbox_init::remove_tree;
use rustix::fs::{FlockOperation, flock};

use crate::isolation::cgroups::Cgroups;

/// How the names of these folders start.
const PREFIX: &str = "daytona-local-";
/// Locked by the server while it runs.
const LOCK: &str = "lock";

/// The folder of a server's files. While this value exists, no other server removes it.
#[derive(Debug)]
pub(super) struct ServerFolder {
    path: PathBuf,
    _lock: File,
}

impl ServerFolder {
    /// Creates a folder that only this user can access.
    pub(super) fn create() -> io::Result<Self> {
        Self::create_in(&std::fs::canonicalize(super::temp_dir())?)
    }

    fn create_in(parent: &Path) -> io::Result<Self> {
        let path = parent.join(format!("{PREFIX}{}", uuid::Uuid::new_v4().simple()));
        DirBuilder::new().mode(0o700).create(&path)?;
        // Locked before it has its name: with an unlocked one, the folder would be an abandoned one.
        let unnamed = path.join("lock.new");
        let lock = File::create(&unnamed)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        std::fs::rename(unnamed, path.join(LOCK))?;
        Ok(Self { path, _lock: lock })
    }

    /// The path of the folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Removes the folder of a server that has ended, and its control groups.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    Cgroups::remove(&path.file_name().unwrap_or_default().to_string_lossy())?;
    remove_tree(path)
}

/// Removes the folders beside a server's of this user's servers that have ended together
/// with their janitors. Folders that cannot be removed now are left for the next time.
pub(super) fn remove_abandoned(own: &Path) {
    let Some(Ok(entries)) = own.parent().map(std::fs::read_dir) else { return };
    let is_servers = |path: &Path| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(PREFIX))
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_servers(path)) {
        match is_abandoned(&path).and_then(|abandoned| if abandoned { remove(&path) } else { Ok(()) }) {
            Ok(()) => {}
            Err(error) => {
                tracing::debug!(%error, folder = %path.display(), "cannot remove the folder of an earlier server");
            }
        }
    }
}

/// Whether a folder is this user's and no server has locked it. One without a lock file
/// may be of a server that is just starting.
fn is_abandoned(path: &Path) -> io::Result<bool> {
    let own = |found: Metadata| found.uid() == rustix::process::geteuid().as_raw();
    if !std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && own(found)) {
        return Ok(false);
    }
    let lock = match File::open(path.join(LOCK)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        lock => lock?,
    };
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_folder_is_not_abandoned_while_it_is_created() {
        let parent = tempfile::tempdir().unwrap();
        let is_done = AtomicBool::new(false);
        let kept = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    remove_abandoned(&parent.path().join("of-another-server"));
                }
            });
            let kept = (0..500).filter(|_| {
                let created = ServerFolder::create_in(parent.path());
                std::thread::yield_now();
                created.is_ok_and(|folder| {
                    folder.path().join(LOCK).exists() && remove_tree(folder.path()).is_ok()
                })
            });
            let kept = kept.count();
            is_done.store(true, Ordering::Relaxed);
            kept
        });
        assert_eq!(kept, 500);
    }
}
