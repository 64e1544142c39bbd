//! Removes the files of sandboxes.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, Mode, OFlags, RenameFlags, chmod, fchmod, fstat, openat, renameat_with, unlinkat,
};
use rustix::io::Errno;

/// Folders below this depth are moved up before they are emptied. Each level needs a
/// descriptor.
const MAX_DEPTH: usize = 64;

/// Removes a folder and everything in it, however deep it is. Links are never followed.
/// Folders that their owner cannot access are made accessible first. A folder that does
/// not exist is not an error.
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
    let name = CString::new(name.as_bytes()).map_err(io::Error::other)?;
    Ok(remove_entry(parent.as_fd(), &name)?)
}

/// An open folder between the root of the removal and the current entry.
struct Level {
    entries: Dir,
    name: CString,
}

/// Iterative and with a limited number of descriptors: a program may have created
/// folders nested deeper than a stack or the limit of open files allows.
fn remove_entry(parent: impl AsFd, name: &CStr) -> Result<(), Errno> {
    let Some(first) = remove_or_open(&parent, name)? else { return Ok(()) };
    let mut levels = vec![first];
    let mut moved = 0_u64;
    while let Some(level) = levels.last_mut() {
        match level.entries.read().transpose()? {
            Some(entry) if matches!(entry.file_name().to_bytes(), b"." | b"..") => {}
            Some(entry) => {
                let Some(below) = remove_or_open(level.entries.fd()?, entry.file_name())? else { continue };
                if levels.len() < MAX_DEPTH {
                    levels.push(below);
                } else {
                    move_up(&levels, &below, &mut moved)?;
                }
            }
            None => {
                let Some(level) = levels.pop() else { break };
                let above = levels.last().map(|above| above.entries.fd()).transpose()?;
                let removed = match above {
                    Some(above) => unlinkat(above, &*level.name, AtFlags::REMOVEDIR),
                    None => unlinkat(&parent, &*level.name, AtFlags::REMOVEDIR),
                };
                match removed {
                    // Folders were moved into it after its entries had been read.
                    Err(Errno::NOTEMPTY) if levels.is_empty() && moved > 0 => {
                        moved = 0;
                        levels.extend(remove_or_open(&parent, name)?);
                    }
                    removed => removed?,
                }
            }
        }
    }
    Ok(())
}

/// Moves a folder of the deepest level to the first one, which is read again later.
fn move_up(levels: &[Level], folder: &Level, moved: &mut u64) -> Result<(), Errno> {
    let (Some(first), Some(last)) = (levels.first(), levels.last()) else { return Ok(()) };
    loop {
        let name = format!(".removed-{moved}");
        *moved += 1;
        let to = first.entries.fd()?;
        match renameat_with(last.entries.fd()?, &*folder.name, to, name, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => {}
            result => return result,
        }
    }
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
    Ok(Some(Level { entries: Dir::new(folder)?, name: name.to_owned() }))
}

/// Gives the owner all permissions on a folder that cannot be read. Uses the
/// descriptor, because the name may be replaced with a link at any moment.
fn grant_owner_access(folder: &OwnedFd) -> Result<(), Errno> {
    chmod(format!("/proc/self/fd/{}", folder.as_raw_fd()), Mode::RWXU)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nests folders by name, one in the other.
    fn nest(parent: &Path, name: &str, depth: usize) -> io::Result<()> {
        let mut folder = rustix::fs::open(parent, OFlags::DIRECTORY, Mode::empty())?;
        for _ in 0..depth {
            rustix::fs::mkdirat(&folder, name, Mode::RWXU)?;
            folder = openat(&folder, name, OFlags::DIRECTORY, Mode::empty())?;
            drop(openat(&folder, "file", OFlags::CREATE | OFlags::WRONLY, Mode::RUSR)?);
        }
        Ok(())
    }

    #[test]
    fn a_tree_of_any_depth_is_removed() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let tree = folder.path().join("tree");
        std::fs::create_dir(&tree)?;
        for name in ["d", ".removed-0", ".removed-5"] {
            nest(&tree, name, 3_000)?;
        }
        remove_tree(&tree)?;
        assert!(!tree.exists());
        Ok(())
    }
}
