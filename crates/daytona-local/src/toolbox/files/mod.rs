//! The file routes. All of them do blocking system calls, so each runs on the
//! threads kept for those. None waits for another process: FIFOs are refused.
//! All end when their client leaves, and none holds more in memory than a piece
//! of a file, or the names in a folder.

mod bulk_download;
mod bulk_upload;
mod disposition;
mod download;
mod find;
mod folder;
mod glob;
mod info;
mod multipart;
mod names;
mod ownership;
mod permissions;
mod quoted_printable;
mod range;
mod relocate;
mod remove;
mod replace;
mod search;
mod staged;
mod tree_copy;
mod upload;
mod walk;
mod watch;
mod watched_tree;

use std::io;
use std::path::{Path, PathBuf};

use http::StatusCode;

use super::cause::cause_at;
use super::client::Client;
use super::stream::{Sink, collected};
use super::task;
use super::{Call, Toolbox};
use crate::response::{self, Failure};
use axum::response::Response;

pub(super) use bulk_download::bulk_download;
pub(super) use bulk_upload::bulk_upload;
pub(super) use download::{download, serve_file};
pub(super) use find::find;
pub(super) use folder::folder;
pub(super) use info::{info, list};
pub(super) use permissions::permissions;
pub(super) use relocate::relocate;
pub(super) use remove::remove;
pub(crate) use remove::remove_tree;
pub(super) use replace::replace;
pub(super) use search::search;
pub(super) use upload::{upload, upload_v2};
pub(super) use watch::{Watches, watch};

/// A path as the client wrote it, and where that is.
#[derive(Clone, Debug)]
struct Target {
    /// For messages and responses.
    given: PathBuf,
    /// For the system.
    real: PathBuf,
}

/// The longest path that the system takes.
const LONGEST_PATH: usize = 4095;

impl Toolbox {
    /// Where a path of a client leads. An empty one leads nowhere.
    fn target(&self, given: PathBuf) -> Target {
        let real = if given.as_os_str().is_empty() { PathBuf::new() } else { self.locate(&given) };
        Target { given, real }
    }

    /// The target named by a parameter that must be there.
    fn wanted(&self, call: &Call, name: &str) -> Result<Target, Failure> {
        match call.query.path(name) {
            Some(path) => self.target(path).within_limits(name),
            None => Err(Failure::bad_request(format_args!("{name} is required"))),
        }
    }
}

impl Target {
    /// Refuses a path that the system would not take, before any work on it.
    fn within_limits(self, name: &str) -> Result<Self, Failure> {
        if self.is_too_long() {
            // Without the path: it would only make the message unreadable.
            return Err(Failure::bad_request(format_args!(
                "{name} is too long: {} bytes, of which the system takes {LONGEST_PATH}",
                self.given.as_os_str().len()
            )));
        }
        Ok(self)
    }

    fn is_too_long(&self) -> bool {
        self.real.as_os_str().len().max(self.given.as_os_str().len()) > LONGEST_PATH
    }
}

/// What a failed system call on a path is to a client.
fn failure(path: &Path, error: &io::Error) -> Failure {
    let (status, code, class) = match error.kind() {
        io::ErrorKind::NotFound => (StatusCode::NOT_FOUND, "FILE_NOT_FOUND", "not found"),
        io::ErrorKind::PermissionDenied => (StatusCode::FORBIDDEN, "FILE_ACCESS_DENIED", "forbidden"),
        _ => (StatusCode::BAD_REQUEST, "BAD_REQUEST", "bad request"),
    };
    Failure { status, code, message: format!("{class}: {}: {}", path.display(), cause_at(path, error)) }
}

/// Does blocking work off the runtime's threads. The work asks the client between
/// its steps, and so ends soon after the request was dropped.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce(&Client) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (client, _presence) = Client::new();
    task::blocking(move || work(&client)).await?
}

/// A response with a JSON body that blocking work writes; `fail` tells why it
/// could not begin.
async fn json(
    work: impl FnOnce(&mut Sink) -> io::Result<()> + Send + 'static,
    fail: impl FnOnce(&io::Error) -> Failure,
) -> Result<Response, Failure> {
    match collected(work).await {
        Ok(body) => Ok(response::typed(StatusCode::OK, "application/json", body)),
        Err(error) => Err(fail(&error)),
    }
}
