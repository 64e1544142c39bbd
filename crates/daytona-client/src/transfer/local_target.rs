//! A local file that is written by a download. It appears whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::TempPath;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

/// Number of pieces that wait to be written. A download waits while there are more.
const WAITING: usize = 4;
/// How many links lead to a file at most, as in the system.
const MOST_LINKS: usize = 40;

/// A local file that is being written, on a thread for blocking work. Dropping it
/// before [`LocalTarget::finish`] leaves the file as it was.
pub(crate) struct LocalTarget {
    pieces: mpsc::Sender<Bytes>,
    writer: JoinHandle<io::Result<()>>,
    place: Place,
}

/// Where the content goes.
enum Place {
    /// A new file beside the target, which takes its place once it is complete.
    Beside { new: TempPath, target: PathBuf, old: Option<Box<Metadata>> },
    /// A device, which has no content of its own.
    Device,
}

impl LocalTarget {
    /// Finds out how a file can be written. Its folder is created; links are followed.
    pub(crate) async fn create(path: PathBuf) -> io::Result<Self> {
        let (file, place) = in_background(move || open(&path)).await?;
        let (pieces, mut waiting) = mpsc::channel::<Bytes>(WAITING);
        let writer = spawn_blocking(move || {
            let mut file = file;
            while let Some(piece) = waiting.blocking_recv() {
                file.write_all(&piece)?;
            }
            file.flush()
        });
        Ok(Self { pieces, writer, place })
    }

    /// Writes a piece, or waits until there is space for it.
    pub(crate) async fn write(&mut self, piece: Bytes) -> io::Result<()> {
        match self.pieces.send(piece).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.ended().await),
        }
    }

    /// Puts the content in place.
    pub(crate) async fn finish(self) -> io::Result<()> {
        let Self { pieces, writer, place } = self;
        drop(pieces);
        writer.await.unwrap_or_else(|failed| Err(io::Error::other(failed)))?;
        let Place::Beside { new, target, old } = place else { return Ok(()) };
        in_background(move || {
            if let Some(old) = old {
                keep_owner(&new, &old);
                fs::set_permissions(&new, old.permissions())?;
            }
            new.persist(&target).map_err(|failed| failed.error)
        })
        .await
    }

    /// Returns why nothing more is written.
    async fn ended(&mut self) -> io::Error {
        match (&mut self.writer).await {
            Ok(Err(error)) => error,
            Ok(Ok(())) => io::Error::other("the file was closed"),
            Err(failed) => io::Error::other(failed),
        }
    }
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|failed| Err(io::Error::other(failed)))
}

fn open(path: &Path) -> io::Result<(File, Place)> {
    let target = followed(path)?;
    let old = match fs::metadata(&target) {
        Ok(metadata) if metadata.is_file() => {
            // What may not be written may not be replaced either.
            OpenOptions::new().write(true).open(&target)?;
            Some(metadata)
        }
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if is_device(&metadata) => {
            return Ok((OpenOptions::new().write(true).open(&target)?, Place::Device));
        }
        // Opening a pipe waits for its other end, which nothing could interrupt.
        Ok(_) => return Err(io::Error::other("it is not a regular file. Use downloadFileStream")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new("."));
    if old.is_none() {
        if target.file_name().is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        fs::create_dir_all(folder)?;
    }
    let (file, new) = temporary().tempfile_in(folder)?.into_parts();
    Ok((file, Place::Beside { new, target, old: old.map(Box::new) }))
}

/// The path behind the links at the end of a path.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

fn temporary() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".daytona-").suffix(".part");
    #[cfg(unix)]
    {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt as _;
        // Less the umask, as for every new file.
        builder.permissions(Permissions::from_mode(0o666));
    }
    builder
}

/// Gives a new file the owner and the group of the one that it replaces, as far as this
/// process may.
#[cfg(unix)]
fn keep_owner(new: &Path, old: &Metadata) {
    use std::os::unix::fs::{MetadataExt as _, chown};
    if chown(new, Some(old.uid()), Some(old.gid())).is_err() {
        let _ = chown(new, None, Some(old.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Metadata) {}

#[cfg(unix)]
fn is_device(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_device(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn write(path: &Path, content: &'static str) -> io::Result<()> {
        let mut target = LocalTarget::create(path.to_owned()).await?;
        target.write(Bytes::from_static(content.as_bytes())).await?;
        target.finish().await
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_file_appears_once_it_is_complete_and_an_aborted_one_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file");
        let mut target = LocalTarget::create(path.clone()).await.unwrap();
        target.write(Bytes::from_static(b"half")).await.unwrap();
        assert!(!path.exists());
        drop(target);
        assert_eq!(names(path.parent().unwrap()), Vec::<String>::new());
        write(&path, "whole").await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        let mut target = LocalTarget::create(path.clone()).await.unwrap();
        target.write(Bytes::from_static(b"new")).await.unwrap();
        drop(target);
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(names(path.parent().unwrap()), ["file"]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn an_existing_file_keeps_its_mode_and_the_links_to_it() {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "old").unwrap();
        fs::set_permissions(at("file"), Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        std::os::unix::fs::symlink("made", at("dangling")).unwrap();
        write(&at("link"), "new").await.unwrap();
        write(&at("dangling"), "made").await.unwrap();
        assert_eq!(fs::read_to_string(at("file")).unwrap(), "new");
        assert_eq!(fs::metadata(at("file")).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(folder.path()), ["dangling", "file", "link", "made"]);
        write(Path::new("/dev/null"), "nowhere").await.unwrap();
    }

    #[tokio::test]
    async fn what_cannot_be_written_says_why() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let kind = async |path: &Path| write(path, "x").await.unwrap_err().kind();
        assert_eq!(kind(folder.path()).await, io::ErrorKind::IsADirectory);
        assert_eq!(kind(&folder.path().join("file/below")).await, io::ErrorKind::NotADirectory);
        assert_eq!(kind(Path::new("")).await, io::ErrorKind::NotFound);
    }
}
