//! Uploads and downloads of any number of files in one request.

use std::collections::HashSet;
use std::path::Path;

use daytona_api::toolbox::files::{self, BulkDownloadRequest, BulkUploadResponse};

use super::download::{DownloadRequest, Downloaded, DownloadedFile, download_error};
use super::failure::{FileCause, FileFailure};
use super::memory::{Heap, Storage};
use super::parts::Parts;
use super::upload::{UploadBody, UploadFile, UploadedFile};
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
        let mut results: Vec<Option<FileFailure>> = vec![None; files.len()];
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
                let operation = files::UPLOAD.name_with(|_| Some(path));
                Err(Error::new(failure.write_kind(), operation, &failure.reason).with_sandbox(self.id()))
            }
            None => Ok(()),
        }
    }

    async fn upload_bulk(
        &self,
        list: &[UploadFile],
        deadline: Deadline,
    ) -> Result<Vec<Option<FileFailure>>, Error> {
        // The response to a partial failure is an error with the written and the
        // failed files.
        match self.call(&files::BULK_UPLOAD).upload(UploadBody::bulk(list)).fetch(deadline).await {
            Ok(_) => Ok(vec![None; list.len()]),
            Err(error) => {
                let response = error.upload().filter(|_| error.kind() == ErrorKind::BadRequest);
                match response.and_then(|response| assign_failures(list, response)) {
                    Some(failures) => Ok(failures),
                    None => Err(error),
                }
            }
        }
    }

    /// Writes a file whose name starts or ends with white space. The bulk route trims
    /// paths, so this uses the route that has the path in the query.
    async fn upload_single(
        &self,
        file: &UploadFile,
        deadline: Deadline,
    ) -> Result<Option<FileFailure>, Error> {
        if file.path.trim().is_empty() {
            return Ok(Some(FileFailure::new(FileCause::InvalidPath, "the path is empty")));
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
            Err(error) => failure_of_single(&error).map(Some).ok_or(error),
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
            None => Err(without_file(path)),
        }
    }

    /// Reads any number of files: `POST /files/bulk-download`, once, and again for the
    /// files after one that cannot be read to its end. The results have the order of
    /// `paths`. `limit` is the largest size in bytes that the caller can hold; a larger
    /// file is a failure.
    ///
    /// # Errors
    /// The errors of every call to a sandbox. The failure of one file is in its result.
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
        let in_memory = |path: &String| DownloadRequest { source: path.clone(), destination: None };
        let requests: Vec<_> = paths.iter().map(in_memory).collect();
        let files = self.download_files(&requests, limit, storage, deadline).await?;
        let in_memory = |file: DownloadedFile<Downloaded<S::Memory>>| match file.content {
            Ok(Downloaded::Memory(content)) => Some(DownloadedFile { path: file.path, content: Ok(content) }),
            Ok(Downloaded::LocalFile(_)) => None,
            Err(failure) => Some(DownloadedFile { path: file.path, content: Err(failure) }),
        };
        Ok(files.into_iter().filter_map(in_memory).collect())
    }

    /// Reads any number of files, each into memory or into a local file, see
    /// [`Sandbox::download`]. A local file appears once it is complete; its folder is
    /// created.
    ///
    /// # Errors
    /// The errors of [`Sandbox::download`].
    pub async fn download_files<S: Storage>(
        &self,
        requests: &[DownloadRequest],
        limit: u64,
        storage: &S,
        deadline: Deadline,
    ) -> Result<Vec<DownloadedFile<Downloaded<S::Memory>>>, Error> {
        let mut downloaded = Vec::with_capacity(requests.len());
        while let Some(rest @ [_, ..]) = requests.get(downloaded.len()..) {
            let paths = rest.iter().map(|request| request.source.clone()).collect();
            let call = self.call(&files::BULK_DOWNLOAD).json(&BulkDownloadRequest { paths });
            let files = Parts::new(call.stream(deadline).await?)?.read_all(rest, limit, storage).await?;
            downloaded.extend(files);
        }
        Ok(downloaded)
    }

    /// Reads one file into a local file, which appears once it is complete; its folder
    /// is created.
    ///
    /// # Errors
    /// The errors of [`Sandbox::download`], and the failure of the file.
    pub async fn download_to(&self, path: &str, local: &Path, deadline: Deadline) -> Result<(), Error> {
        let request = DownloadRequest { source: path.to_owned(), destination: Some(local.to_owned()) };
        let downloaded = self.download_files(&[request], 0, &Heap, deadline).await?;
        match downloaded.into_iter().next().map(|file| file.content) {
            Some(Ok(_)) => Ok(()),
            Some(Err(failure)) => Err(download_error(path, &failure).with_sandbox(self.id())),
            None => Err(without_file(path)),
        }
    }
}

