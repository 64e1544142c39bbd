//! The file operations of a sandbox.

use std::collections::HashSet;

use daytona_api::files::{
    BulkDownloadRequest, BulkUploadResponse, FileInfo, FindMatch, ReplaceRequest, ReplaceResult,
    SearchResponse,
};
use daytona_api::toolbox;
use http::Method;

use crate::classify::Service;
use crate::deadline::Deadline;
use crate::download::{DownloadedFile, Parts};
use crate::error::{Error, ErrorKind};
use crate::request::Request;
use crate::sandbox::Sandbox;
use crate::upload::{UploadBody, UploadFailure, UploadFile, UploadedFile, failure_of};

impl Sandbox {
    /// Writes any number of files in one request, and makes the folders they
    /// lie in: `POST /files/bulk-upload`. The results are in the order given;
    /// a file that fails does not keep the others from being written.
    ///
    /// # Errors
    /// Those of every call to a sandbox. What concerns one file is in its result.
    pub async fn upload(&self, files: &[UploadFile], deadline: Deadline) -> Result<Vec<UploadedFile>, Error> {
        let mut results: Vec<Option<UploadFailure>> = vec![None; files.len()];
        let (apart, together): (Vec<_>, Vec<_>) = (0..files.len())
            .partition(|&index| files.get(index).is_some_and(|file| !survives_trimming(&file.path)));
        if !together.is_empty() {
            let chosen: Vec<UploadFile> =
                together.iter().filter_map(|&index| files.get(index).cloned()).collect();
            let failures = self.upload_together(&chosen, deadline).await?;
            for (index, failure) in together.into_iter().zip(failures) {
                if let Some(result) = results.get_mut(index) {
                    *result = failure;
                }
            }
        }
        for index in apart {
            if let (Some(file), Some(result)) = (files.get(index), results.get_mut(index)) {
                *result = self.upload_apart(file, deadline).await?;
            }
        }
        let uploaded = files.iter().zip(results);
        Ok(uploaded.map(|(file, failure)| UploadedFile { path: file.path.clone(), failure }).collect())
    }

    async fn upload_together(
        &self,
        files: &[UploadFile],
        deadline: Deadline,
    ) -> Result<Vec<Option<UploadFailure>>, Error> {
        let request = Request::new(Service::Toolbox, Method::POST, toolbox::BULK_UPLOAD, "write files")
            .about(self.id())
            .upload(UploadBody::bulk(files))
            .repeatable();
        // The answer to a partial failure is a refusal that lists both kinds.
        match self.fetch(&request, deadline).await {
            Ok(_) => Ok(vec![None; files.len()]),
            Err(error) => match error.upload() {
                Some(answer) if error.kind() == ErrorKind::BadRequest => Ok(assign_failures(files, answer)),
                _ => Err(error),
            },
        }
    }

    /// The bulk form trims paths: a name that begins or ends with white space
    /// goes by the form that carries its path in the query.
    async fn upload_apart(
        &self,
        file: &UploadFile,
        deadline: Deadline,
    ) -> Result<Option<UploadFailure>, Error> {
        if file.path.trim().is_empty() {
            return Ok(Some(UploadFailure::InvalidPath));
        }
        for route in [toolbox::UPLOAD_V2, toolbox::UPLOAD] {
            let request =
                Request::new(Service::Toolbox, Method::POST, route, &format!("write {:?}", file.path))
                    .about(self.id())
                    .query("path", file.path.clone())
                    .upload(UploadBody::single(&file.content))
                    .repeatable();
            match self.fetch(&request, deadline).await {
                Ok(_) => return Ok(None),
                // The newer route came with 0.201. It makes the folders on the
                // way, so that nothing but the route itself can be missing.
                Err(error) if is_missing(&error) && route == toolbox::UPLOAD_V2 => {}
                Err(error) if error.kind() == ErrorKind::BadRequest => {
                    return Ok(Some(failure_of(error.message())));
                }
                Err(error) if matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::FileAccessDenied) => {
                    return Ok(Some(UploadFailure::PermissionDenied));
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::new(ErrorKind::Unsupported, "write a file", "this toolbox has no upload of single files")
            .with_sandbox(self.id()))
    }

    /// Reads any number of files in one request: `POST /files/bulk-download`.
    /// The results are in the order asked for. `limit` is the largest size in
    /// bytes that the caller can hold; a larger file fails the call.
    ///
    /// # Errors
    /// Those of every call to a sandbox, and [`ErrorKind::FileReadFailed`] for
    /// a file that does not fit into memory. What else concerns one file is in
    /// its result.
    pub async fn download(
        &self,
        paths: &[String],
        limit: u64,
        deadline: Deadline,
    ) -> Result<Vec<DownloadedFile>, Error> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let request = Request::new(Service::Toolbox, Method::POST, toolbox::BULK_DOWNLOAD, "read files")
            .about(self.id())
            .json(&BulkDownloadRequest { paths: paths.to_vec() })
            .repeatable();
        let response = self.stream(&request, deadline).await?;
        let files = async { Parts::new(response)?.read_all(paths, limit).await };
        files.await.map_err(|error| error.with_sandbox(self.id()))
    }

