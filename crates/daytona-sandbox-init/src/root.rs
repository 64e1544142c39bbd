//! The file tree of a sandbox.
//!
//! The root is a new file system in memory with system folders, accounts and mount
//! points, built at each start. It is complete, and everything needed from the host is
//! open as a descriptor, before anything of the sandbox is mounted. So nothing that a
//! program left behind is ever resolved, and the sandbox can write only to its own
//! folders.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::Write as _;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use rustix::mount::{MountAttrFlags, UnmountFlags, unmount};
use rustix::process::{fchdir, pivot_root};

use super::folder::SandboxFolder;
use super::host_files::HostFiles;
use super::mounts::{Depth, attach, detached_clone, host_attributes, new_file_system, set_attributes};
use super::plan::{Binding, HOME, InitPlan, USER, USER_ID};
use super::setup_error::{SetupError, Step as _};
use super::volumes;

const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom", "tty"];
const DEVICE_LINKS: &[(&str, &str)] = &[
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
    ("pts/ptmx", "/dev/ptmx"),
];
/// Folders with their permissions.
const FOLDERS: &[(&str, u32)] = &[
    ("/dev", 0o755),
    ("/dev/pts", 0o755),
    ("/dev/shm", 0o1777),
    ("/etc", 0o755),
    ("/home", 0o755),
    (HOME, 0o755),
    ("/media", 0o755),
    ("/mnt", 0o755),
    ("/proc", 0o555),
    // Not 0700: toolchains of the host may be below it.
    ("/root", 0o711),
    ("/run", 0o755),
    ("/srv", 0o755),
    ("/sys", 0o555),
    ("/tmp", 0o1777),
    ("/var", 0o755),
    ("/var/cache", 0o755),
    ("/var/lib", 0o755),
    ("/var/log", 0o755),
    ("/var/tmp", 0o1777),
];
const READ_ONLY_PROC: &[&str] = &["/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs"];
const HIDDEN_PROC: &[&str] =
    &["/proc/sysrq-trigger", "/proc/kcore", "/proc/keys", "/proc/kmsg", "/proc/timer_list"];
/// Folders of private keys. Where the server is not root, its user keeps the rights of
/// its groups in sandboxes.
const HIDDEN_FOLDERS: &[&str] = &["/etc/ssl/private", "/etc/pki/tls/private"];
/// Limits of resources that the host counts per user, for this namespace.
const USER_LIMITS: &[(&str, &str)] =
    &[("max_user_namespaces", "0"), ("max_inotify_instances", "64"), ("max_inotify_watches", "65536")];

/// A file tree that is not mounted yet.
pub(crate) struct Root {
    tree: OwnedFd,
    mounts: Vec<(OwnedFd, PathBuf)>,
    volumes: Vec<(OwnedFd, PathBuf)>,
    /// Whether root built it, and owns what the sandbox cannot write.
    is_roots: bool,
}