fn without_file(path: &str) -> Error {
    let operation = files::DOWNLOAD.name_with(|_| Some(path));
    Error::new(ErrorKind::InvalidResponse, operation, "the response contains no file")
}

/// Returns the failure of the only file of a request; `None` if the call failed.
fn failure_of_single(error: &Error) -> Option<FileFailure> {
    let reason = error.message();
    match error.kind() {
        _ if error.is_ambiguous() => None,
        ErrorKind::BadRequest | ErrorKind::InvalidFilePath => Some(FileFailure::from_message(reason)),
        ErrorKind::Forbidden | ErrorKind::FileAccessDenied => {
            Some(FileFailure::new(FileCause::PermissionDenied, reason))
        }
        ErrorKind::FileNotFound => Some(FileFailure::new(FileCause::NotFound, reason)),
        _ => None,
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
///
/// An error without a path concerns the rest of the body. `None` if it leaves open
/// what became of a file.
fn assign_failures(files: &[UploadFile], response: &BulkUploadResponse) -> Option<Vec<Option<FileFailure>>> {
    let mut failures: Vec<Option<FileFailure>> = vec![None; files.len()];
    let mut is_complete = true;
    for error in &response.errors {
        let Some((path, message)) = split_error(files, error) else {
            is_complete = false;
            continue;
        };
        let of_path = files.iter().zip(&mut failures).filter(|(file, _)| file.path == path);
        // A path that was passed twice fails twice.
        if let Some((_, failure)) = of_path.into_iter().find(|(_, failure)| failure.is_none()) {
            *failure = Some(FileFailure::from_message(message));
        }
    }
    let written: HashSet<&str> =
        response.files.iter().flatten().map(|written| written.path.as_str()).collect();
    let is_known = |(file, failure): (&UploadFile, &Option<FileFailure>)| {
        failure.is_some() || written.contains(file.path.as_str())
    };
    (is_complete || files.iter().zip(&failures).all(is_known)).then_some(failures)
}

/// Splits an error into the path of a file and the message. One path may be a prefix
/// of another: prefers a path that is followed by a step, then the longest one. An
/// error of a part that is not its file has the file's index.
fn split_error<'a>(files: &'a [UploadFile], error: &'a str) -> Option<(&'a str, &'a str)> {
    let candidates = files.iter().filter_map(|file| {
        let message = error.strip_prefix(file.path.as_str())?.strip_prefix(": ")?;
        Some((file.path.as_str(), message))
    });
    candidates
        .max_by_key(|(path, message)| (STEPS.iter().any(|step| message.starts_with(step)), path.len()))
        .or_else(|| {
            let part = error.strip_prefix("path[").or_else(|| error.strip_prefix("file["))?;
            let (index, message) = part.split_once("]: ")?;
            Some((files.get(index.parse::<usize>().ok()?)?.path.as_str(), message))
        })
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

    fn causes(paths: &[&str], errors: &[&str]) -> Option<Vec<Option<FileCause>>> {
        let assigned = assign_failures(&files(paths), &response(errors))?;
        Some(assigned.into_iter().map(|failure| failure.map(|failure| failure.cause)).collect())
    }

    #[test]
    fn failures_are_assigned_to_their_files_only() {
        let errors = ["d: create: open d: is a directory", "ro/f: create: open ro/f: permission denied"];
        let wanted = [None, Some(FileCause::IsDirectory), None, Some(FileCause::PermissionDenied)];
        assert_eq!(causes(&["ok", "d", "ok2", "ro/f"], &errors), Some(wanted.to_vec()));
    }

    #[test]
    fn a_failed_part_is_assigned_to_its_file() {
        let errors = ["path[1]: path too long", "file[1]: missing .path metadata"];
        let wanted = [None, Some(FileCause::InvalidPath)];
        assert_eq!(causes(&["a", "b"], &errors), Some(wanted.to_vec()));
        assert_eq!(causes(&["a"], &["path[7]: path too long"]), None);
        // A path that looks like a part.
        let wanted = [None, Some(FileCause::IsDirectory)];
        let errors = ["path[0]: create: open path[0]: is a directory"];
        assert_eq!(causes(&["a", "path[0]"], &errors), Some(wanted.to_vec()));
    }

    #[test]
    fn an_error_without_a_path_fails_the_call() {
        assert_eq!(causes(&["a", "b"], &["reading part: multipart: NextPart: EOF"]), None);
    }

    #[test]
    fn names_that_trimming_changes_are_detected() {
        assert!(is_unchanged_by_trimming("/a b/c"));
        assert!(!is_unchanged_by_trimming("/a ") && !is_unchanged_by_trimming("\na"));
        assert!(!is_unchanged_by_trimming(""));
    }
}
