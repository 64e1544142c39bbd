//! `GET /files/search`: names that match a pattern.

use std::sync::Arc;

use daytona_api::toolbox::files::SearchFilesResponse;

use super::super::{Call, Toolbox, ok};
use super::blocking;
use super::glob::Glob;
use super::info::{last_element, lossy};
use super::walk::walk;
use crate::response::Failure;
use axum::response::Response;

/// Finds files and folders below a path by their names.
pub(in super::super) async fn search(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let start = toolbox.wanted(&call, "path")?;
    let pattern = call.query.text("pattern");
    if pattern.is_empty() {
        return Err(Failure::bad_request("pattern is required"));
    }
    blocking(move || {
        let mut files = Vec::new();
        // A pattern that makes no sense matches nothing.
        if let Some(glob) = Glob::parse(&pattern) {
            walk(&start, &mut |target, _| {
                if glob.matches(&last_element(&target.given)) {
                    files.push(lossy(&target.given));
                }
            });
        }
        Ok(ok(&SearchFilesResponse { files }))
    })
    .await
}
