//! Removing what sandboxes leave behind.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, chmod, fchmod, fstat, openat, unlinkat};
use rustix::io::Errno;

/// Removes a folder with all that is in it. Links are never followed, and
/// folders that nobody may enter are opened up first.
///
/// # Errors
/// When something could not be removed, for instance because a program still
/// writes there. A folder that does not exist is no error.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a folder that can be removed"));
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

/// A folder on the way down.
struct Level {
    entries: Dir,
    name: Vec<u8>,
}

/// Walks with its own stack: a program may have nested folders far deeper than
/// a thread's stack is.
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

/// Removes anything but a folder; a folder is opened to be emptied.
fn remove_or_open(parent: impl AsFd, name: &CStr) -> Result<Option<Level>, Errno> {
    match unlinkat(&parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(None),
        // The first is Linux's answer for a folder, the second the standard's.
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(error),
    }
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = match openat(&parent, name, flags | OFlags::RDONLY, Mode::empty()) {
        Err(Errno::ACCESS) => {
            open_up(&openat(&parent, name, flags | OFlags::PATH, Mode::empty())?)?;
            openat(&parent, name, flags | OFlags::RDONLY, Mode::empty())?
        }
        opened => opened?,
    };
    if fstat(&folder)?.st_mode & 0o700 != 0o700 {
        fchmod(&folder, Mode::RWXU)?;
    }
    Ok(Some(Level { entries: Dir::new(folder)?, name: name.to_bytes().to_vec() }))
}

/// Gives its owner all rights on a folder that cannot even be read. By
/// descriptor: under its name there may be a link a moment later.
fn open_up(folder: &OwnedFd) -> Result<(), Errno> {
    chmod(format!("/proc/self/fd/{}", folder.as_raw_fd()), Mode::RWXU)
}
