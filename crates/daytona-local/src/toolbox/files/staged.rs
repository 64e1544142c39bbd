//! New content of a file, which appears whole or not at all.
//!
//! What arrives goes into a spool first, a file without a name where the file
//! system has such: a connection or a server that breaks off leaves nothing, and
//! the old content stays. Once all is there, it is put in place, in a way that
//! depends on what is there:
//!
//! | target | how | why |
//! | --- | --- | --- |
//! | nothing, or a dangling link | the spool gets the name | appears whole |
//! | a file of ours with one name, in a folder we may write to, without extended attributes | the spool takes over mode and group and is renamed over it | the old or the new content at any moment |
//! | any other file that we may write to | overwritten from the spool, its space reserved before | other names, owner, attributes and mounts stay; the folder need not be writable |
//! | a device | written while it arrives | it has no old content |
//! | a FIFO, a socket, a folder, a file without write permission | refused before anything is read | as by the service |
//!
//! Links are written through: the file that they lead to is the target.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Seek as _, Write};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown,
};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FallocateFlags, Mode, OFlags, fallocate, flistxattr_query, linkat, openat};
use rustix::io::Errno;
use rustix::process::geteuid;
use uuid::Uuid;

use super::super::open::open_to_write;

/// The mode of a new file, before the umask.
const FILE_MODE: u32 = 0o644;

/// The mode of a spool that gets no name.
const PRIVATE_MODE: u32 = 0o600;

/// How many links lead to a file at most, as in the system.
const MOST_LINKS: usize = 40;

/// Content on its way into a file.
#[derive(Debug)]
pub(super) struct Staged {
    /// The target, links followed.
    path: PathBuf,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Device(File),
    New { spool: Spool },
    Existing { spool: Spool, file: File, metadata: Metadata, may_replace: bool },
}

/// A file that holds what has arrived.
#[derive(Debug)]
struct Spool {
    file: File,
    /// Its name, on a file system without nameless files. Removed with the spool.
    name: Option<PathBuf>,
}

impl Staged {
    /// Finds out how `path` can be written; `state_dir` is a folder of the toolbox
    /// for content that cannot be beside its target.
    ///
    /// # Errors
    /// When the target may not be written, as an attempt to open it would tell.
    pub(super) fn open(path: &Path, state_dir: &Path) -> io::Result<Self> {
        let path = followed(path)?;
        let content = match open_to_write(&path) {
            Ok((file, metadata)) if metadata.is_file() => existing(&path, state_dir, file, metadata)?,
            Ok((device, _)) => Content::Device(device),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Content::New { spool: Spool::beside(&path, FILE_MODE)? }
            }
            Err(error) => return Err(error),
        };
        Ok(Self { path, content })
    }

    /// Puts the content in place. Until then the target is as it was.
    ///
    /// # Errors
    /// When there is no room for it, or the target has changed meanwhile.
    pub(super) fn finish(self) -> io::Result<()> {
        match self.content {
            Content::Device(_) => Ok(()),
            Content::New { mut spool } => match spool.appear(&self.path) {
                Ok(()) => Ok(()),
                // Somebody else made the file, or the spool cannot get a name.
                Err(_) => spool.overwrite(&create(&self.path)?),
            },
            Content::Existing { mut spool, file, metadata, may_replace } => {
                if may_replace && spool.replace(&self.path, &metadata).is_ok() {
                    return Ok(());
                }
                spool.overwrite(&file)
            }
        }
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.content {
            Content::Device(file) => file.write(bytes),
            Content::New { spool } | Content::Existing { spool, .. } => spool.file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The path behind the links at the end of a path.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(Errno::LOOP.into())
}

fn existing(path: &Path, state_dir: &Path, file: File, metadata: Metadata) -> io::Result<Content> {
    let is_plain = metadata.nlink() == 1
        && metadata.uid() == geteuid().as_raw()
        && flistxattr_query(&file).is_ok_and(|length| length == 0);
    let (spool, may_replace) = match is_plain.then(|| Spool::beside(path, PRIVATE_MODE)) {
        Some(Ok(spool)) => (spool, true),
        _ => (Spool::apart(state_dir)?, false),
    };
    Ok(Content::Existing { spool, file, metadata, may_replace })
}

/// Opens a file where there was none, also when somebody made it just now.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(FILE_MODE);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(open_to_write(path)?.0),
        opened => opened,
    }
}

