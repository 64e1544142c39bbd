//! Removes the files of sandboxes.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, chmod, fchmod, fstat, openat, unlinkat};
use rustix::io::Errno;

use super::tree_walk::TreeWalk;

/// Removes a folder and everything in it, however deep it is. Links are never followed.
/// Folders in it that their owner cannot access are made accessible first. A folder that
/// does not exist is not an error.
///
/// # Errors
/// When the folder cannot be read, or an entry could not be removed, for example
/// because a program still writes to the folder.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "cannot remove a path without a parent folder",
        ));
    };
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
    let parent = match openat(CWD, parent, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(()),
        opened => opened?,
    };
    let name = CString::new(name.as_bytes()).map_err(io::Error::other)?;
    if remove_file(&parent, &name)? {
        return Ok(());
    }
    let mut walk = TreeWalk::open_at(&parent, &*name)?;
    grant_owner_access(&walk)?;
    loop {
        while let Some(entry) = walk.next_entry()? {
            if !remove_file(walk.folder()?, &entry)? {
                enter(&mut walk, &entry)?;
            }
        }
        let Some(emptied) = walk.leave()? else { break };
        unlinkat(walk.folder()?, &*emptied, AtFlags::REMOVEDIR)?;
    }
    Ok(unlinkat(&parent, &*name, AtFlags::REMOVEDIR)?)
}

/// Goes down to a folder, which is made accessible.
fn enter(walk: &mut TreeWalk, name: &CStr) -> io::Result<()> {
    if let Err(error) = walk.enter(name) {
        if error.kind() != io::ErrorKind::PermissionDenied {
            return Err(error);
        }
        unlock(walk.folder()?, name)?;
        walk.enter(name)?;
    }
    grant_owner_access(walk)
}

/// Removes an entry that is not a folder. Returns whether it is gone.
fn remove_file(parent: impl AsFd, name: &CStr) -> io::Result<bool> {
    match unlinkat(parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        // For a folder Linux returns EISDIR; POSIX specifies EPERM.
        Err(Errno::ISDIR | Errno::PERM) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Gives the owner all permissions on the current folder of a walk.
fn grant_owner_access(walk: &TreeWalk) -> io::Result<()> {
    let folder = walk.folder()?;
    if fstat(folder)?.st_mode & 0o700 != 0o700 {
        fchmod(folder, Mode::RWXU)?;
    }
    Ok(())
}

/// Gives the owner all permissions on a folder that cannot be read. Uses a descriptor,
/// because the name may be replaced with a link at any moment.
fn unlock(parent: impl AsFd, name: &CStr) -> io::Result<()> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::PATH | OFlags::CLOEXEC;
    let folder: OwnedFd = openat(parent, name, flags, Mode::empty())?;
    Ok(chmod(format!("/proc/self/fd/{}", folder.as_raw_fd()), Mode::RWXU)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_of_any_depth_is_removed() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let tree = folder.path().join("tree");
        std::fs::create_dir(&tree)?;
        for name in ["one", "other"] {
            let mut below = rustix::fs::open(&tree, OFlags::DIRECTORY, Mode::empty())?;
            for _ in 0..3_000 {
                rustix::fs::mkdirat(&below, name, Mode::RWXU)?;
                below = openat(&below, name, OFlags::DIRECTORY, Mode::empty())?;
                drop(openat(&below, "file", OFlags::CREATE | OFlags::WRONLY, Mode::RUSR)?);
            }
        }
        remove_tree(&tree)?;
        assert!(!tree.exists());
        Ok(())
    }
}
