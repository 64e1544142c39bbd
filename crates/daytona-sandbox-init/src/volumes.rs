//! Volumes: folders of the host that several sandboxes can write.
//!
//! What is in a volume was written by sandboxes, which may have replaced any folder in it by
//! a link, also while another one starts. So paths are walked folder by folder, without
//! following links, and what is mounted is what was opened.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
use rustix::io::Errno;
use rustix::mount::{MountAttrFlags, MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

use super::mounts::{Depth, set_attributes};
use super::plan::VolumeBinding;

const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Clones the mount of a volume, or of a folder in it, which is created if it does not exist.
pub(crate) fn detached_clone(volume: &VolumeBinding) -> io::Result<OwnedFd> {
    let folder = openat(CWD, &volume.source, FOLDER, Mode::empty())?;
    let folder = descend(folder, &volume.subpath, Mode::from_raw_mode(0o777))?;
    let flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    let tree = open_tree(&folder, "", flags)?;
    let plain = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    set_attributes(&tree, plain, Depth::Single)?;
    Ok(tree)
}

/// Attaches a detached mount at a path of the sandbox, whose folders are created if they do
/// not exist.
pub(crate) fn attach(mount: &OwnedFd, target: &Path) -> io::Result<()> {
    let root = openat(CWD, "/", FOLDER, Mode::empty())?;
    let folder = descend(root, target.strip_prefix("/").unwrap_or(target), Mode::from_raw_mode(0o755))?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(move_mount(mount, "", &folder, "", flags)?)
}

/// Opens a folder below another one, without following links.
fn descend(mut folder: OwnedFd, path: &Path, mode: Mode) -> io::Result<OwnedFd> {
    for component in path.components() {
        let Component::Normal(name) = component else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path must not contain \"..\""));
        };
        let opened = match openat(&folder, name, FOLDER, Mode::empty()) {
            Err(Errno::NOENT) => {
                match mkdirat(&folder, name, mode) {
                    // Another sandbox that starts now has created it.
                    Err(error) if error != Errno::EXIST => return Err(error.into()),
                    _ => {}
                }
                openat(&folder, name, FOLDER, Mode::empty())
            }
            opened => opened,
        };
        folder = opened.map_err(|error| match error {
            Errno::NOTDIR | Errno::LOOP => io::Error::new(
                io::ErrorKind::NotADirectory,
                format!("{} is a link or a file", name.display()),
            ),
            error => error.into(),
        })?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn open(path: &Path) -> OwnedFd {
        openat(CWD, path, FOLDER, Mode::empty()).unwrap()
    }

    #[test]
    fn folders_are_created_and_links_are_not_followed() {
        let base = std::env::temp_dir().join(format!("daytona-volumes-{}", std::process::id()));
        fs::create_dir_all(base.join("volume/there")).unwrap();
        fs::create_dir(base.join("outside")).unwrap();
        symlink(base.join("outside"), base.join("volume/link")).unwrap();
        symlink("..", base.join("volume/there/up")).unwrap();
        fs::write(base.join("volume/file"), "").unwrap();
        let volume = base.join("volume");
        let descend = |path: &str| descend(open(&volume), Path::new(path), Mode::from_raw_mode(0o755));
        descend("there/new/deeper").unwrap();
        assert!(volume.join("there/new/deeper").is_dir());
        descend("there//new/./deeper").unwrap();
        for refused in ["link", "link/x", "there/up", "there/up/outside", "../outside", "/outside", "file"] {
            assert!(descend(refused).is_err(), "{refused}");
        }
        assert_eq!(fs::read_dir(base.join("outside")).unwrap().count(), 0);
        fs::remove_dir_all(&base).unwrap();
    }
}