    /// The entries of a folder, sorted by name: `GET /files`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] or [`ErrorKind::FileNotFound`] without such a
    /// folder, and those of every call to a sandbox.
    pub async fn list_files(&self, path: &str, deadline: Deadline) -> Result<Vec<FileInfo>, Error> {
        let request = self
            .file_request(Method::GET, toolbox::FILES, &format!("list the folder {path:?}"))
            .query("path", path);
        self.fetch(&request, deadline).await?.json().await
    }

    /// What a path is: `GET /files/info`.
    ///
    /// # Errors
    /// Those of [`Sandbox::list_files`].
    pub async fn file_info(&self, path: &str, deadline: Deadline) -> Result<FileInfo, Error> {
        let request = self
            .file_request(Method::GET, toolbox::FILE_INFO, &format!("look at {path:?}"))
            .query("path", path);
        self.fetch(&request, deadline).await?.json().await
    }

    /// Makes a folder and those it lies in; one that exists is fine:
    /// `POST /files/folder`. `mode` is octal text, e.g. `755`.
    ///
    /// # Errors
    /// Those of every call to a sandbox.
    pub async fn create_folder(&self, path: &str, mode: &str, deadline: Deadline) -> Result<(), Error> {
        let request = self
            .file_request(Method::POST, toolbox::FOLDER, &format!("make the folder {path:?}"))
            .query("path", path)
            .query("mode", mode)
            .repeatable();
        self.fetch(&request, deadline).await.map(drop)
    }

    /// Deletes a file, or with `recursive` a folder and all in it:
    /// `DELETE /files`.
    ///
    /// # Errors
    /// Those of [`Sandbox::list_files`].
    pub async fn delete_file(&self, path: &str, recursive: bool, deadline: Deadline) -> Result<(), Error> {
        let request = self
            .file_request(Method::DELETE, toolbox::FILES, &format!("delete {path:?}"))
            .query("path", path)
            .query_some("recursive", recursive.then_some("true"));
        self.fetch(&request, deadline).await.map(drop)
    }

    /// Moves or renames; never replaces: `POST /files/move`.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when the destination exists, and those of
    /// [`Sandbox::list_files`].
    pub async fn move_file(&self, source: &str, destination: &str, deadline: Deadline) -> Result<(), Error> {
        let request = self
            .file_request(Method::POST, toolbox::MOVE, &format!("move {source:?} to {destination:?}"))
            .query("source", source)
            .query("destination", destination);
        self.fetch(&request, deadline).await.map(drop)
    }

    /// Changes mode (octal text), owner or group; what is absent stays:
    /// `POST /files/permissions`.
    ///
    /// # Errors
    /// Those of [`Sandbox::list_files`].
    pub async fn set_permissions(
        &self,
        path: &str,
        mode: Option<&str>,
        owner: Option<&str>,
        group: Option<&str>,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let request = self
            .file_request(Method::POST, toolbox::PERMISSIONS, &format!("change the permissions of {path:?}"))
            .query("path", path)
            .query_some("mode", mode)
            .query_some("owner", owner)
            .query_some("group", group)
            .repeatable();
        self.fetch(&request, deadline).await.map(drop)
    }

    /// Lines below a path that hold a text, literally: `GET /files/find`.
    ///
    /// # Errors
    /// Those of every call to a sandbox.
    pub async fn find_in_files(
        &self,
        path: &str,
        pattern: &str,
        deadline: Deadline,
    ) -> Result<Vec<FindMatch>, Error> {
        let request = self
            .file_request(Method::GET, toolbox::FIND, &format!("search in the files of {path:?}"))
            .query("path", path)
            .query("pattern", pattern);
        self.fetch(&request, deadline).await?.json().await
    }

    /// Paths below a path whose last element matches a pattern of the shell:
    /// `GET /files/search`.
    ///
    /// # Errors
    /// Those of every call to a sandbox.
    pub async fn search_files(
        &self,
        path: &str,
        pattern: &str,
        deadline: Deadline,
    ) -> Result<Vec<String>, Error> {
        let request = self
            .file_request(Method::GET, toolbox::SEARCH, &format!("search for files in {path:?}"))
            .query("path", path)
            .query("pattern", pattern);
        let answer: SearchResponse = self.fetch(&request, deadline).await?.json().await?;
        Ok(answer.files.unwrap_or_default())
    }

