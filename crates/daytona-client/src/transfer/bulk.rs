//! Uploads and downloads of any number of files in one request.

use std::collections::HashSet;

use daytona_api::toolbox::files::{self, BulkDownloadRequest, BulkUploadResponse};

use super::download::{DownloadedFile, Parts, download_error};
use super::memory::{Heap, Storage};
use super::upload::{UploadBody, UploadFailure, UploadFile, UploadedFile, upload_failure};
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

impl Sandbox {
    /// Writes any number of files in one request and creates their folders:
    /// `POST /files/bulk-upload`. The results have the order of `files`; the failure
    /// of one file does not affect the others.
    ///
    /// # Errors
    /// The errors of every call to a sandbox. The failure of one file is in its result.
    pub async fn upload(&self, files: &[UploadFile], deadline: Deadline) -> Result<Vec<UploadedFile>, Error> {
        let mut results: Vec<Option<UploadFailure>> = vec![None; files.len()];
        let (single, bulk): (Vec<_>, Vec<_>) = (0..files.len())
            .partition(|&index| files.get(index).is_some_and(|file| !is_unchanged_by_trimming(&file.path)));
        if !bulk.is_empty() {
            let chosen: Vec<UploadFile> =
                bulk.iter().filter_map(|&index| files.get(index).cloned()).collect();
            let failures = self.upload_bulk(&chosen, deadline).await?;
            for (index, failure) in bulk.into_iter().zip(failures) {
                if let Some(result) = results.get_mut(index) {
                    *result = failure;
                }
            }
        }
        for index in single {
            if let (Some(file), Some(result)) = (files.get(index), results.get_mut(index)) {
                *result = self.upload_single(file, deadline).await?;
            }
        }
        let uploaded = files.iter().zip(results);
        Ok(uploaded.map(|(file, failure)| UploadedFile { path: file.path.clone(), failure }).collect())
    }

    /// Writes any number of files, see [`Sandbox::upload`].
    ///
    /// # Errors
    /// The errors of [`Sandbox::upload`], and the failure of the first file that
    /// could not be written. The other files are written.
    pub async fn upload_all(&self, list: &[UploadFile], deadline: Deadline) -> Result<(), Error> {
        let results = self.upload(list, deadline).await?;
        match results.iter().find_map(|file| Some((&file.path, file.failure.as_ref()?))) {
            Some((path, failure)) => {
                let (kind, message) = failure.kind_and_message();
                let operation = files::UPLOAD.name_with(|_| Some(path));
                Err(Error::new(kind, operation, message).with_sandbox(self.id()))
            }
            None => Ok(()),
        }
    }

    async fn upload_bulk(
        &self,
        list: &[UploadFile],
        deadline: Deadline,
    ) -> Result<Vec<Option<UploadFailure>>, Error> {
        // The response to a partial failure is an error with the written and the
        // failed files.
        match self.call(&files::BULK_UPLOAD).upload(UploadBody::bulk(list)).fetch(deadline).await {
            Ok(_) => Ok(vec![None; list.len()]),
            Err(error) => match error.upload() {
                Some(response) if error.kind() == ErrorKind::BadRequest => {
                    Ok(assign_failures(list, response))
                }
                _ => Err(error),
            },
        }
    }

    /// Writes a file whose name starts or ends with white space. The bulk route trims
    /// paths, so this uses the route that has the path in the query.
    async fn upload_single(
        &self,
        file: &UploadFile,
        deadline: Deadline,
    ) -> Result<Option<UploadFailure>, Error> {
        if file.path.trim().is_empty() {
            return Ok(Some(UploadFailure::InvalidPath));
        }
        let body = UploadBody::single(file);
        let path = file.path.as_str();
        let mut sent =
            self.call(&files::UPLOAD_V2).with("path", path).upload(body.clone()).fetch(deadline).await;
        // The route exists since 0.201. It creates the parent folders, so only the
        // route itself can be missing.
        if sent.as_ref().is_err_and(is_missing) {
            sent = self.call(&files::UPLOAD).with("path", path).upload(body).fetch(deadline).await;
        }
        match sent {
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::BadRequest => Ok(Some(upload_failure(error.message()))),
            Err(error) if matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::FileAccessDenied) => {
                Ok(Some(UploadFailure::PermissionDenied))
            }
            Err(error) => Err(error),
        }
    }

    /// Reads one file into the memory that `storage` provides, see [`Sandbox::download`].
    ///
    /// # Errors
    /// The errors of [`Sandbox::download`], and the failure of the file.
    pub async fn download_one_into<S: Storage>(
        &self,
        path: &str,
        limit: u64,
        storage: &S,
        deadline: Deadline,
    ) -> Result<S::Memory, Error> {
        let mut downloaded = self.download_into(&[path.to_owned()], limit, storage, deadline).await?;
        match downloaded.pop().map(|file| file.content) {
            Some(Ok(content)) => Ok(content),
            Some(Err(failure)) => Err(download_error(path, &failure).with_sandbox(self.id())),
            None => {
                let operation = files::DOWNLOAD.name_with(|_| Some(path));
                Err(Error::new(ErrorKind::InvalidResponse, operation, "the response contains no file"))
            }
        }
    }

    /// Reads any number of files in one request: `POST /files/bulk-download`. The
    /// results have the order of `paths`. `limit` is the largest size in bytes that
    /// the caller can hold; a larger file fails the call.
    ///
    /// # Errors
    /// The errors of every call to a sandbox, and [`ErrorKind::FileReadFailed`] for
    /// a file that does not fit into memory. Other failures of one file are in its
    /// result.
    pub async fn download(
        &self,
        paths: &[String],
        limit: u64,
        deadline: Deadline,
    ) -> Result<Vec<DownloadedFile>, Error> {
        self.download_into(paths, limit, &Heap, deadline).await
    }

    /// Reads any number of files into the memory that `storage` provides, see
    /// [`Sandbox::download`].
    ///
    /// # Errors
    /// The errors of [`Sandbox::download`].
    pub async fn download_into<S: Storage>(
        &self,
        paths: &[String],
        limit: u64,
        storage: &S,
        deadline: Deadline,
    ) -> Result<Vec<DownloadedFile<S::Memory>>, Error> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let call = self.call(&files::BULK_DOWNLOAD).json(&BulkDownloadRequest { paths: paths.to_vec() });
        Parts::new(call.stream(deadline).await?)?.read_all(paths, limit, storage).await
    }
}

