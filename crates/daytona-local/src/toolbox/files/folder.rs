//! `POST /files/folder`.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use http::StatusCode;
use rustix::io::Errno;

use super::super::cause::{PathError, clean_relative};
use super::super::{Call, Toolbox};
use super::permissions::octal;
use super::{Target, blocking};
use crate::response::{self, Failure};
use axum::response::Response;

/// The mode of a folder when none is asked for, before the umask.
const DEFAULT_MODE: u32 = 0o755;

/// Makes a folder and its parents.
pub(in super::super) async fn folder(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let target = toolbox.wanted(&call, "path")?;
    let mode = match call.query.text("mode").as_str() {
        "" => DEFAULT_MODE,
        text => octal(text)?,
    };
    blocking(move |_client| {
        make_all(&target, mode).map_err(Failure::bad_request)?;
        Ok(response::empty(StatusCode::CREATED))
    })
    .await
}

/// Makes a folder and its parents, all with `mode`; the error names the one
/// that could not be made. The standard library's does not say which it was.
pub(super) fn make_all(target: &Target, mode: u32) -> Result<(), PathError> {
    let fail = |target: &Target, errno| PathError::new("mkdir", &target.given, io::Error::from(errno));
    if target.is_too_long() {
        return Err(fail(target, Errno::NAMETOOLONG));
    }
    // From the folder itself up to the first one that is there.
    let mut missing = vec![target.clone()];
    while let Some(lowest) = missing.last() {
        match fs::metadata(&lowest.real) {
            Ok(found) if found.is_dir() => {
                missing.pop();
                break;
            }
            Ok(_) => return Err(fail(lowest, Errno::NOTDIR)),
            Err(_) => {}
        }
        match parent(lowest) {
            Some(above) => missing.push(above),
            None => break,
        }
    }
    missing.iter().rev().try_for_each(|folder| make(folder, mode))
}

fn make(folder: &Target, mode: u32) -> Result<(), PathError> {
    match DirBuilder::new().mode(mode & 0o777).create(&folder.real) {
        // Somebody else may have made it meanwhile.
        Err(_) if fs::symlink_metadata(&folder.real).is_ok_and(|found| found.is_dir()) => Ok(()),
        Err(error) => Err(PathError::new("mkdir", &folder.given, error)),
        Ok(()) => Ok(()),
    }
}

/// The folder above, both as written and as it is.
fn parent(target: &Target) -> Option<Target> {
    let given = target.given.parent().filter(|given| !given.as_os_str().is_empty())?;
    let real = target.real.parent()?;
    Some(Target { given: given.to_owned(), real: real.to_owned() })
}

/// The folder that a file is to be in, its path cleaned by its text.
pub(super) fn folder_of(toolbox: &Toolbox, file: &Path) -> Target {
    let ends_in_slash = file.as_os_str().as_encoded_bytes().ends_with(b"/");
    let folder = if ends_in_slash { Some(file) } else { file.parent() };
    toolbox.target(clean_relative(folder.unwrap_or(file)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolbox::ToolboxOptions;
    use std::path::PathBuf;

    #[test]
    fn the_folder_of_a_file_is_cleaned() {
        let toolbox = Toolbox::new(ToolboxOptions {
            work_dir: "/w".into(),
            home_dir: "/h".into(),
            state_dir: "/s".into(),
            memory_events: None,
            ..Default::default()
        });
        for (file, folder) in
            [("f", "."), ("a/../b/c", "b"), ("new/", "new"), ("/f", "/"), ("../x/f", "../x")]
        {
            assert_eq!(folder_of(&toolbox, Path::new(file)).given, PathBuf::from(folder), "{file}");
        }
    }
}
