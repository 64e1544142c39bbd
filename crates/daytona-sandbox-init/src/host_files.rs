//! Files of the host in a sandbox.
//!
//! They are seen through a read-only overlay of the sandbox's own: what its programs
//! watch and lock are inodes of the overlay, not those that the host uses.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
use rustix::mount::{MountAttrFlags, UnmountFlags, unmount};

use super::mounts::{attach, detached_clone, host_attributes, new_file_system};

const MOUNTS: &str = "/proc/self/mountinfo";
/// Where overlays are mounted until their files are cloned: a folder that exists on every
/// system and has nothing that a sandbox gets.
const WORKSPACE: &str = "/sys";
/// The second layer of an overlay, which cannot have only one.
const EMPTY: &str = "/sys/empty";

/// Clones files of the host into a sandbox. While it exists, the folder `/sys` of this
/// mount namespace is covered.
pub(crate) struct HostFiles {
    /// `None` when there is no place for overlays, as where `/sys` is missing.
    mount_points: Option<Vec<PathBuf>>,
    overlays: Vec<Overlay>,
}

/// An overlay of a folder of the host.
struct Overlay {
    layer: PathBuf,
    /// `None` when the kernel refused it: in a user namespace the layer must not have
    /// mounts below it.
    path: Option<PathBuf>,
}

impl HostFiles {
    pub(crate) fn new() -> Self {
        Self { mount_points: Self::prepare().ok(), overlays: Vec::new() }
    }

    /// Makes the place for overlays. Returns where the host has mounts.
    fn prepare() -> io::Result<Vec<PathBuf>> {
        let mount_points = mount_points(&fs::read(MOUNTS)?);
        let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
        let options = [("mode", "0700"), ("size", "64k"), ("nr_inodes", "64")];
        attach(new_file_system("tmpfs", &options, attributes)?, Path::new(WORKSPACE))?;
        fs::create_dir(EMPTY)?;
        Ok(mount_points)
    }

    /// Clones a file or folder; the clone is detached, and read-only. It is the host's own
    /// where no overlay can be made.
    pub(crate) fn detached_clone(&mut self, source: &Path) -> io::Result<OwnedFd> {
        self.in_overlay(source)
            .and_then(|path| detached_clone(&path, host_attributes()))
            .or_else(|_| detached_clone(source, host_attributes()))
    }

    /// Finds the path of a host's file in an overlay.
    fn in_overlay(&mut self, source: &Path) -> io::Result<PathBuf> {
        let source = fs::canonicalize(source)?;
        // An overlay does not have what is mounted below its layers.
        let mount_points = self.mount_points.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        if mount_points.iter().any(|point| *point != source && point.starts_with(&source)) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let mount = mount_id(&source)?;
        let layers: Vec<&Path> = source
            .ancestors()
            .skip(usize::from(!source.is_dir()))
            .take_while(|layer| mount_id(layer).is_ok_and(|id| id == mount))
            .collect();
        // From the top, as one overlay then serves for most.
        layers
            .iter()
            .rev()
            .find_map(|layer| self.below(layer, &source))
            .ok_or(io::ErrorKind::Unsupported.into())
    }

    /// Returns the path of `source` in an overlay of `layer`, which is one of its parents or itself.
    fn below(&mut self, layer: &Path, source: &Path) -> Option<PathBuf> {
        let known = self.overlays.iter().position(|overlay| overlay.layer == layer);
        let index = known.unwrap_or_else(|| self.add(layer));
        let path = self.overlays[index].path.as_ref()?;
        // Also where nothing is below it: a path that ends with a slash is the same folder.
        Some(path.join(source.strip_prefix(layer).ok()?))
    }

    /// Mounts an overlay. Returns its index.
    fn add(&mut self, layer: &Path) -> usize {
        let index = self.overlays.len();
        let target = Path::new(WORKSPACE).join(index.to_string());
        let path = mount_overlay(layer, &target).is_ok().then_some(target);
        self.overlays.push(Overlay { layer: layer.to_owned(), path });
        index
    }
}

impl Drop for HostFiles {
    fn drop(&mut self) {
        if self.mount_points.is_some() {
            // The clones stay. Nothing of the host's tree does in the sandbox, if this fails.
            let _ignored = unmount(WORKSPACE, UnmountFlags::DETACH);
        }
    }
}

fn mount_overlay(layer: &Path, target: &Path) -> io::Result<()> {
    // By its descriptor, as a path can have characters with a meaning for the kernel.
    let layer = File::open(layer)?;
    let layers = format!("/proc/self/fd/{}:{EMPTY}", layer.as_raw_fd());
    let overlay = new_file_system("overlay", &[("lowerdir", &layers)], host_attributes())?;
    fs::create_dir(target)?;
    attach(overlay, target)
}

fn mount_id(path: &Path) -> io::Result<u64> {
    Ok(statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID)?.stx_mnt_id)
}

/// Reads the paths of all mounts from the fifth field of each line.
fn mount_points(mountinfo: &[u8]) -> Vec<PathBuf> {
    let field = |line: &[u8]| line.split(|byte| *byte == b' ').nth(4).map(unescape);
    mountinfo.split(|byte| *byte == b'\n').filter_map(field).collect()
}

/// Replaces `\040` and the like: white space and backslashes are written as octal numbers.
fn unescape(field: &[u8]) -> PathBuf {
    let mut path = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.filter(|_| byte == b'\\').and_then(|digits| u8::from_str_radix(digits, 8).ok());
        path.push(code.unwrap_or(byte));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    PathBuf::from(std::ffi::OsString::from_vec(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_read_with_white_space() {
        let text = b"22 27 0:21 / / rw - proc proc rw\n23 27 0:22 / /a\\040b\\134c rw - sysfs sysfs rw\n";
        assert_eq!(mount_points(text), [PathBuf::from("/"), PathBuf::from("/a b\\c")]);
    }

    #[test]
    fn a_backslash_without_a_number_stays() {
        assert_eq!(unescape(br"/a\04"), PathBuf::from(r"/a\04"));
        assert_eq!(unescape(br"/a\xyz"), PathBuf::from(r"/a\xyz"));
    }
}