fn is_missing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::NotFound)
}

fn is_unchanged_by_trimming(path: &str) -> bool {
    !path.is_empty() && path.trim() == path
}

/// The step names that the toolbox writes between the path and the cause of a failure.
const STEPS: [&str; 4] = ["mkdir ", "create: ", "write: ", "close: "];

/// Assigns the failures of a response to the files. The toolbox returns one string
/// for each failure, which starts with the path, and the list of written files.
fn assign_failures(files: &[UploadFile], response: &BulkUploadResponse) -> Vec<Option<UploadFailure>> {
    let mut failures: Vec<Option<UploadFailure>> = vec![None; files.len()];
    let mut general = None;
    for error in &response.errors {
        let Some((path, message)) = split_error(files, error) else {
            general = Some(error);
            continue;
        };
        let of_path = files.iter().zip(&mut failures).filter(|(file, _)| file.path == path);
        // A path that was passed twice fails twice.
        if let Some((_, failure)) = of_path.into_iter().find(|(_, failure)| failure.is_none()) {
            *failure = Some(upload_failure(message));
        }
    }
    // An error without a path concerns the rest of the body: files that the toolbox
    // does not list as written may be missing.
    if let Some(message) = general {
        let written: HashSet<&str> =
            response.files.iter().flatten().map(|written| written.path.as_str()).collect();
        let results = files.iter().zip(&mut failures);
        for (_, failure) in
            results.filter(|(file, failure)| failure.is_none() && !written.contains(file.path.as_str()))
        {
            *failure = Some(upload_failure(message));
        }
    }
    failures
}

/// Splits an error into the path of a file and the message. One path may be a prefix
/// of another: prefers a path that is followed by a step, then the longest one.
fn split_error<'a>(files: &'a [UploadFile], error: &'a str) -> Option<(&'a str, &'a str)> {
    let candidates = files.iter().filter_map(|file| {
        let message = error.strip_prefix(file.path.as_str())?.strip_prefix(": ")?;
        Some((file.path.as_str(), message))
    });
    candidates.max_by_key(|(path, message)| (STEPS.iter().any(|step| message.starts_with(step)), path.len()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn files(paths: &[&str]) -> Vec<UploadFile> {
        paths
            .iter()
            .map(|path| UploadFile { path: (*path).to_owned(), content: Bytes::new().into() })
            .collect()
    }

    fn response(errors: &[&str]) -> BulkUploadResponse {
        BulkUploadResponse { files: None, errors: errors.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn failures_are_assigned_to_their_files_only() {
        let errors = ["d: create: open d: is a directory", "ro/f: create: open ro/f: permission denied"];
        let assigned = assign_failures(&files(&["ok", "d", "ok2", "ro/f"]), &response(&errors));
        assert_eq!(
            assigned,
            [None, Some(UploadFailure::IsDirectory), None, Some(UploadFailure::PermissionDenied)]
        );
    }

    #[test]
    fn an_error_without_a_path_is_assigned_to_all_files() {
        let response = response(&["reading part: multipart: NextPart: EOF"]);
        let assigned = assign_failures(&files(&["a", "b"]), &response);
        assert!(assigned.iter().all(|failure| matches!(failure, Some(UploadFailure::Other(_)))));
    }

    #[test]
    fn names_that_trimming_changes_are_detected() {
        assert!(is_unchanged_by_trimming("/a b/c"));
        assert!(!is_unchanged_by_trimming("/a ") && !is_unchanged_by_trimming("\na"));
        assert!(!is_unchanged_by_trimming(""));
    }
}
