//! Images for the disks of sandboxes: formatted once, and checked before a start when
//! their file system has errors.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use daytona_sandbox_init::{BLOCK_SIZE, SandboxFolder, lock_image};
use rustix::ioctl::{Opcode, Setter, ioctl, opcode};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Command;
use tokio::time::timeout;

use crate::search_path;

/// Folders of system programs, which the `PATH` of an ordinary user lacks.
const SYSTEM_PROGRAMS: &str = "/usr/sbin:/sbin:/usr/local/sbin";
const FORMAT: &str = "mkfs.ext4";
const CHECK: &str = "e2fsck";
const ENLARGE: &str = "resize2fs";
/// Bytes of the disk for each inode. A file of a package takes 13,000 on average.
const BYTES_PER_INODE: &str = "8192";
/// Size of the journal in MiB.
const JOURNAL: &str = "size=16";
/// No table is written that is zero already; the image has no content.
const EXTENDED: &str = "nodiscard,lazy_itable_init=1,lazy_journal_init=1";
/// Formatting takes milliseconds.
const FORMAT_TIMEOUT: Duration = Duration::from_secs(60);
const CHECK_TIMEOUT: Duration = Duration::from_secs(600);
/// From this exit code on, `e2fsck` has left errors.
const UNCORRECTED: i32 = 4;
/// How much of a program's messages is kept.
const LONGEST_MESSAGE: u64 = 2048;

/// The superblock: its place in the image, the magic number and the flag for errors.
const SUPERBLOCK: u64 = 1024;
const MAGIC: (usize, u16) = (0x38, 0xef53);
const STATE: usize = 0x3a;
const HAS_ERRORS: u16 = 2;
/// The number of blocks, whose upper half counts with a feature only.
const BLOCKS: usize = 0x4;
const BLOCKS_HIGH: usize = 0x150;
const INCOMPATIBLE_FEATURES: usize = 0x60;
const WIDE_NUMBERS: u64 = 0x80;

/// Why a sandbox has no disk.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The program that creates or checks file systems was not found.
    #[error("{0} is not installed. Install the package e2fsprogs")]
    NotInstalled(&'static str),
    /// A system call failed.
    #[error("cannot {action}: {source}")]
    System {
        /// The attempted action.
        action: &'static str,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// The program failed.
    #[error("{program} failed: {reason}")]
    Program {
        /// Its name.
        program: &'static str,
        /// Its messages, or how it ended.
        reason: String,
    },
}

fn system(action: &'static str) -> impl FnOnce(io::Error) -> DiskError {
    move |source| DiskError::System { action, source }
}

/// Prepares the folder of a sandbox with a disk of so many bytes. A disk that exists is
/// kept, and checked when its file system has errors.
///
/// # Errors
/// When the image cannot be created or repaired.
pub async fn prepare(folder: &SandboxFolder, size: u64) -> Result<(), DiskError> {
    folder.prepare_disk().map_err(system("create the folder of the sandbox"))?;
    let image = folder.image();
    match Superblock::read(&image) {
        Ok(block) if block.size < size => grow(&image, size).await,
        Ok(block) if block.has_errors => check(&image, "-p").await,
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(&image, size).await,
        Err(error) => Err(system("read the image of the disk")(error)),
    }
}

/// Enlarges a disk; its files stay. When this is interrupted, the next start continues.
async fn grow(image: &Path, size: u64) -> Result<(), DiskError> {
    let file = OpenOptions::new().write(true).open(image);
    file.and_then(|file| file.set_len(size)).map_err(system("enlarge the image of the disk"))?;
    // Nothing else is enlarged.
    check(image, "-fp").await?;
    run(ENLARGE, &[], image, FORMAT_TIMEOUT, 0).await
}

/// Gives up what is only in memory of the disk of a running sandbox whose files are deleted
/// next. Otherwise the end of the sandbox would take as long as writing it. From then on
/// its programs can neither read nor write files.
///
/// # Errors
/// When the guard has ended or the system does not allow it; then all is written.
pub fn discard(folder: &SandboxFolder, guard: u32) -> io::Result<()> {
    const SHUTDOWN: Opcode = opcode::read::<u32>(b'X', 125);
    const WITHOUT_WRITING: u32 = 2;
    let root = File::open(format!("/proc/{guard}/cwd"))?;
    // The number of a guard that has ended may be that of another process, in a file system
    // of the host.
    if !is_of(&root, &folder.image())? {
        return Err(io::Error::other("the process is not the guard of this sandbox"));
    }
    // SAFETY: the argument of this request is a number of 32 bits, which the kernel reads.
    Ok(unsafe { ioctl(&root, Setter::<SHUTDOWN, u32>::new(WITHOUT_WRITING)) }?)
}

/// Whether a file is in the file system of an image.
fn is_of(file: &File, image: &Path) -> io::Result<bool> {
    let device = file.metadata()?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let backing = fs::read(format!("/sys/dev/block/{major}:{minor}/loop/backing_file"))?;
    Ok(backing.trim_ascii_end() == image.as_os_str().as_bytes())
}

/// Creates an image, which gets its name when it is complete.
async fn create(image: &Path, size: u64) -> Result<(), DiskError> {
    let part = image.with_extension("part");
    let created = format(&part, size).await;
    let named = created.and_then(|()| fs::rename(&part, image).map_err(system("name the image of the disk")));
    if named.is_err() {
        // The error of what failed first is the one to report.
        let _ignored = fs::remove_file(&part);
    }
    named
}

async fn format(part: &Path, size: u64) -> Result<(), DiskError> {
    let create = || {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part)?;
        file.set_len(size)
    };
    create().map_err(system("create the image of the disk"))?;
    let block_size = BLOCK_SIZE.to_string();
    let options = ["-q", "-F", "-b", &block_size, "-i", BYTES_PER_INODE, "-J", JOURNAL, "-E", EXTENDED];
    // Nothing is kept for root or for a larger size, and errors never stop the host.
    let reserves = ["-m", "0", "-O", "^resize_inode", "-e", "remount-ro"];
    run(FORMAT, &[&options[..], &reserves].concat(), part, FORMAT_TIMEOUT, 0).await
}

