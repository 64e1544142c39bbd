//! The folder of `--data`, in which sandboxes outlive the server.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Locked by the server that uses the folder.
const LOCK: &str = "lock";

/// A folder that no other server uses while this value exists.
#[derive(Debug)]
pub(super) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Opens the folder, which is created if it does not exist.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let failed = |error| format!("cannot use {} for --data: {error}", path.display());
        DirBuilder::new().mode(0o700).recursive(true).create(path).map_err(failed)?;
        let path = fs::canonicalize(path).map_err(failed)?;
        let shown = path.display();
        // Another user could replace what the server trusts.
        if fs::metadata(&path).map_err(failed)?.uid() != rustix::process::geteuid().as_raw() {
            return Err(format!(
                "cannot use {shown} for --data: it belongs to another user. Use a folder of your own"
            ));
        }
        let lock = File::create(path.join(LOCK)).map_err(failed)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(format!(
                "cannot use {shown} for --data: another local server uses it. Stop that server, or use another folder"
            )),
            Err(error) => Err(format!("cannot lock {shown}: {error}")),
        }
    }

    /// The path of the folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
