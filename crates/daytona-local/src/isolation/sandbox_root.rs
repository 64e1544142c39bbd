//! The file tree of a sandbox.
//!
//! The order matters. First everything needed from the host is opened as a
//! descriptor, then the sandbox's folder becomes the root, and only then are
//! paths in it resolved. So a link that a program left in the folder cannot lead
//! to the host.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, linkat};
use rustix::mount::{MountAttrFlags, UnmountFlags, unmount};
use rustix::process::{fchdir, pivot_root};

use super::init_plan::{HOME, InitPlan, USER, USER_ID};
use super::mounts::{attach, detached_clone, host_attributes, new_file_system};
use super::setup_error::{SetupError, Step as _};

const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom", "tty"];
const DEVICE_LINKS: &[(&str, &str)] = &[
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
    ("pts/ptmx", "/dev/ptmx"),
];
/// Standard folders with their permissions.
const FOLDERS: &[(&str, u32)] =
    &[(HOME, 0o755), ("/tmp", 0o1777), ("/var/tmp", 0o1777), ("/mnt", 0o755), ("/sys", 0o755)];
const READ_ONLY_PROC: &[&str] = &["/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs"];
const HIDDEN_PROC: &[&str] =
    &["/proc/sysrq-trigger", "/proc/kcore", "/proc/keys", "/proc/kmsg", "/proc/timer_list"];

/// Detached mounts for the sandbox.
pub(crate) struct Sources {
    folder: OwnedFd,
    bindings: Vec<Source>,
    devices: Vec<(String, OwnedFd)>,
}

struct Source {
    mount: OwnedFd,
    target: PathBuf,
    is_folder: bool,
}

impl Sources {
    /// Clones the mounts that the plan names from the host's file tree.
    pub(crate) fn collect(plan: &InitPlan) -> Result<Self, SetupError> {
        let own = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
        let folder = detached_clone(&plan.folder, own).step("clone the sandbox's folder")?;
        let mut bindings = Vec::with_capacity(plan.bindings.len());
        for binding in &plan.bindings {
            let step = || format!("clone {}", binding.source.display());
            let is_folder = fs::metadata(&binding.source).step_with(step)?.is_dir();
            let mount = detached_clone(&binding.source, host_attributes()).step_with(step)?;
            bindings.push(Source { mount, target: binding.target.clone(), is_folder });
        }
        let mut devices = Vec::with_capacity(DEVICES.len());
        for name in DEVICES {
            let path = format!("/dev/{name}");
            let mount = detached_clone(Path::new(&path), MountAttrFlags::MOUNT_ATTR_NOSUID)
                .step_with(|| format!("clone {path}"))?;
            devices.push((path, mount));
        }
        Ok(Self { folder, bindings, devices })
    }
}

/// Makes the sandbox's folder the root and populates it.
pub(crate) fn enter_root(plan: &InitPlan, sources: Sources) -> Result<(), SetupError> {
    let system = SystemMounts::create()?;
    attach(&sources.folder, Path::new("/tmp")).step("attach the root")?;
    fchdir(&sources.folder).step("enter the root")?;
    pivot_root(".", ".").step("pivot_root")?;
    unmount(".", UnmountFlags::DETACH).step("unmount the host's file tree")?;
    rustix::process::chdir("/").step("change to the root")?;
    system.attach()?;
    for (path, device) in &sources.devices {
        attach_at(device, Path::new(path), false)?;
    }
    for (target, link) in DEVICE_LINKS {
        make_link(Path::new(target), Path::new(link))?;
    }
    for (path, mode) in FOLDERS {
        make_folder(Path::new(path), *mode)?;
    }
    let mut empty_file = EmptyFile::default();
    for source in &sources.bindings {
        if !source.is_folder && source.target.starts_with("/etc") {
            empty_file.place(&source.target)?;
        }
        attach_at(&source.mount, &source.target, source.is_folder)?;
    }
    for link in &plan.links {
        make_folder(link.path.parent().unwrap_or(Path::new("/")), 0o755)?;
        make_link(&link.target, &link.path)?;
    }
    write_etc(plan)?;
    restrict_proc()
}

/// New file systems of the sandbox.
struct SystemMounts {
    mounts: Vec<(&'static str, OwnedFd)>,
}

impl SystemMounts {
    /// Must run before the host's file tree is unmounted: in a user namespace
    /// the kernel mounts a new proc only while a fully visible one exists.
    fn create() -> Result<Self, SetupError> {
        let plain = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
        let no_programs = plain | MountAttrFlags::MOUNT_ATTR_NOEXEC;
        let nosuid = MountAttrFlags::MOUNT_ATTR_NOSUID;
        let mounts = vec![
            ("/proc", new_file_system("proc", &[], no_programs).step("proc")?),
            (
                "/run",
                new_file_system("tmpfs", &[("mode", "0755"), ("size", "16m"), ("nr_inodes", "4k")], plain)
                    .step("/run")?,
            ),
            (
                "/dev",
                new_file_system("tmpfs", &[("mode", "0755"), ("size", "64k"), ("nr_inodes", "64")], nosuid)
                    .step("/dev")?,
            ),
            (
                "/dev/shm",
                new_file_system("tmpfs", &[("mode", "1777"), ("size", "256m")], plain).step("/dev/shm")?,
            ),
            // Without `gid`, as only one group is mapped. The default `ptmxmode`
            // does not let anyone open it.
            (
                "/dev/pts",
                new_file_system(
                    "devpts",
                    &[("ptmxmode", "0666"), ("mode", "0620")],
                    nosuid | MountAttrFlags::MOUNT_ATTR_NOEXEC,
                )
                .step("devpts")?,
            ),
        ];
        Ok(Self { mounts })
    }

