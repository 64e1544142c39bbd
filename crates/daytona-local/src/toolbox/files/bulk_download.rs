//! `POST /files/bulk-download`: any number of files in one multipart response.

use std::fs::{File, Metadata};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daytona_api::source;
use daytona_api::toolbox::files::{BULK_DOWNLOAD, BULK_DOWNLOAD_BOUNDARY, BulkDownloadRequest};
use http::{Method, StatusCode};
use serde_json::Value;

use super::super::call::InvalidBody;
use super::super::cause::PathError;
use super::super::open::open_to_read;
use super::super::stream;
use super::super::{Call, Toolbox, json_body};
use super::Target;
use super::disposition::filename;
use crate::response::{self, Failure};
use axum::response::Response;

const CONTENT_TYPE: &str = "multipart/form-data; boundary=DAYTONA-FILE-BOUNDARY";

/// Sends files, one part a path, in the order asked for.
pub(in super::super) async fn bulk_download(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<Response, Failure> {
    let body = call.read().await.map_err(InvalidBody::into_bad_request)?;
    let request = parse(&body).map_err(Failure::bad_request)?;
    let (toolbox, method) = (Arc::clone(toolbox), call.method);
    let body = stream::written(move |sink| {
        for path in request.paths {
            if part(&toolbox.target(PathBuf::from(path)), &method, sink)?.is_break() {
                return Ok(());
            }
        }
        sink.write(format!("--{BULK_DOWNLOAD_BOUNDARY}--\r\n").as_bytes())
    });
    Ok(response::typed(StatusCode::OK, CONTENT_TYPE, body))
}

fn parse(body: &[u8]) -> Result<BulkDownloadRequest, String> {
    let wanted =
        |reason: String| format!("request body must be {{\"paths\": [ ... ]}} and non-empty: {reason}");
    let mut fields = json_body::fields(body, &(BULK_DOWNLOAD.body_fields)()).map_err(wanted)?;
    if let Some(Value::Array(paths)) = fields.get_mut("paths") {
        for path in paths.iter_mut().filter(|path| path.is_null()) {
            *path = Value::String(String::new());
        }
    }
    let request: BulkDownloadRequest = json_body::build(fields).map_err(wanted)?;
    if request.paths.is_empty() { Err(wanted("there are none".to_owned())) } else { Ok(request) }
}

/// Writes one part: the file, or why there is none. The answer ends after a file
/// that cannot be read to its end, without the closing boundary, as the service's.
fn part(target: &Target, method: &Method, sink: &mut stream::Sink) -> io::Result<ControlFlow<()>> {
    match open(target) {
        Ok((mut file, metadata)) => {
            let media_type = media_type(&target.given);
            let more = format!("Content-Length: {}\r\nContent-Type: {media_type}", metadata.len());
            head("file", &target.given, &more, sink)?;
            // A file in `/proc` has more than it says, and all of it is sent.
            if let Err(error) = sink.copy(&mut file, u64::MAX) {
                tracing::debug!(%error, "a file could not be read to its end");
                return Ok(ControlFlow::Break(()));
            }
        }
        Err(failure) => {
            let path = super::info::lossy(&target.given);
            let body = serde_json::to_vec(&failure.body(source::DAEMON, method, &path))?;
            head("error", &target.given, "Content-Type: application/json; charset=utf-8", sink)?;
            sink.write(&body)?;
        }
    }
    sink.write(b"\r\n")?;
    Ok(ControlFlow::Continue(()))
}

fn head(name: &str, path: &Path, more: &str, sink: &mut stream::Sink) -> io::Result<()> {
    let start = format!("--{BULK_DOWNLOAD_BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; ");
    sink.write(start.as_bytes())?;
    sink.write(&filename(path))?;
    sink.write(format!("\r\n{more}\r\n\r\n").as_bytes())
}

fn open(target: &Target) -> Result<(File, Metadata), Failure> {
    let fail = |status, code, message| Err(Failure { status, code, message });
    let path = target.given.display();
    if target.given.as_os_str().is_empty() {
        return fail(
            StatusCode::BAD_REQUEST,
            "INVALID_FILE_PATH",
            "invalid file path: path is empty".to_owned(),
        );
    }
    match open_to_read(&target.real) {
        Ok((_, metadata)) if metadata.is_dir() => {
            let message = format!("invalid file path: path points to a directory: {path}");
            fail(StatusCode::BAD_REQUEST, "INVALID_FILE_PATH", message)
        }
        Ok(opened) => Ok(opened),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => {
                fail(StatusCode::NOT_FOUND, "FILE_NOT_FOUND", format!("file not found: {path}"))
            }
            io::ErrorKind::PermissionDenied => {
                fail(StatusCode::FORBIDDEN, "FILE_ACCESS_DENIED", format!("permission denied: {path}"))
            }
            _ => {
                let error = PathError::new("open", &target.given, error);
                let message = format!("failed to open file: {error}");
                fail(StatusCode::INTERNAL_SERVER_ERROR, "FILE_READ_FAILED", message)
            }
        },
    }
}

/// The type of a file by the end of its name.
fn media_type(path: &Path) -> String {
    let name = super::info::last_element(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let guessed = mime_guess::from_ext(ending).first_or_octet_stream();
    match guessed.type_() {
        mime_guess::mime::TEXT => format!("{guessed}; charset=utf-8"),
        _ => guessed.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_by_the_end_of_the_name() {
        for (path, expected) in [
            ("a.html", "text/html; charset=utf-8"),
            ("A.TXT", "text/plain; charset=utf-8"),
            (".txt", "text/plain; charset=utf-8"),
            ("a.json", "application/json"),
            ("dir.txt/none", "application/octet-stream"),
            ("dot.", "application/octet-stream"),
        ] {
            assert_eq!(media_type(Path::new(path)), expected, "{path}");
        }
    }
}