impl Root {
    /// Builds the tree and clones the mounts that the plan names from the host's tree.
    /// `files` is where the sandbox's own are.
    pub(crate) fn build(plan: &InitPlan, files: &SandboxFolder) -> Result<Self, SetupError> {
        let plain = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
        let options = [("mode", "0755"), ("size", "4m"), ("nr_inodes", "8k")];
        let tree = new_file_system("tmpfs", &options, plain).step("create the root")?;
        let skeleton = Skeleton::of(&tree);
        skeleton.populate(plan)?;
        let mut mounts = Vec::with_capacity(plan.bindings.len() + DEVICES.len() + 3);
        for (source, target) in [(files.home(), HOME), (files.tmp(), "/tmp"), (files.var_tmp(), "/var/tmp")] {
            let mount =
                detached_clone(&source, plain).step_with(|| format!("clone the folder of {target}"))?;
            mounts.push((mount, PathBuf::from(target)));
        }
        for name in DEVICES {
            let path = PathBuf::from(format!("/dev/{name}"));
            skeleton.file(&path, "")?;
            let mount = detached_clone(&path, MountAttrFlags::MOUNT_ATTR_NOSUID)
                .step_with(|| format!("clone {}", path.display()))?;
            mounts.push((mount, path));
        }
        // After all others, as it covers a folder of the host.
        let mut host_files = HostFiles::new();
        for Binding { source, target, live } in &plan.bindings {
            let step = || format!("clone {}", source.display());
            if fs::metadata(source).step_with(step)?.is_dir() {
                skeleton.folder(target, 0o755)?;
            } else {
                skeleton.file(target, "")?;
            }
            let mount = if *live {
                detached_clone(source, host_attributes())
            } else {
                host_files.detached_clone(source)
            };
            mounts.push((mount.step_with(step)?, target.clone()));
        }
        let mut volumes = Vec::with_capacity(plan.volumes.len());
        for volume in &plan.volumes {
            let target = volume.target.clone();
            skeleton.folder(&target, 0o755)?;
            let mount = volumes::detached_clone(volume);
            volumes.push((mount.step_with(|| format!("open the volume for {}", target.display()))?, target));
        }
        for link in &plan.links {
            skeleton.link(&link.target, &link.path)?;
        }
        Ok(Self { tree, mounts, volumes, is_roots: rustix::process::geteuid().is_root() })
    }

    /// Makes the tree the root of this mount namespace and mounts the rest.
    pub(crate) fn enter(self, plan: &InitPlan) -> Result<(), SetupError> {
        let system = system_mounts()?;
        attach(&self.tree, Path::new("/tmp")).step("attach the root")?;
        fchdir(&self.tree).step("enter the root")?;
        pivot_root(".", ".").step("pivot_root")?;
        unmount(".", UnmountFlags::DETACH).step("unmount the host's file tree")?;
        rustix::process::chdir("/").step("change to the root")?;
        for (mount, target) in system.iter().map(|(mount, path)| (mount, Path::new(path))) {
            attach(mount, target).step_with(|| format!("attach {}", target.display()))?;
        }
        for (mount, target) in &self.mounts {
            attach(mount, target).step_with(|| format!("attach {}", target.display()))?;
        }
        for (mount, target) in &self.volumes {
            volumes::attach(mount, target).step_with(|| format!("mount a volume at {}", target.display()))?;
        }
        restrict_proc()?;
        hide_private_keys()?;
        if !self.is_roots {
            // Otherwise the sandbox's user would own the system folders.
            set_attributes(&self.tree, MountAttrFlags::MOUNT_ATTR_RDONLY, Depth::Single)
                .step("make the root read-only")?;
        }
        rustix::process::chdir(&plan.home).step("change to the home folder")
    }
}

/// The new root while nothing is mounted on it.
struct Skeleton {
    base: PathBuf,
}

impl Skeleton {
    /// It is reached by its descriptor, as it is not attached anywhere.
    fn of(tree: &OwnedFd) -> Self {
        Self { base: PathBuf::from(format!("/proc/self/fd/{}", tree.as_raw_fd())) }
    }

    fn populate(&self, plan: &InitPlan) -> Result<(), SetupError> {
        for (path, mode) in FOLDERS {
            self.folder(Path::new(path), *mode)?;
        }
        for (target, link) in DEVICE_LINKS {
            self.link(Path::new(target), Path::new(link))?;
        }
        let hostname = &plan.hostname;
        let passwd = format!(
            "root:x:0:0:root:/root:/bin/bash\n{USER}:x:{USER_ID}:{USER_ID}:{USER}:{HOME}:/bin/bash\n\
             nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
        );
        let group = format!("root:x:0:\ntty:x:5:\n{USER}:x:{USER_ID}:\nnogroup:x:65534:\n");
        let hosts = format!(
            "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t{hostname}\n"
        );
        for (path, text) in [
            ("/etc/passwd", &*passwd),
            ("/etc/group", &group),
            ("/etc/hostname", &format!("{hostname}\n")),
            ("/etc/hosts", &hosts),
            ("/etc/shells", "/bin/sh\n/bin/bash\n/usr/bin/bash\n"),
        ] {
            self.file(Path::new(path), text)?;
        }
        for (path, text) in &plan.files {
            self.file(path, text)?;
        }
        Ok(())
    }

