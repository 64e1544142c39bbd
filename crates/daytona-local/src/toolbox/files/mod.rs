//! The file routes. All of them do blocking system calls, so each runs on the
//! threads kept for those. None waits for another process: FIFOs are refused.

mod bulk_download;
mod bulk_upload;
mod disposition;
mod download;
mod find;
mod folder;
mod glob;
mod info;
mod multipart;
mod open;
mod ownership;
mod permissions;
mod quoted_printable;
mod range;
mod relocate;
mod remove;
mod replace;
mod search;
mod upload;
mod walk;

use std::io;
use std::path::{Path, PathBuf};

use http::StatusCode;

use super::cause::cause;
use super::{Call, Toolbox};
use crate::response::Failure;

pub(super) use bulk_download::bulk_download;
pub(super) use bulk_upload::bulk_upload;
pub(super) use download::download;
pub(super) use find::find;
pub(super) use folder::folder;
pub(super) use info::{info, list};
pub(super) use permissions::permissions;
pub(super) use relocate::relocate;
pub(super) use remove::remove;
pub(super) use replace::replace;
pub(super) use search::search;
pub(super) use upload::{upload, upload_v2};

/// A path as the client wrote it, and where that is.
#[derive(Clone, Debug)]
struct Target {
    /// For messages and responses.
    given: PathBuf,
    /// For the system.
    real: PathBuf,
}

impl Toolbox {
    /// Where a path of a client leads. An empty one leads nowhere.
    fn target(&self, given: PathBuf) -> Target {
        let real = if given.as_os_str().is_empty() { PathBuf::new() } else { self.locate(&given) };
        Target { given, real }
    }

    /// The target named by a parameter that must be there.
    fn wanted(&self, call: &Call, name: &str) -> Result<Target, Failure> {
        match call.query.path(name) {
            Some(path) => Ok(self.target(path)),
            None => Err(Failure::bad_request(format_args!("{name} is required"))),
        }
    }
}

/// What a failed system call on a path is to a client.
fn failure(path: &Path, error: &io::Error) -> Failure {
    let (status, code, class) = match error.kind() {
        io::ErrorKind::NotFound => (StatusCode::NOT_FOUND, "FILE_NOT_FOUND", "not found"),
        io::ErrorKind::PermissionDenied => (StatusCode::FORBIDDEN, "FILE_ACCESS_DENIED", "forbidden"),
        _ => (StatusCode::BAD_REQUEST, "BAD_REQUEST", "bad request"),
    };
    Failure { status, code, message: format!("{class}: {}: {}", path.display(), cause(error)) }
}

/// Does blocking work off the runtime's threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Failure {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "INTERNAL_SERVER_ERROR",
            message: format!("internal server error: {error}"),
        }),
    }
}