impl Spool {
    /// In the folder of a target, so that it can get the target's name.
    fn beside(path: &Path, mode: u32) -> io::Result<Self> {
        let folder = path.parent().ok_or(Errno::NOENT)?;
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match openat(CWD, folder, flags, Mode::from_raw_mode(mode)) {
            Ok(file) => Ok(Self { file: file.into(), name: None }),
            Err(Errno::OPNOTSUPP | Errno::ISDIR) => Self::named(temporary(folder), mode),
            Err(error) => Err(error.into()),
        }
    }

    /// In the folder of the toolbox.
    fn apart(state_dir: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(state_dir)?;
        let path = temporary(state_dir);
        let spool = Self::named(path.clone(), PRIVATE_MODE)?;
        fs::remove_file(path)?;
        Ok(Self { file: spool.file.try_clone()?, name: None })
    }

    fn named(name: PathBuf, mode: u32) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(&name)?;
        Ok(Self { file, name: Some(name) })
    }

    /// Gets a name that is free.
    fn appear(&mut self, path: &Path) -> io::Result<()> {
        if let Some(name) = &self.name {
            fs::hard_link(name, path)?;
            return Ok(());
        }
        match linkat(&self.file, "", CWD, path, AtFlags::EMPTY_PATH) {
            // Who may not do it that way may do it through /proc.
            Err(Errno::NOENT | Errno::PERM | Errno::ACCESS | Errno::INVAL) => {
                let own = format!("/proc/self/fd/{}", self.file.as_raw_fd());
                Ok(linkat(CWD, own, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
            }
            linked => Ok(linked?),
        }
    }

    /// Takes the place of a file, with the same mode and group.
    fn replace(&mut self, path: &Path, old: &Metadata) -> io::Result<()> {
        let now = fs::symlink_metadata(path)?;
        if (now.dev(), now.ino(), now.nlink()) != (old.dev(), old.ino(), 1) {
            return Err(io::Error::other("the file is another one by now"));
        }
        let own = self.file.metadata()?;
        if own.gid() != now.gid() {
            fchown(&self.file, None, Some(now.gid()))?;
        }
        // Writing takes the bits that change the user or the group away.
        self.file.set_permissions(Permissions::from_mode(now.permissions().mode() & 0o1777))?;
        let folder = path.parent().ok_or(Errno::NOENT)?;
        if self.name.is_none() {
            let name = temporary(folder);
            self.appear(&name)?;
            self.name = Some(name);
        }
        let name = self.name.as_ref().ok_or(Errno::NOENT)?;
        fs::rename(name, path)?;
        self.name = None;
        Ok(())
    }

    /// Writes the content over that of a file.
    fn overwrite(&mut self, file: &File) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length > 0 {
            // No room for all of it must be known before anything is lost.
            let reserved = fallocate(file, FallocateFlags::KEEP_SIZE, 0, length);
            if let Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) = reserved {
                return Err(error.into());
            }
        }
        self.file.rewind()?;
        file.set_len(0)?;
        let mut file = file;
        io::copy(&mut (&self.file).take(length), &mut file)?;
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // It may have been removed right after it was made.
            let _gone = fs::remove_file(name);
        }
    }
}

/// A path in a folder that nothing has.
fn temporary(folder: &Path) -> PathBuf {
    folder.join(format!(".daytona-{}", Uuid::new_v4().simple()))
}
