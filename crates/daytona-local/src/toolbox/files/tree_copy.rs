//! Copies trees of any depth.

use std::ffi::CStr;
use std::fs::{self, File, Permissions};
use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, fchmod, fstat, mkdirat, openat, readlinkat, statat, symlinkat,
};

use daytona_sandbox_init::TreeWalk;

/// How much is copied between two looks at the client.
const STRETCH: u64 = 16 * 1024 * 1024;

/// Writable until it is filled, whatever it is in the end.
const NEW_FOLDER: Mode = Mode::RWXU;

/// Copies a tree to a path where nothing is: files and folders with their modes,
/// links as links. Ends when `check` fails; what is copied by then stays.
///
/// # Errors
/// The first failure, also for an entry of another kind.
pub(super) fn copy_tree(from: &Path, to: &Path, check: &dyn Fn() -> io::Result<()>) -> io::Result<()> {
    let found = fs::symlink_metadata(from)?;
    if !found.is_dir() {
        return copy_entry((CWD, from), (CWD, to), check);
    }
    mkdirat(CWD, to, NEW_FOLDER)?;
    let mut source = TreeWalk::open_at(CWD, from)?;
    let mut target = TreeWalk::open_at(CWD, to)?;
    loop {
        check()?;
        let Some(entry) = source.next_entry()? else {
            let mode = fstat(source.folder()?)?.st_mode;
            let filled = target.folder()?.try_clone_to_owned()?;
            let is_root = source.leave()?.is_none();
            target.leave()?;
            // The way up leads through it, so it gets its mode last.
            fchmod(filled, Mode::from_raw_mode(mode & 0o7777))?;
            if is_root {
                return Ok(());
            }
            continue;
        };
        let name = entry.as_c_str();
        let kind = statat(source.folder()?, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(kind.st_mode) == FileType::Directory {
            mkdirat(target.folder()?, name, NEW_FOLDER)?;
            source.enter(name)?;
            target.enter(name)?;
        } else {
            copy_entry((source.folder()?, name), (target.folder()?, name), check)?;
        }
    }
}

/// Copies a file or a link; a path is relative to the folder beside it.
fn copy_entry<Folder: AsFd, Name: rustix::path::Arg + Copy>(
    (from, name): (Folder, Name),
    (to, new_name): (Folder, Name),
    check: &dyn Fn() -> io::Result<()>,
) -> io::Result<()> {
    let found = statat(&from, name, AtFlags::SYMLINK_NOFOLLOW)?;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::Symlink => {
            let target = readlinkat(&from, name, Vec::new())?;
            Ok(symlinkat(target.as_c_str() as &CStr, &to, new_name)?)
        }
        FileType::RegularFile => {
            let reading = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let source = File::from(openat(&from, name, reading, Mode::empty())?);
            let metadata = source.metadata()?;
            if !metadata.is_file() {
                return Err(neither());
            }
            let writing = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let mut target = File::from(openat(&to, new_name, writing, Mode::RUSR | Mode::WUSR)?);
            while io::copy(&mut (&source).take(STRETCH), &mut target)? == STRETCH {
                check()?;
            }
            target.set_permissions(Permissions::from_mode(metadata.permissions().mode() & 0o7777))
        }
        // Reading a FIFO or a device would not copy but consume it.
        _ => Err(neither()),
    }
}

fn neither() -> io::Error {
    io::Error::other("neither a file nor a folder nor a link")
}
