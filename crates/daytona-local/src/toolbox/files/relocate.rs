//! `POST /files/move`.

use std::fs;
use std::io;
use std::sync::Arc;

use http::StatusCode;
use serde::Serialize;

use super::super::cause::{PathError, cause_at, clean};
use super::super::client::Client;
use super::super::{Call, Toolbox, ok};
use super::remove::remove_tree;
use super::tree_copy::copy_tree;
use super::{Target, blocking, failure};
use crate::response::{self, Failure};
use axum::response::Response;

/// The response when both places hold the file now.
#[derive(Serialize)]
struct Copied {
    message: &'static str,
    error: String,
}

/// Moves a file or folder to a path where nothing is.
pub(in super::super) async fn relocate(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let cleaned = |target: Target| Target { real: clean(&target.real), ..target };
    let source = cleaned(toolbox.wanted(&call, "source")?);
    let destination = cleaned(toolbox.wanted(&call, "destination")?);
    blocking(move |client| {
        check(&source, &destination)?;
        perform(&source, &destination, client)
    })
    .await
}

fn check(source: &Target, destination: &Target) -> Result<(), Failure> {
    fs::metadata(&source.real).map_err(|error| failure(&source.given, &error))?;
    if let Some(folder) = destination.real.parent() {
        fs::metadata(folder).map_err(|error| failure(folder, &error))?;
    }
    if fs::metadata(&destination.real).is_ok() {
        return Err(Failure {
            status: StatusCode::CONFLICT,
            code: "CONFLICT",
            message: format!("conflict: {} exists already", destination.given.display()),
        });
    }
    Ok(())
}

fn perform(source: &Target, destination: &Target, client: &Client) -> Result<Response, Failure> {
    let moved = || response::empty(StatusCode::OK);
    match fs::rename(&source.real, &destination.real) {
        Ok(()) => return Ok(moved()),
        // Another file system, or a folder that will not give the source away:
        // its contents can be had all the same.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::CrossesDevices | io::ErrorKind::PermissionDenied) => {}
        Err(error) => return Err(failure_to_move(source, destination, &error)),
    }
    if let Err(error) = copy_tree(&source.real, &destination.real, &|| client.check()) {
        // Nothing was there before, so nothing but half a copy is lost.
        let _ = remove_tree(&destination.real);
        return Err(failure_to_move(source, destination, &error));
    }
    match remove_tree(&source.real) {
        Ok(()) => Ok(moved()),
        Err(error) => Ok(ok(&Copied {
            message: "file copied successfully but source could not be deleted",
            error: format!("failed to delete source: {}", PathError::new("unlinkat", &source.real, error)),
        })),
    }
}

fn failure_to_move(source: &Target, destination: &Target, error: &io::Error) -> Failure {
    let cause = cause_at(&destination.given, error);
    let (source, destination) = (source.given.display(), destination.given.display());
    Failure::bad_request(format_args!("could not move {source} to {destination}: {cause}"))
}