    fn attach(&self) -> Result<(), SetupError> {
        self.mounts.iter().try_for_each(|(path, mount)| attach_at(mount, Path::new(path), true))
    }
}

/// An empty file with many hard links, used as mount points. Creating files is the
/// slowest part of a start on a disk where many were just deleted.
#[derive(Default)]
struct EmptyFile(Option<File>);

impl EmptyFile {
    fn place(&mut self, target: &Path) -> Result<(), SetupError> {
        if fs::symlink_metadata(target).is_ok() {
            return Ok(());
        }
        if let Some(file) = &self.0 {
            let name = format!("/proc/self/fd/{}", file.as_raw_fd());
            if linkat(CWD, name, CWD, target, AtFlags::SYMLINK_FOLLOW).is_ok() {
                return Ok(());
            }
        }
        // The first file, or a file system without hard links.
        make_mountpoint(target, false)?;
        self.0 = File::open(target).ok();
        Ok(())
    }
}

fn attach_at(mount: &OwnedFd, target: &Path, is_folder: bool) -> Result<(), SetupError> {
    make_mountpoint(target, is_folder)?;
    attach(mount, target).step_with(|| format!("attach {}", target.display()))
}

fn make_mountpoint(target: &Path, is_folder: bool) -> Result<(), SetupError> {
    if is_folder {
        return make_folder(target, 0o755);
    }
    make_folder(target.parent().unwrap_or(Path::new("/")), 0o755)?;
    match fs::symlink_metadata(target) {
        Ok(found) if found.is_file() => Ok(()),
        found => {
            let step = || format!("create {}", target.display());
            if found.is_ok() {
                remove(target).step_with(step)?;
            }
            OpenOptions::new().write(true).create_new(true).mode(0o644).open(target).step_with(step)?;
            Ok(())
        }
    }
}

/// Creates a folder and its parents. A link or file in its place, which the
/// sandbox may have created, is removed.
pub(crate) fn make_folder(path: &Path, mode: u32) -> Result<(), SetupError> {
    let step = || format!("create {}", path.display());
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => remove(path).step_with(step)?,
        Err(_) => {
            if let Some(parent) = path.parent() {
                make_folder(parent, 0o755)?;
            }
        }
    }
    DirBuilder::new().mode(mode).create(path).step_with(step)?;
    if mode & 0o1000 != 0 {
        // mkdir applies the umask, which removes write permissions.
        fs::set_permissions(path, Permissions::from_mode(mode)).step_with(step)?;
    }
    Ok(())
}

fn make_link(target: &Path, link: &Path) -> Result<(), SetupError> {
    let step = || format!("link {}", link.display());
    match fs::read_link(link) {
        Ok(found) if found == target => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        _ => remove(link).step_with(step)?,
    }
    symlink(target, link).step_with(step)
}

fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

/// Writes accounts and host names, which the sandbox may change later, and
/// `resolv.conf`, which is copied from the host at every start.
fn write_etc(plan: &InitPlan) -> Result<(), SetupError> {
    let hostname = &plan.hostname;
    let passwd = format!(
        "root:x:0:0:root:/root:/bin/bash\n{USER}:x:{USER_ID}:{USER_ID}:{USER}:{HOME}:/bin/bash\n\
         nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    );
    let group = format!("root:x:0:\ntty:x:5:\n{USER}:x:{USER_ID}:\nnogroup:x:65534:\n");
    let hosts =
        format!("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t{hostname}\n");
    write_new("/etc/passwd", &passwd)?;
    write_new("/etc/group", &group)?;
    write_new("/etc/hostname", &format!("{hostname}\n"))?;
    write_new("/etc/hosts", &hosts)?;
    write_new("/etc/shells", "/bin/sh\n/bin/bash\n/usr/bin/bash\n")?;
    let resolv = Path::new("/etc/resolv.conf");
    if fs::symlink_metadata(resolv).is_ok() {
        remove(resolv).step("replace /etc/resolv.conf")?;
    }
    write_new("/etc/resolv.conf", &plan.resolv_conf)
}

/// Creates a file with this content unless the path exists. Does not follow
/// links.
fn write_new(path: &str, text: &str) -> Result<(), SetupError> {
    make_folder(Path::new("/etc"), 0o755)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o644).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).step_with(|| format!("write {path}")),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).step_with(|| format!("create {path}")),
    }
}

/// Makes the parts of proc that affect the whole machine read-only or hides them.
fn restrict_proc() -> Result<(), SetupError> {
    // Applies to this namespace only. Requires the capabilities that this
    // process has until it executes another program.
    fs::write("/proc/sys/user/max_user_namespaces", "0").step("forbid nested user namespaces")?;
    let read_only = host_attributes() | MountAttrFlags::MOUNT_ATTR_NODEV | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    for path in READ_ONLY_PROC.iter().map(Path::new).filter(|path| path.exists()) {
        detached_clone(path, read_only)
            .and_then(|mount| attach(mount, path))
            .step_with(|| format!("make {} read-only", path.display()))?;
    }
    for path in HIDDEN_PROC.iter().map(Path::new).filter(|path| path.exists()) {
        detached_clone(Path::new("/dev/null"), MountAttrFlags::MOUNT_ATTR_NOSUID)
            .and_then(|mount| attach(mount, path))
            .step_with(|| format!("hide {}", path.display()))?;
    }
    Ok(())
}
