//! `POST /files/upload` and `POST /files/upload-v2`: one file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use daytona_api::toolbox::files::UploadedFile;
use http::{StatusCode, header};

use super::super::cause::clean;
use super::super::cause::{PathError, cause};
use super::super::stream;
use super::super::{Call, Toolbox, ok};
use super::folder::{folder_of, make_all};
use super::info::{last_element, lossy};
use super::multipart::{self, Multipart};
use super::open::open;
use super::{Target, blocking};
use crate::response::{self, Failure};
use axum::response::Response;

/// The mode of folders made on the way by these two routes.
const FOLDER_MODE: u32 = 0o750;

/// The mode of a new file, before the umask.
const FILE_MODE: u32 = 0o644;

/// The older form: a multipart body with a part `file`.
pub(in super::super) async fn upload(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let upload = Upload::of(toolbox, &call, true);
    let mut body = stream::reader(call.body);
    blocking(move || {
        let stored = upload.and_then(|upload| upload.store(&mut body));
        drain(&mut body);
        stored.map(|()| response::empty(StatusCode::OK))
    })
    .await
}

/// The newer form: multipart, or the bytes of the file as they are.
pub(in super::super) async fn upload_v2(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let upload = Upload::of(toolbox, &call, false);
    let mut body = stream::reader(call.body);
    blocking(move || {
        let stored = upload.and_then(|upload| upload.store(&mut body).map(|()| upload.target));
        drain(&mut body);
        let target = stored?;
        let path = lossy(&clean(&target.real));
        Ok(ok(&UploadedFile { name: last_element(&target.given), path, kind: "file".to_owned() }))
    })
    .await
}

/// The client sends its request to the end before it reads the response.
fn drain(body: &mut impl Read) {
    // A body that breaks off needs no draining.
    let _ = io::copy(body, &mut io::sink());
}

/// What goes where.
struct Upload {
    target: Target,
    folder: Target,
    boundary: Option<Vec<u8>>,
}

impl Upload {
    fn of(toolbox: &Toolbox, call: &Call, only_multipart: bool) -> Result<Self, Failure> {
        let target = toolbox.wanted(call, "path")?;
        let content_type = call.headers.get(header::CONTENT_TYPE);
        let boundary = content_type.and_then(|value| multipart::boundary(value.as_bytes()));
        if boundary.is_none() && only_multipart {
            return Err(Failure::bad_request("a multipart body with a boundary is wanted"));
        }
        Ok(Self { folder: folder_of(toolbox, &target.given), target, boundary })
    }

    fn store(&self, body: &mut impl Read) -> Result<(), Failure> {
        let Some(boundary) = &self.boundary else {
            let mut file = self.create()?;
            return io::copy(body, &mut file).map(drop).map_err(|error| self.not_written(&error));
        };
        let mut multipart = Multipart::new(boundary, body);
        while let Some(part) = multipart.next_part().map_err(Failure::bad_request)? {
            if part.name == "file" && part.is_file {
                let mut file = self.create()?;
                return multipart.copy(&part, &mut file).map(drop).map_err(|error| self.not_written(&error));
            }
        }
        Err(Failure::bad_request("there is no part 'file' with a file name"))
    }

    fn create(&self) -> Result<File, Failure> {
        make_all(&self.folder, FOLDER_MODE).map_err(Failure::bad_request)?;
        create(&self.target).map_err(Failure::bad_request)
    }

    fn not_written(&self, error: &io::Error) -> Failure {
        Failure::bad_request(format_args!("{}: write: {}", self.target.given.display(), cause(error)))
    }
}

/// Opens a file to be written from its start. One that is there keeps its mode
/// and its other names, a link is written through.
pub(super) fn create(target: &Target) -> Result<File, PathError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(FILE_MODE);
    open(&mut options, &target.real).map_err(|error| PathError::new("open", &target.given, error))
}