    /// Creates a folder with its parents.
    fn folder(&self, path: &Path, mode: u32) -> Result<(), SetupError> {
        let step = || format!("create {}", path.display());
        let target = self.within(path);
        if !target.is_dir() {
            DirBuilder::new().recursive(true).mode(0o755).create(&target).step_with(step)?;
            // mkdir applies the umask, which removes write permissions.
            fs::set_permissions(&target, Permissions::from_mode(mode)).step_with(step)?;
        }
        Ok(())
    }

    /// Creates a file with its parents.
    fn file(&self, path: &Path, text: &str) -> Result<(), SetupError> {
        self.folder(path.parent().unwrap_or(Path::new("/")), 0o755)?;
        let create = || File::create(self.within(path))?.write_all(text.as_bytes());
        create().step_with(|| format!("create {}", path.display()))
    }

    /// Creates a symbolic link with its parents.
    fn link(&self, target: &Path, link: &Path) -> Result<(), SetupError> {
        self.folder(link.parent().unwrap_or(Path::new("/")), 0o755)?;
        symlink(target, self.within(link)).step_with(|| format!("link {}", link.display()))
    }

    fn within(&self, path: &Path) -> PathBuf {
        self.base.join(path.strip_prefix("/").unwrap_or(path))
    }
}

/// Creates file systems that belong to the sandbox's namespaces.
///
/// Must run before the host's file tree is unmounted: in a user namespace the kernel
/// mounts a new proc only while a fully visible one exists.
fn system_mounts() -> Result<[(OwnedFd, &'static str); 3], SetupError> {
    let plain = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    let no_programs = plain | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    // Without `gid`, as only one group is mapped. The default `ptmxmode` does not let
    // anyone open it.
    let terminals = [("ptmxmode", "0666"), ("mode", "0620")];
    let terminal_attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    Ok([
        (new_file_system("proc", &[], no_programs).step("proc")?, "/proc"),
        (
            new_file_system("tmpfs", &[("mode", "1777"), ("size", "256m")], plain).step("/dev/shm")?,
            "/dev/shm",
        ),
        (new_file_system("devpts", &terminals, terminal_attributes).step("devpts")?, "/dev/pts"),
    ])
}

/// Makes the parts of proc that affect the whole machine read-only or hides them.
fn restrict_proc() -> Result<(), SetupError> {
    for (name, limit) in USER_LIMITS {
        // Applies to this namespace only. Requires the capabilities that this
        // process has until it starts the toolbox.
        let path = format!("/proc/sys/user/{name}");
        fs::write(&path, limit).step_with(|| format!("write {path}"))?;
    }
    let read_only = host_attributes() | MountAttrFlags::MOUNT_ATTR_NOEXEC;
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

fn hide_private_keys() -> Result<(), SetupError> {
    for path in HIDDEN_FOLDERS.iter().map(Path::new).filter(|path| fs::symlink_metadata(path).is_ok()) {
        new_file_system("tmpfs", &[("mode", "0700"), ("size", "4k"), ("nr_inodes", "1")], host_attributes())
            .and_then(|mount| attach(mount, path))
            .step_with(|| format!("hide {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_of_folders_come_first() {
        for (index, (path, _)) in FOLDERS.iter().enumerate() {
            let parent = Path::new(path).parent().unwrap();
            let is_known = |known: &str| Path::new(known) == parent;
            assert!(
                parent == Path::new("/") || FOLDERS[..index].iter().any(|(known, _)| is_known(known)),
                "{path}"
            );
        }
    }

    #[test]
    fn an_absolute_path_stays_below_the_root() -> std::io::Result<()> {
        let base = tempfile::tempdir()?;
        let skeleton = Skeleton { base: base.path().to_owned() };
        assert_eq!(skeleton.within(Path::new("/etc/passwd")), base.path().join("etc/passwd"));
        Ok(())
    }
}
