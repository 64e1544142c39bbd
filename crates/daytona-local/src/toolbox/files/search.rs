//! `GET /files/search`: names that match a pattern.

use std::cell::RefCell;
use std::sync::Arc;

use super::super::stream::JsonArray;
use super::super::{Call, Toolbox};
use super::glob::Glob;
use super::info::{last_element, lossy};
use super::json;
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
    json(
        move |sink| {
            sink.write(b"{\"files\":")?;
            JsonArray::write(sink, |files| {
                // A pattern that makes no sense matches nothing.
                let Some(glob) = Glob::parse(&pattern) else { return Ok(()) };
                let files = RefCell::new(files);
                walk(&start, &|| files.borrow().check(), &mut |given, _, _| {
                    if glob.matches(&last_element(given)) {
                        files.borrow_mut().push(&lossy(given))?;
                    }
                    Ok(())
                })
            })?;
            sink.write(b"}")
        },
        |error| Failure::internal(error),
    )
    .await
}
