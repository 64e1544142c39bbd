//! The host folder with the files of a sandbox.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::isolation::Isolation;
use super::removal::remove_tree;

/// Folders that a sandbox can write, with their permissions.
const WRITABLE: &[(&str, u32)] = &[("home", 0o755), ("tmp", 0o1777), ("var-tmp", 0o1777)];

/// The host folder with the files of a sandbox. A sandbox can write only to folders in
/// it, so that the folder itself is the server's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxFolder {
    path: PathBuf,
}

impl SandboxFolder {
    /// The folder at a path, which need not exist yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The home and working directory.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.path.join("home")
    }

    /// Temporary files.
    #[must_use]
    pub fn tmp(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// Temporary files that are kept longer.
    #[must_use]
    pub fn var_tmp(&self) -> PathBuf {
        self.path.join("var-tmp")
    }

    /// The image of the disk, if the sandbox has one.
    #[must_use]
    pub fn image(&self) -> PathBuf {
        self.path.join("disk.img")
    }

    /// The folder where the disk is mounted, with the files of a sandbox that has one.
    #[must_use]
    pub fn disk(&self) -> Self {
        Self { path: self.path.join("disk") }
    }

    /// Creates the folder for a sandbox with a disk, on which its files will be.
    ///
    /// # Errors
    /// When a folder cannot be created or changed.
    pub fn prepare_disk(&self) -> io::Result<()> {
        create(&self.path, 0o700, None)?;
        create(&self.disk().path, 0o700, None)
    }

    /// Creates what does not exist. Gives the owner access to what does, which a
    /// program of the sandbox may have taken away.
    ///
    /// # Errors
    /// When a folder cannot be created or changed.
    pub fn prepare(&self, isolation: Isolation, host_id: Option<u32>) -> io::Result<()> {
        let has_namespaces = isolation == Isolation::Namespaces;
        // Without namespaces the sandbox's user must reach the folders in it.
        create(&self.path, if has_namespaces { 0o700 } else { 0o711 }, None)?;
        for (name, mode) in WRITABLE {
            // Without namespaces other sandboxes see the folders.
            create(&self.path.join(name), if has_namespaces { *mode } else { 0o700 }, host_id)?;
        }
        Ok(())
    }

    /// Removes the folder with all files.
    ///
    /// # Errors
    /// When a file cannot be removed, for example because a program still writes to
    /// the folder.
    pub fn remove(&self) -> io::Result<()> {
        remove_tree(&self.path)
    }
}

/// The names in these paths are the server's: a sandbox cannot replace the folders with
/// links.
fn create(path: &Path, mode: u32, owner: Option<u32>) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            fs::set_permissions(path, Permissions::from_mode(mode))?;
            chown(path, owner, owner)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mode = fs::metadata(path)?.permissions().mode();
            fs::set_permissions(path, Permissions::from_mode(mode | 0o700))
        }
        Err(error) => Err(error),
    }
}
