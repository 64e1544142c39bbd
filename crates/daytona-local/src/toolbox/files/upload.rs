//! `POST /files/upload` and `POST /files/upload-v2`: one file.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use daytona_api::toolbox::files::UploadedFile;
use http::{StatusCode, header};

use super::super::cause::clean;
use super::super::cause::{PathError, cause_at};
use super::super::stream;
use super::super::{Call, Toolbox, ok};
use super::folder::{folder_of, make_all};
use super::info::{last_element, lossy};
use super::multipart::{self, Multipart};
use super::staged::Staged;
use super::{Target, blocking};
use crate::response::{self, Failure};
use axum::response::Response;

/// The mode of folders made on the way by these two routes.
const FOLDER_MODE: u32 = 0o750;

/// The older form: a multipart body with a part `file`.
pub(in super::super) async fn upload(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let upload = Upload::of(toolbox, &call, true);
    let mut body = stream::reader(call.body);
    blocking(move |_client| {
        finish(upload, &mut body)?;
        Ok(response::empty(StatusCode::OK))
    })
    .await
}

/// The newer form: multipart, or the bytes of the file as they are.
pub(in super::super) async fn upload_v2(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let upload = Upload::of(toolbox, &call, false);
    let mut body = stream::reader(call.body);
    blocking(move |_client| {
        let target = finish(upload, &mut body)?;
        let path = lossy(&clean(&target.real));
        Ok(ok(&UploadedFile { name: last_element(&target.given), path, kind: "file".to_owned() }))
    })
    .await
}

/// Stores the file, and puts it in place when the request has arrived to its end.
fn finish(upload: Result<Upload, Failure>, body: &mut impl Read) -> Result<Target, Failure> {
    let stored = upload.and_then(|upload| Ok((upload.store(body)?, upload)));
    // The client sends its request to the end before it reads the response.
    let drained = io::copy(body, &mut io::sink());
    let (file, upload) = stored?;
    drained.and_then(|_| file.finish()).map_err(|error| not_written(&upload.target, &error))?;
    Ok(upload.target)
}

/// What goes where.
struct Upload {
    target: Target,
    folder: Target,
    boundary: Option<Vec<u8>>,
    state_dir: PathBuf,
}

impl Upload {
    fn of(toolbox: &Toolbox, call: &Call, only_multipart: bool) -> Result<Self, Failure> {
        let target = toolbox.wanted(call, "path")?;
        let content_type = call.headers.get(header::CONTENT_TYPE);
        let boundary = content_type.and_then(|value| multipart::boundary(value.as_bytes()));
        if boundary.is_none() && only_multipart {
            return Err(Failure::bad_request("a multipart body with a boundary is wanted"));
        }
        let state_dir = toolbox.state_dir.clone();
        Ok(Self { folder: folder_of(toolbox, &target.given), target, boundary, state_dir })
    }

    fn store(&self, body: &mut impl Read) -> Result<Staged, Failure> {
        let Some(boundary) = &self.boundary else {
            let mut file = self.stage()?;
            return match io::copy(body, &mut file) {
                Ok(_) => Ok(file),
                Err(error) => Err(not_written(&self.target, &error)),
            };
        };
        let mut multipart = Multipart::new(boundary, body);
        while let Some(part) = multipart.next_part().map_err(Failure::bad_request)? {
            if part.name == "file" && part.is_file {
                let mut file = self.stage()?;
                return match multipart.copy(&part, &mut file) {
                    Ok(_) => Ok(file),
                    Err(error) => Err(not_written(&self.target, &error)),
                };
            }
        }
        Err(Failure::bad_request("there is no part 'file' with a file name"))
    }

    fn stage(&self) -> Result<Staged, Failure> {
        make_all(&self.folder, FOLDER_MODE).map_err(Failure::bad_request)?;
        Staged::open(&self.target.real, &self.state_dir)
            .map_err(|error| Failure::bad_request(PathError::new("open", &self.target.given, error)))
    }
}

fn not_written(target: &Target, error: &io::Error) -> Failure {
    Failure::bad_request(format_args!(
        "{}: write: {}",
        target.given.display(),
        cause_at(&target.given, error)
    ))
}
