//! The disk of a sandbox: a file system in an image file, so that the sandbox can write
//! no more than it holds.
//!
//! It is mounted through a loop device in the mount namespace of the guard. The kernel
//! unmounts it with the last process of the sandbox and detaches the device, however
//! these end.

use std::fs::File;
use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd as _, RawFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use libc::Ioctl;
use linux_raw_sys::loop_device::{
    LO_FLAGS_AUTOCLEAR, LO_FLAGS_DIRECT_IO, LOOP_CONFIGURE, LOOP_CTL_GET_FREE, loop_config,
};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;

use super::folder::SandboxFolder;
use super::isolation::Isolation;
use super::mounts::{attach, new_file_system};
use super::plan::InitPlan;
use super::setup_error::{SetupError, Step as _};

/// The size of a block of the file system and of the loop device.
pub const BLOCK_SIZE: u32 = 4096;
/// How long an image may still be mounted by a sandbox that is ending.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
const LOCK_PAUSE: Duration = Duration::from_millis(2);
/// Another program can take a free loop device first.
const ATTEMPTS: u32 = 1000;
/// Blocks of removed files are given back to the host. The kernel does not write the inode
/// tables in the background: those of a new image are zero, and take no space.
const OPTIONS: &[(&str, &str)] = &[("errors", "remount-ro"), ("discard", ""), ("noinit_itable", "")];

/// Opens an image and locks it. The lock is held until the file and all its duplicates
/// are closed; a loop device has one. Two mounts would destroy the file system.
///
/// # Errors
/// When the image cannot be opened, or is locked for more than 10 seconds.
pub fn lock_image(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    let image = File::options().read(true).write(true).custom_flags(flags).open(path)?;
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        match flock(&image, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(image),
            Err(Errno::INTR) => {}
            Err(Errno::WOULDBLOCK) if Instant::now() < deadline => thread::sleep(LOCK_PAUSE),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Mounts the disk of a sandbox in this mount namespace, which must be the guard's own.
/// Returns where its files are.
pub(crate) fn mount(plan: &InitPlan) -> Result<SandboxFolder, SetupError> {
    let image = lock_image(&plan.folder.image()).step("open the image of the disk")?;
    let (device, path) = loop_device(&image)?;
    let mut options = vec![("source", &*path)];
    options.extend_from_slice(OPTIONS);
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    let files = plan.folder.disk();
    new_file_system("ext4", &options, attributes)
        .and_then(|mount| attach(mount, files.path()))
        .step("mount the disk")?;
    // From now on the mount keeps the device.
    drop(device);
    files.prepare(Isolation::Namespaces, plan.host_id).step("create the folders of the disk")?;
    Ok(files)
}

/// Attaches an image to a free loop device. It is detached when nothing uses it.
fn loop_device(image: &File) -> Result<(File, String), SetupError> {
    let open = |path: &str| File::options().read(true).write(true).open(path);
    let control = open("/dev/loop-control").step("open /dev/loop-control")?;
    for _ in 0..ATTEMPTS {
        let number = free_device(&control).step("find a free loop device")?;
        let path = format!("/dev/loop{number}");
        let attached = open(&path).and_then(|device| configure(&device, image).map(|()| device));
        match attached {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => thread::yield_now(),
            attached => {
                let device = attached.step_with(|| format!("attach the image of the disk to {path}"))?;
                return Ok((device, path));
            }
        }
    }
    Err(Errno::BUSY).step("find a free loop device")
}

/// The number of a loop device that was free just now; the kernel creates one if needed.
fn free_device(control: &File) -> io::Result<i32> {
    // SAFETY: the request has no argument.
    match unsafe { libc::ioctl(control.as_raw_fd(), request(LOOP_CTL_GET_FREE)) } {
        -1 => Err(io::Error::last_os_error()),
        number => Ok(number),
    }
}

fn configure(device: &File, image: &File) -> io::Result<()> {
    // SAFETY: the type consists of numbers, for which 0 is valid.
    let mut config: loop_config = unsafe { zeroed() };
    config.fd = descriptor(image.as_raw_fd())?;
    config.block_size = BLOCK_SIZE;
    // Direct, so that the contents are not in the page cache twice.
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR as u32 | LO_FLAGS_DIRECT_IO as u32;
    // SAFETY: the argument is of the type that the request reads, and outlives the call.
    match unsafe { libc::ioctl(device.as_raw_fd(), request(LOOP_CONFIGURE), &raw const config) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn descriptor(descriptor: RawFd) -> io::Result<u32> {
    u32::try_from(descriptor).map_err(io::Error::other)
}

/// A request in the type that `ioctl` takes: an int in musl, an unsigned long in glibc.
#[allow(clippy::unnecessary_cast, clippy::cast_possible_wrap, reason = "see above")]
const fn request(number: u32) -> Ioctl {
    number as Ioctl
}
