//! Removes the files of sandboxes.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, chmod, fchmod, fstat, openat, unlinkat};
use rustix::io::Errno;

/// Removes a folder and everything in it. Links are never followed. Folders that
/// their owner cannot access are made accessible first. A folder that does not
/// exist is not an error.
///
/// # Errors
/// When an entry could not be removed, for example because a program still
/// writes to the folder.
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
    let mut name = name.as_bytes().to_vec();
    name.push(0);
    let name = CStr::from_bytes_with_nul(&name).map_err(io::Error::other)?;
    Ok(remove_entry(parent.as_fd(), name)?)
}

/// An open folder between the root of the removal and the current entry.
struct Level {
    entries: Dir,
    name: Vec<u8>,
}

/// Iterative: a program may have created folders nested deeper than a thread's
/// stack allows.
fn remove_entry(parent: impl AsFd, name: &CStr) -> Result<(), Errno> {
    let Some(first) = remove_or_open(&parent, name)? else { return Ok(()) };
    let mut levels = vec![first];
    while let Some(level) = levels.last_mut() {
        match level.entries.read().transpose()? {
            Some(entry) if matches!(entry.file_name().to_bytes(), b"." | b"..") => {}
            Some(entry) => {
                if let Some(below) = remove_or_open(level.entries.fd()?, entry.file_name())? {
                    levels.push(below);
                }
            }
            None => {
                let name = levels.pop().map(|level| level.name).unwrap_or_default();
                match levels.last() {
                    Some(above) => unlinkat(above.entries.fd()?, name.as_slice(), AtFlags::REMOVEDIR)?,
                    None => unlinkat(&parent, name.as_slice(), AtFlags::REMOVEDIR)?,
                }
            }
        }
    }
    Ok(())
}

/// Removes an entry that is not a folder; opens a folder and returns it.
fn remove_or_open(parent: impl AsFd, name: &CStr) -> Result<Option<Level>, Errno> {
    match unlinkat(&parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(None),
        // For a folder Linux returns EISDIR; POSIX specifies EPERM.
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(error),
    }
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = match openat(&parent, name, flags | OFlags::RDONLY, Mode::empty()) {
        Err(Errno::ACCESS) => {
            grant_owner_access(&openat(&parent, name, flags | OFlags::PATH, Mode::empty())?)?;
            openat(&parent, name, flags | OFlags::RDONLY, Mode::empty())?
        }
        opened => opened?,
    };
    if fstat(&folder)?.st_mode & 0o700 != 0o700 {
        fchmod(&folder, Mode::RWXU)?;
    }
    Ok(Some(Level { entries: Dir::new(folder)?, name: name.to_bytes().to_vec() }))
}

/// Gives the owner all permissions on a folder that cannot be read. Uses the
/// descriptor, because the name may be replaced with a link at any moment.
fn grant_owner_access(folder: &OwnedFd) -> Result<(), Errno> {
    chmod(format!("/proc/self/fd/{}", folder.as_raw_fd()), Mode::RWXU)
}