/// Repairs a file system as far as that loses nothing.
async fn check(image: &Path, how: &str) -> Result<(), DiskError> {
    let locked = {
        let image = image.to_owned();
        tokio::task::spawn_blocking(move || lock_image(&image)).await
    };
    let _lock = locked.map_err(io::Error::other).flatten().map_err(system("lock the image of the disk"))?;
    tracing::info!(image = %image.display(), "the disk of a sandbox is checked and repaired");
    run(CHECK, &[how], image, CHECK_TIMEOUT, UNCORRECTED - 1).await
}

/// Runs a program on an image. It must exit with `greatest_code` at most.
async fn run(
    name: &'static str,
    options: &[&str],
    image: &Path,
    limit: Duration,
    greatest_code: i32,
) -> Result<(), DiskError> {
    let program = find(name).ok_or(DiskError::NotInstalled(name))?;
    let failed = |reason: String| DiskError::Program { program: name, reason };
    let (messages, writer) = io::pipe().map_err(|error| failed(error.to_string()))?;
    let errors = writer.try_clone().map_err(|error| failed(error.to_string()))?;
    let mut child = Command::new(program)
        .args(options)
        .arg(image)
        .env_clear()
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(errors)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let ended = timeout(limit, async {
        let mut messages = Receiver::from_owned_fd(messages.into())?;
        let mut text = Vec::new();
        (&mut messages).take(LONGEST_MESSAGE).read_to_end(&mut text).await?;
        // To the end: a program whose output is closed is killed.
        tokio::io::copy(&mut messages, &mut tokio::io::sink()).await?;
        Ok::<_, io::Error>((child.wait().await?, text))
    });
    let (status, text) = match ended.await {
        Ok(ended) => ended.map_err(|error| failed(error.to_string()))?,
        Err(_elapsed) => return Err(failed(format!("it did not end within {} s", limit.as_secs()))),
    };
    if status.code().is_some_and(|code| code <= greatest_code) {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&text).split_whitespace().collect::<Vec<_>>().join(" ");
    Err(failed(if text.is_empty() { status.to_string() } else { format!("{status}: {text}") }))
}

fn find(name: &str) -> Option<PathBuf> {
    let own = env::var_os("PATH").unwrap_or_default();
    search_path::find(&own, name).or_else(|| search_path::find(&OsString::from(SYSTEM_PROGRAMS), name))
}

/// What the superblock of an image says.
struct Superblock {
    /// Whether the file system has to be checked. After a loss of power it need not be: its
    /// journal is replayed when it is mounted.
    has_errors: bool,
    /// Bytes of the file system.
    size: u64,
}

impl Superblock {
    fn read(image: &Path) -> io::Result<Self> {
        let mut block = [0; 1024];
        File::open(image)?.read_exact_at(&mut block, SUPERBLOCK)?;
        Ok(Self::parse(&block))
    }

    fn parse(block: &[u8; 1024]) -> Self {
        let short = |at: usize| u16::from_le_bytes([block[at], block[at + 1]]);
        let long = |at: usize| u64::from(short(at)) | u64::from(short(at + 2)) << 16;
        let (place, magic) = MAGIC;
        let is_wide = long(INCOMPATIBLE_FEATURES) & WIDE_NUMBERS != 0;
        let high = if is_wide { long(BLOCKS_HIGH) } else { 0 };
        Self {
            has_errors: short(place) != magic || short(STATE) & HAS_ERRORS != 0,
            size: (long(BLOCKS) | high << 32).saturating_mul(u64::from(BLOCK_SIZE)),
        }
    }
}
