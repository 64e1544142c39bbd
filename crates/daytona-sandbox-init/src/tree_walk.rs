//! Walks folders that may be nested to any depth.
//!
//! Programs of a sandbox can nest folders deeper than a thread's stack, the
//! longest path or the limit on open files allow. So there is no recursion and
//! no path here: each folder is opened relative to the one above, only the
//! [`OPEN`] deepest ones stay open, and the way back up leads through `..`. A
//! folder that is reached that way must be the one that was left, by device and
//! inode: somebody may have moved the folder below it meanwhile.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Dir, Mode, OFlags, fstat, openat};
use rustix::path::Arg;

/// How many folders are open at once, at most.
const OPEN: usize = 16;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A position in a tree: a folder, and the way to it from the root of the walk.
#[derive(Debug)]
pub struct TreeWalk {
    /// From the root to the current folder; never empty.
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    /// Its name in the folder above.
    name: CString,
    device: u64,
    inode: u64,
    /// Where reading goes on.
    position: i64,
    /// `None` when the folder is closed until the walk comes back.
    folder: Option<Dir>,
}

impl Level {
    fn new(name: CString, folder: OwnedFd) -> io::Result<Self> {
        let (device, inode) = identity(&folder)?;
        Ok(Self { name, device, inode, position: 0, folder: Some(Dir::new(folder)?) })
    }
}

fn identity(folder: &OwnedFd) -> io::Result<(u64, u64)> {
    let found = fstat(folder)?;
    Ok((found.st_dev, found.st_ino))
}

impl TreeWalk {
    /// Starts at the folder `name`, relative to `parent`. A link is not followed.
    ///
    /// # Errors
    /// When there is no such folder, or it may not be read.
    pub fn open_at(parent: impl AsFd, name: impl Arg) -> io::Result<Self> {
        let name = name.into_c_str()?.into_owned();
        let folder = openat(parent, &name, FOLDER, Mode::empty())?;
        Ok(Self { levels: vec![Level::new(name, folder)?] })
    }

    /// Returns the current folder.
    ///
    /// # Errors
    /// When the walk has ended.
    pub fn folder(&self) -> io::Result<BorrowedFd<'_>> {
        match self.levels.last().and_then(|level| level.folder.as_ref()) {
            Some(folder) => Ok(folder.fd()?),
            None => Err(lost()),
        }
    }

    /// Returns the name of the next entry of the current folder, never `.` or `..`;
    /// `None` after the last one.
    ///
    /// # Errors
    /// When the folder cannot be read further.
    pub fn next_entry(&mut self) -> io::Result<Option<CString>> {
        let level = self.levels.last_mut().ok_or_else(lost)?;
        let folder = level.folder.as_mut().ok_or_else(lost)?;
        while let Some(entry) = folder.read() {
            let entry = entry?;
            level.position = entry.offset();
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                return Ok(Some(entry.file_name().to_owned()));
            }
        }
        Ok(None)
    }

    /// Goes down to a folder in the current one; a link is not followed.
    ///
    /// # Errors
    /// When there is no such folder, or it may not be read; the walk stays where
    /// it is.
    pub fn enter(&mut self, name: &CStr) -> io::Result<()> {
        let folder = openat(self.folder()?, name, FOLDER, Mode::empty())?;
        self.levels.push(Level::new(name.to_owned(), folder)?);
        if let Some(above) = self.levels.len().checked_sub(OPEN + 1) {
            self.levels[above].folder = None;
        }
        Ok(())
    }

    /// Goes back up, and returns the name of the folder that was left; `None` when
    /// that was the root, which ends the walk.
    ///
    /// # Errors
    /// When the folder above is not the one that the walk came from, or may not be
    /// read any more. The walk cannot go on then.
    pub fn leave(&mut self) -> io::Result<Option<CString>> {
        let left = self.levels.pop().ok_or_else(lost)?;
        let Some(level) = self.levels.last_mut() else { return Ok(None) };
        if level.folder.is_none() {
            let below = left.folder.as_ref().ok_or_else(lost)?.fd()?;
            let folder = openat(below, c"..", FOLDER, Mode::empty())?;
            if identity(&folder)? != (level.device, level.inode) {
                return Err(io::Error::other("a folder was moved away while it was worked on"));
            }
            let mut folder = Dir::new(folder)?;
            folder.seek(level.position)?;
            level.folder = Some(folder);
        }
        Ok(Some(left.name))
    }
}

fn lost() -> io::Error {
    io::Error::other("the walk has ended")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rustix::fs::{CWD, mkdirat};

    use super::*;

    /// Folders below one another, and a file in each.
    fn deep(root: &std::path::Path, depth: usize) {
        let mut folder = openat(CWD, root, FOLDER, Mode::empty()).unwrap();
        for _ in 0..depth {
            openat(&folder, "file", OFlags::CREATE | OFlags::WRONLY, Mode::RWXU).unwrap();
            mkdirat(&folder, "d", Mode::RWXU).unwrap();
            folder = openat(&folder, "d", FOLDER, Mode::empty()).unwrap();
        }
    }

    #[test]
    fn every_entry_of_a_deep_tree_is_met_once_with_few_descriptors() {
        const DEPTH: usize = 3000;
        let root = tempfile::tempdir().unwrap();
        deep(root.path(), DEPTH);
        let mut walk = TreeWalk::open_at(CWD, root.path()).unwrap();
        let (mut files, mut folders, mut deepest) = (0, 0, 0);
        loop {
            let open = walk.levels.iter().filter(|level| level.folder.is_some()).count();
            assert!(open <= OPEN);
            deepest = deepest.max(walk.levels.len());
            match walk.next_entry().unwrap() {
                Some(name) if walk.enter(&name).is_ok() => folders += 1,
                Some(_) => files += 1,
                None => {
                    if walk.leave().unwrap().is_none() {
                        break;
                    }
                }
            }
        }
        assert_eq!((files, folders, deepest), (DEPTH, DEPTH, DEPTH + 1));
        crate::remove_tree(root.path()).unwrap();
    }

    #[test]
    fn the_way_up_leads_only_to_where_the_walk_came_from() {
        let root = tempfile::tempdir().unwrap();
        let depth = OPEN + 2;
        deep(root.path(), depth);
        let mut walk = TreeWalk::open_at(CWD, root.path()).unwrap();
        for _ in 0..depth {
            walk.enter(c"d").unwrap();
        }
        std::fs::create_dir(root.path().join("elsewhere")).unwrap();
        std::fs::rename(root.path().join("d/d"), root.path().join("elsewhere/d")).unwrap();
        let mut seen = BTreeSet::new();
        let failed = loop {
            match walk.leave() {
                Ok(left) => seen.insert(left),
                Err(error) => break error,
            };
        };
        assert!(failed.to_string().contains("moved away"), "{failed}");
    }
}
