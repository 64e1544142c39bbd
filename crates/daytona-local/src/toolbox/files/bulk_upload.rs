//! `POST /files/bulk-upload`: any number of files in one multipart body, each
//! put in place as soon as it has arrived. Files that fail do not keep others from
//! being written.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;

use daytona_api::toolbox::files::{BulkUploadResponse, BulkUploadedFile};
use daytona_api::{ErrorBody, source};
use http::{Method, StatusCode, header};
use rustix::io::Errno;
use serde::Serialize;

use super::super::cause::{PathError, cause, cause_at};
use super::super::stream;
use super::super::{Call, Toolbox, ok};
use super::folder::{folder_of, make_all};
use super::info::lossy;
use super::multipart::{self, Multipart, Part};
use super::staged::Staged;
use super::{LONGEST_PATH, blocking};
use crate::response::{self, Failure};
use axum::response::Response;

/// The mode of folders made on the way, before the umask.
const FOLDER_MODE: u32 = 0o755;

/// The most that the text of a path may have: a path with some blanks around it.
const LONGEST_TEXT: usize = 2 * LONGEST_PATH;

/// Writes the files of a multipart body.
pub(in super::super) async fn bulk_upload(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let content_type = call.headers.get(header::CONTENT_TYPE);
    let boundary = content_type.and_then(|value| multipart::boundary(value.as_bytes()));
    let mut upload =
        BulkUpload { toolbox: Arc::clone(toolbox), paths: HashMap::new(), files: vec![], errors: vec![] };
    let (method, path) = (call.method, call.path);
    let mut body = stream::reader(call.body);
    blocking(move |_client| {
        match boundary {
            Some(boundary) => upload.read(&mut Multipart::new(&boundary, &mut body)),
            None => upload.errors.push("invalid multipart form".to_owned()),
        }
        // The client sends its request to the end before it reads the response.
        let _ = io::copy(&mut body, &mut io::sink());
        Ok(upload.into_response(&method, &path))
    })
    .await
}

/// A bulk upload under way.
struct BulkUpload {
    toolbox: Arc<Toolbox>,
    /// Where the file of an index goes.
    paths: HashMap<String, PathBuf>,
    files: Vec<BulkUploadedFile>,
    errors: Vec<String>,
}

/// The response when some file was not written.
#[derive(Serialize)]
struct Failed {
    files: Option<Vec<BulkUploadedFile>>,
    #[serde(flatten)]
    failure: ErrorBody,
}

/// What a part is for.
enum Role<'a> {
    PathOf(&'a str),
    FileOf(&'a str),
    Other,
}

/// Whose path or file a field is.
fn role(name: &str) -> Role<'_> {
    if let Some(field) = name.strip_suffix(".path") {
        Role::PathOf(index(field).unwrap_or(name))
    } else if let Some(field) = name.strip_suffix(".file") {
        Role::FileOf(index(field).unwrap_or(name))
    } else {
        Role::Other
    }
}

/// Any text in the brackets. A name without them stands for itself, and so
/// pairs with no other.
fn index(field: &str) -> Option<&str> {
    field.strip_prefix("files[")?.strip_suffix(']')
}

impl BulkUpload {
    fn read(&mut self, body: &mut Multipart<impl Read>) {
        loop {
            match body.next_part() {
                Ok(Some(part)) => self.part(&part, body),
                Ok(None) => return,
                Err(reason) => return self.errors.push(format!("reading part: {reason}")),
            }
        }
    }

    fn part(&mut self, part: &Part, body: &mut Multipart<impl Read>) {
        match role(&part.name) {
            Role::PathOf(index) => match destination(part, body) {
                Ok(path) => {
                    self.paths.insert(index.to_owned(), path);
                }
                Err(reason) => self.errors.push(format!("path[{index}]: {reason}")),
            },
            Role::FileOf(index) => match self.paths.get(index).cloned() {
                Some(path) => self.file(path, part, body),
                None => self.errors.push(format!("file[{index}]: missing .path metadata")),
            },
            Role::Other => {}
        }
    }

    fn file(&mut self, path: PathBuf, part: &Part, body: &mut Multipart<impl Read>) {
        let name = lossy(&path);
        match self.write(path, part, body) {
            Ok(bytes) => self.files.push(BulkUploadedFile { path: name, bytes }),
            Err(reason) => self.errors.push(format!("{name}: {reason}")),
        }
    }

    fn write(&self, path: PathBuf, part: &Part, body: &mut Multipart<impl Read>) -> Result<u64, String> {
        let folder = folder_of(&self.toolbox, &path);
        make_all(&folder, FOLDER_MODE)
            .map_err(|error| format!("mkdir {}: {error}", folder.given.display()))?;
        let target = self.toolbox.target(path);
        if target.is_too_long() {
            return Err(format!("create: {}", cause(&Errno::NAMETOOLONG.into())));
        }
        let mut file = Staged::open(&target.real, &self.toolbox.state_dir)
            .map_err(|error| format!("create: {}", PathError::new("open", &target.given, error)))?;
        let written = body.copy(part, &mut file);
        let is_whole = match &written {
            Ok(_) => true,
            // The request is whole, but its closing boundary is missing: clients of
            // the service find what it held all the same.
            Err(error) => error.kind() == io::ErrorKind::UnexpectedEof && !body.is_broken(),
        };
        let finished = if is_whole { file.finish() } else { Ok(()) };
        written
            .and_then(|bytes| finished.map(|()| bytes))
            .map_err(|error| format!("write: {}", cause_at(&target.given, &error)))
    }

    fn into_response(self, method: &Method, path: &str) -> Response {
        let files = Some(self.files).filter(|files| !files.is_empty());
        if self.errors.is_empty() {
            return ok(&BulkUploadResponse { files, ..BulkUploadResponse::default() });
        }
        let failure = Failure::bad_request(self.errors.join("; ")).body(source::DAEMON, method, path);
        let failure = ErrorBody { errors: self.errors, ..failure };
        response::json(StatusCode::BAD_REQUEST, &Failed { files, failure })
    }
}

/// Reads the text of a path, blanks around it dropped.
fn destination(part: &Part, body: &mut Multipart<impl Read>) -> Result<PathBuf, String> {
    let mut text = Bounded(Vec::new());
    body.copy(part, &mut text).map_err(|error| cause(&error))?;
    let text = match String::from_utf8(text.0) {
        Ok(text) => text.trim().as_bytes().to_vec(),
        Err(error) => error.as_bytes().trim_ascii().to_vec(),
    };
    if text.is_empty() { Err("empty path".to_owned()) } else { Ok(PathBuf::from(OsString::from_vec(text))) }
}

/// Keeps no more than a path may have.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST_TEXT {
            return Err(io::Error::other("path too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
