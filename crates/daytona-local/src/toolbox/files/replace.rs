//! `POST /files/replace`.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use daytona_api::toolbox::files::{REPLACE, ReplaceResult};
use memchr::memmem;

use super::super::call::{InvalidBody, given};
use super::super::cause::PathError;
use super::super::{Call, Toolbox, ok};
use super::open::{open, open_to_read};
use super::{Target, blocking};
use crate::response::Failure;
use axum::response::Response;

/// Replaces a text in files, one after the other.
pub(in super::super) async fn replace(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let request = call.json(&REPLACE).await.map_err(InvalidBody::into_bad_request)?;
    given("pattern", &request.pattern).map_err(InvalidBody::into_bad_request)?;
    let toolbox = Arc::clone(toolbox);
    blocking(move || {
        let finder = memmem::Finder::new(request.pattern.as_bytes());
        let results = request.files.iter().map(|file| {
            let done = rewrite(&toolbox.target(PathBuf::from(file)), &finder, request.new_value.as_bytes());
            let error = done.err().map(|error| error.to_string());
            ReplaceResult { file: file.clone(), success: error.is_none(), error }
        });
        Ok(ok(&results.collect::<Vec<_>>()))
    })
    .await
}

/// Writes a file anew, in place: its mode, its other names and links to it
/// stay. A file without the text is written too.
fn rewrite(target: &Target, finder: &memmem::Finder<'_>, new_value: &[u8]) -> Result<(), PathError> {
    let fail = |operation| move |error| PathError::new(operation, &target.given, error);
    let mut old = Vec::new();
    let mut file = open_to_read(&target.real).map_err(fail("open"))?;
    file.read_to_end(&mut old).map_err(fail("read"))?;
    let new = replaced(&old, finder, new_value);
    let mut file = open(OpenOptions::new().write(true).truncate(true), &target.real).map_err(fail("open"))?;
    file.write_all(&new).map_err(fail("write"))
}

fn replaced(old: &[u8], finder: &memmem::Finder<'_>, new_value: &[u8]) -> Vec<u8> {
    let mut new = Vec::with_capacity(old.len());
    let mut rest = 0;
    for found in finder.find_iter(old) {
        new.extend_from_slice(&old[rest..found]);
        new.extend_from_slice(new_value);
        rest = found + finder.needle().len();
    }
    new.extend_from_slice(&old[rest..]);
    new
}
