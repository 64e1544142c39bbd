//! The one way in which the toolbox opens files that a client names or a program
//! of the sandbox may have made.
//!
//! Such a file may be a FIFO whose other end is never opened, a socket, or a
//! device that returns data for ever. Only regular files are read. The kind is
//! looked at first, because opening alone has effects (a writer that waits for a
//! reader goes on); opening never waits, in case the file was exchanged since,
//! and the kind is looked at again then. Sockets are left to the system, which
//! opens none.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Never waits for another process, nor for the holder of a lease, and no
/// terminal becomes that of the toolbox.
const FLAGS: i32 = libc::O_NONBLOCK | libc::O_NOCTTY;

/// Opens a regular file to be read, or a folder, whose reading then fails.
///
/// # Errors
/// When there is no such file, it may not be read, or it is of another kind.
pub(super) fn open_to_read(path: &Path) -> io::Result<(File, Metadata)> {
    readable(&fs::metadata(path)?)?;
    let file = OpenOptions::new().read(true).custom_flags(FLAGS).open(path)?;
    let metadata = file.metadata()?;
    readable(&metadata)?;
    Ok((file, metadata))
}

fn readable(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    let is_refused = kind.is_fifo() || kind.is_char_device() || kind.is_block_device();
    if is_refused { Err(not_regular()) } else { Ok(()) }
}

/// Opens a regular file or a device to be written. It is neither created nor
/// cut off.
///
/// # Errors
/// When there is no such file, it may not be written, or it is of another kind.
pub(super) fn open_to_write(path: &Path) -> io::Result<(File, Metadata)> {
    writable(&fs::metadata(path)?)?;
    let file = OpenOptions::new().write(true).custom_flags(FLAGS).open(path)?;
    let metadata = file.metadata()?;
    writable(&metadata)?;
    Ok((file, metadata))
}

fn writable(metadata: &Metadata) -> io::Result<()> {
    if metadata.file_type().is_fifo() { Err(not_regular()) } else { Ok(()) }
}

fn not_regular() -> io::Error {
    io::Error::other("not a regular file")
}

/// The most that is read of a list such as `/etc/passwd`.
const LONGEST_LIST: u64 = 4 * 1024 * 1024;

/// Reads a list of the system, which a program of the sandbox may have replaced
/// with anything. What cannot be read lists nothing.
pub(super) fn read_list(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read = open_to_read(path).and_then(|(file, _)| file.take(LONGEST_LIST).read_to_end(&mut bytes));
    match read {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            tracing::debug!(%error, path = %path.display(), "a list of the system cannot be read");
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn nothing_waits_and_only_regular_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        mknodat(CWD, &fifo, FileType::Fifo, Mode::RWXU, 0).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        for (path, reason) in [(fifo, "not a regular file"), (folder.path().join("socket"), "No such device")]
        {
            assert!(open_to_read(&path).unwrap_err().to_string().starts_with(reason));
            assert!(open_to_write(&path).unwrap_err().to_string().starts_with(reason));
            assert_eq!(read_list(&path), "");
        }
        assert!(open_to_read(Path::new("/dev/zero")).is_err());
        assert!(open_to_write(Path::new("/dev/null")).is_ok());
        let file = folder.path().join("file");
        fs::write(&file, "daytona\n").unwrap();
        assert_eq!(read_list(&file), "daytona\n");
    }

    #[test]
    fn a_reader_that_is_refused_wakes_no_writer() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        mknodat(CWD, &fifo, FileType::Fifo, Mode::RWXU, 0).unwrap();
        // While somebody reads, a writer would get in; nobody reads.
        assert!(open_to_read(&fifo).is_err());
        let writer = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(&fifo);
        assert_eq!(writer.unwrap_err().raw_os_error(), Some(libc::ENXIO));
    }
}
