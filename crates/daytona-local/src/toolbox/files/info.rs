//! `GET /files` and `GET /files/info`.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daytona_api::toolbox::files::FileInfo;
use jiff::Timestamp;

use super::super::cause::clean;
use super::super::stream::JsonArray;
use super::super::{Call, Toolbox, ok, text};
use super::names::Names;
use super::{Target, blocking, failure, json};
use crate::response::Failure;
use axum::response::Response;

/// The folder that is listed when none is named.
const HERE: &str = ".";

/// Lists a folder.
pub(in super::super) async fn list(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let folder = toolbox.target(call.query.path("path").unwrap_or_else(|| PathBuf::from(HERE)));
    let folder = folder.within_limits("path")?;
    let depth = depth(&call.query.text("depth"))?;
    let given = folder.given.clone();
    json(
        move |sink| {
            let at = clean(&folder.real);
            let names = Names::read(&folder.real, &|| sink.check())?;
            JsonArray::write(sink, |entries| list_below(&folder.real, &at, names, depth, entries))
        },
        move |error| failure(&given, error),
    )
    .await
}

fn depth(text: &str) -> Result<u32, Failure> {
    match text {
        "" => Ok(1),
        text => text
            .parse()
            .ok()
            .filter(|&depth| depth >= 1)
            .ok_or_else(|| Failure::bad_request("depth must be a whole number from 1 on")),
    }
}

/// A folder of which the entries are being listed.
struct Listed {
    names: Names,
    real: PathBuf,
    shown: PathBuf,
}

/// Adds the entries of a folder, each followed by its own. What cannot be
/// looked at (a dangling link, an entry of a folder that may not be searched, a
/// path longer than the system takes) is left out. Links are shown as what they
/// lead to but not descended into, so that a circle of links ends.
fn list_below(
    folder: &Path,
    shown: &Path,
    names: Names,
    depth: u32,
    entries: &mut JsonArray<'_>,
) -> io::Result<()> {
    let mut folders = vec![Listed { names, real: folder.to_owned(), shown: shown.to_owned() }];
    while let Some(folder) = folders.last_mut() {
        entries.check()?;
        let Some(name) = folder.names.next() else {
            folders.pop();
            continue;
        };
        let (real, path) = (folder.real.join(name), folder.shown.join(name));
        let Ok(metadata) = fs::metadata(&real) else { continue };
        entries.push(&describe(lossy(Path::new(name)), &path, &metadata))?;
        let is_deep_enough = u32::try_from(folders.len()).is_ok_and(|at| at >= depth);
        if is_deep_enough || !metadata.is_dir() || real.is_symlink() {
            continue;
        }
        // A folder that may not be read has no entries to show.
        if let Ok(names) = Names::read(&real, &|| entries.check()) {
            folders.push(Listed { names, real, shown: path });
        }
    }
    Ok(())
}

/// Tells what a path is.
pub(in super::super) async fn info(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let target = toolbox.wanted(&call, "path")?;
    blocking(move |_client| Ok(ok(&look(&target)?))).await
}

fn look(target: &Target) -> Result<FileInfo, Failure> {
    let metadata = fs::metadata(&target.real).map_err(|error| failure(&target.given, &error))?;
    Ok(describe(last_element(&target.given), &clean(&target.real), &metadata))
}

/// The last element of a path as written: `d/.` ends in `.`, `d/` in `d`.
pub(super) fn last_element(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let bytes = path.as_os_str().as_bytes();
    let end = bytes.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
    if end == 0 {
        return if bytes.is_empty() { HERE.to_owned() } else { "/".to_owned() };
    }
    let start = bytes[..end].iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    text::lossy(bytes[start..end].to_vec())
}

/// A path as text.
pub(super) fn lossy(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    text::lossy(path.as_os_str().as_bytes().to_vec())
}

fn describe(name: String, path: &Path, metadata: &Metadata) -> FileInfo {
    let modified = metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
    let modified = modified.unwrap_or(Timestamp::UNIX_EPOCH);
    FileInfo {
        name,
        size: i64::try_from(metadata.len()).unwrap_or(i64::MAX),
        mode: mode_text(metadata),
        mod_time: modified.strftime("%Y-%m-%d %H:%M:%S%.f +0000 UTC").to_string(),
        modified_at: modified.to_string(),
        is_dir: metadata.is_dir(),
        owner: metadata.uid().to_string(),
        group: metadata.gid().to_string(),
        permissions: format!("{:04o}", metadata.mode() & 0o777),
        path: Some(lossy(path)),
    }
}

/// The mode as the service writes it: a letter for each special bit in front,
/// a dash only when there is none.
fn mode_text(metadata: &Metadata) -> String {
    let (kind, mode) = (metadata.file_type(), metadata.mode());
    let letters = [
        ("d", kind.is_dir()),
        ("D", kind.is_block_device() || kind.is_char_device()),
        ("p", kind.is_fifo()),
        ("S", kind.is_socket()),
        ("u", mode & 0o4000 != 0),
        ("g", mode & 0o2000 != 0),
        ("c", kind.is_char_device()),
        ("t", mode & 0o1000 != 0),
    ];
    let mut text: String = letters.into_iter().filter(|(_, set)| *set).map(|(letter, _)| letter).collect();
    if text.is_empty() {
        text.push('-');
    }
    for (place, letter) in "rwxrwxrwx".chars().enumerate() {
        text.push(if mode & (0o400 >> place) != 0 { letter } else { '-' });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_element_is_taken_as_written() {
        for (path, last) in
            [("d/.", "."), (".", "."), ("d/", "d"), ("/", "/"), ("a/b", "b"), ("", "."), ("//", "/")]
        {
            assert_eq!(last_element(Path::new(path)), last, "{path}");
        }
    }

    #[test]
    fn a_depth_is_a_whole_number_from_one() {
        assert_eq!(depth("").unwrap(), 1);
        assert_eq!(depth("3").unwrap(), 3);
        for bad in ["0", "-1", "x", "1.5"] {
            assert!(depth(bad).is_err(), "{bad}");
        }
    }
}