    /// Replaces a literal text in files: `POST /files/replace`. The results
    /// are in the order given.
    ///
    /// # Errors
    /// Those of every call to a sandbox. What concerns one file is in its result.
    pub async fn replace_in_files(
        &self,
        files: Vec<String>,
        pattern: &str,
        new_value: &str,
        deadline: Deadline,
    ) -> Result<Vec<ReplaceResult>, Error> {
        let body = ReplaceRequest { files, pattern: pattern.to_owned(), new_value: new_value.to_owned() };
        let request = self.file_request(Method::POST, toolbox::REPLACE, "replace in files").json(&body);
        self.fetch(&request, deadline).await?.json().await
    }

    fn file_request(&self, method: Method, path: &str, operation: &str) -> Request {
        Request::new(Service::Toolbox, method, path, operation).about(self.id())
    }
}

fn is_missing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::NotFound)
}

fn survives_trimming(path: &str) -> bool {
    !path.is_empty() && path.trim() == path
}

/// What the toolbox says between the path and the cause of a failure.
const STEPS: [&str; 4] = ["mkdir ", "create: ", "write: ", "close: "];

/// Which of the files failed. The toolbox gives one text a failure, which
/// begins with the path, and lists the files that it wrote.
fn assign_failures(files: &[UploadFile], answer: &BulkUploadResponse) -> Vec<Option<UploadFailure>> {
    let mut failures: Vec<Option<UploadFailure>> = vec![None; files.len()];
    let mut rest = None;
    for text in &answer.errors {
        let Some((path, words)) = owner(files, text) else {
            rest = Some(text);
            continue;
        };
        let of_path = files.iter().zip(&mut failures).filter(|(file, _)| file.path == path);
        // A path given twice fails twice.
        if let Some((_, failure)) = of_path.into_iter().find(|(_, failure)| failure.is_none()) {
            *failure = Some(failure_of(words));
        }
    }
    // A text that names no file concerns the rest of the body: whatever the
    // toolbox does not list may not have arrived.
    if let Some(words) = rest {
        let written: HashSet<&str> =
            answer.files.iter().flatten().map(|written| written.path.as_str()).collect();
        let unsaid = files.iter().zip(&mut failures);
        for (_, failure) in
            unsaid.filter(|(file, failure)| failure.is_none() && !written.contains(file.path.as_str()))
        {
            *failure = Some(failure_of(words));
        }
    }
    failures
}

/// The path that a failure is about, and the words after it. A path may begin
/// like another, and hold anything: the longest one that a step follows is it.
fn owner<'a>(files: &'a [UploadFile], text: &'a str) -> Option<(&'a str, &'a str)> {
    let about = files.iter().filter_map(|file| {
        let words = text.strip_prefix(file.path.as_str())?.strip_prefix(": ")?;
        Some((file.path.as_str(), words))
    });
    about.max_by_key(|(path, words)| (STEPS.iter().any(|step| words.starts_with(step)), path.len()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn files(paths: &[&str]) -> Vec<UploadFile> {
        paths.iter().map(|path| UploadFile { path: (*path).to_owned(), content: Bytes::new() }).collect()
    }

    fn answer(errors: &[&str]) -> BulkUploadResponse {
        BulkUploadResponse { files: None, errors: errors.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn failures_go_to_their_files_and_the_others_are_written() {
        let errors = ["d: create: open d: is a directory", "ro/f: create: open ro/f: permission denied"];
        let assigned = assign_failures(&files(&["ok", "d", "ok2", "ro/f"]), &answer(&errors));
        assert_eq!(
            assigned,
            [None, Some(UploadFailure::IsDirectory), None, Some(UploadFailure::PermissionDenied)]
        );
    }

    #[test]
    fn a_text_that_names_no_file_spares_none() {
        let answer = answer(&["reading part: multipart: NextPart: EOF"]);
        let assigned = assign_failures(&files(&["a", "b"]), &answer);
        assert!(assigned.iter().all(|failure| matches!(failure, Some(UploadFailure::Other(_)))));
    }

    #[test]
    fn only_clean_names_go_by_the_bulk_form() {
        assert!(survives_trimming("/a b/c"));
        assert!(!survives_trimming("/a ") && !survives_trimming("\na"));
        assert!(!survives_trimming(""));
    }
}
