//! `DELETE /files`.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use http::StatusCode;

use super::super::cause::PathError;
use super::super::{Call, Toolbox};
use super::info::last_element;
use super::{Target, blocking, failure};
use crate::response::{self, Failure};
use axum::response::Response;

/// Deletes a file, or a folder with all that is in it.
pub(in super::super) async fn remove(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let target = toolbox.wanted(&call, "path")?;
    let recursive = call.query.bytes("recursive") == b"true";
    blocking(move || {
        delete(&target, recursive)?;
        Ok(response::empty(StatusCode::NO_CONTENT))
    })
    .await
}

fn delete(target: &Target, recursive: bool) -> Result<(), Failure> {
    let found = fs::metadata(&target.real).map_err(|error| failure(&target.given, &error))?;
    let name = target.given.display();
    if found.is_dir() && !recursive {
        return Err(Failure::bad_request(format_args!("{name} is a folder; it needs recursive=true")));
    }
    if recursive && last_element(&target.given) == "." {
        return Err(Failure::bad_request(format_args!("{name} names a folder by its dot; name the folder")));
    }
    remove_tree(&target.real).map_err(Failure::bad_request)
}

/// Removes whatever is at a path; a link goes, not what it leads to.
pub(super) fn remove_tree(path: &Path) -> Result<(), PathError> {
    let fail = |error| PathError::new("unlinkat", path, error);
    if !fs::symlink_metadata(path).map_err(fail)?.is_dir() {
        return fs::remove_file(path).map_err(fail);
    }
    // The standard library is quick and safe against somebody who swaps a
    // folder for a link meanwhile, but stops at the first thing that will not
    // go, where a client expects the rest to be gone.
    match fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) => remove_what_goes(path).map_err(|_: io::Error| fail(error)),
    }
}

/// Removes all that can be removed. The error is the first met.
fn remove_what_goes(folder: &Path) -> io::Result<()> {
    let mut outcome = Ok(());
    if let Ok(entries) = fs::read_dir(folder) {
        for entry in entries.flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let removed =
                if is_folder { remove_what_goes(&entry.path()) } else { fs::remove_file(entry.path()) };
            outcome = outcome.and(removed);
        }
    }
    outcome.and(fs::remove_dir(folder))
}
