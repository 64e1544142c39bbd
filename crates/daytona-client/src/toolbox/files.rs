//! Files of a sandbox.

use daytona_api::toolbox::files::{
    self, FileInfo, Match, ReplaceRequest, ReplaceResult, SearchFilesResponse,
};

use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::transfer::download_stream::DownloadStream;
use crate::transfer::parts::Parts;
use crate::transfer::upload_stream::UploadSink;

impl Sandbox {
    /// Returns the entries of a folder, sorted by name: `GET /files`.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) or
    /// [`FileNotFound`](crate::ErrorKind::FileNotFound) when the folder does not
    /// exist, and the errors of every call to a sandbox.
    pub async fn list_files(&self, path: &str, deadline: Deadline) -> Result<Vec<FileInfo>, Error> {
        self.call(&files::LIST).with("path", path).send(deadline).await
    }

    /// Returns the entries of a folder, each folder followed by its own, to a depth of at
    /// least 1: `GET /files`.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for the depth 0,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) on services before 0.194, which know
    /// only the depth 1, and the errors of [`Sandbox::list_files`].
    pub async fn list_files_below(
        &self,
        path: &str,
        depth: u32,
        deadline: Deadline,
    ) -> Result<Vec<FileInfo>, Error> {
        let operation = || files::LIST.name_with(|_| Some(path));
        if depth == 0 {
            let message = "depth must be a whole number from 1 on";
            return Err(Error::new(ErrorKind::InvalidArgument, operation(), message));
        }
        let call = self.call(&files::LIST).with("path", path).with("depth", depth.to_string());
        let entries: Vec<FileInfo> = call.send(deadline).await?;
        // Services that do not know the parameter ignore it, and return no paths.
        if depth > 1 && entries.iter().any(|entry| entry.path.is_none()) {
            let message =
                "this service lists one level only. Use searchFiles, or list the folders one by one";
            return Err(Error::new(ErrorKind::Unsupported, operation(), message).with_sandbox(self.id()));
        }
        Ok(entries)
    }

    /// Returns type, size, mode and owner of a path: `GET /files/info`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::list_files`].
    pub async fn file_info(&self, path: &str, deadline: Deadline) -> Result<FileInfo, Error> {
        self.call(&files::INFO).with("path", path).send(deadline).await
    }

    /// Creates a folder and its parents, unless it exists: `POST /files/folder`.
    /// `mode` is an octal string, e.g. `755`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn create_folder(&self, path: &str, mode: &str, deadline: Deadline) -> Result<(), Error> {
        self.call(&files::CREATE_FOLDER).with("path", path).with("mode", mode).done(deadline).await
    }

    /// Deletes a file, or with `recursive` a folder and everything in it:
    /// `DELETE /files`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::list_files`].
    pub async fn delete_file(&self, path: &str, recursive: bool, deadline: Deadline) -> Result<(), Error> {
        let call = self.call(&files::DELETE).with("path", path);
        call.with_some("recursive", recursive.then_some("true")).done(deadline).await
    }

    /// Moves or renames a file or folder; never replaces an existing one:
    /// `POST /files/move`.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) when the destination exists, and
    /// the errors of [`Sandbox::list_files`].
    pub async fn move_file(&self, source: &str, destination: &str, deadline: Deadline) -> Result<(), Error> {
        self.call(&files::MOVE).with("source", source).with("destination", destination).done(deadline).await
    }

    /// Changes mode (an octal string), owner or group; absent ones are kept:
    /// `POST /files/permissions`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::list_files`].
    pub async fn set_permissions(
        &self,
        path: &str,
        mode: Option<&str>,
        owner: Option<&str>,
        group: Option<&str>,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let call = self.call(&files::SET_PERMISSIONS).with("path", path);
        call.with_some("mode", mode).with_some("owner", owner).with_some("group", group).done(deadline).await
    }

    /// Returns the lines of files below a path that contain a literal string:
    /// `GET /files/find`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn find_in_files(
        &self,
        path: &str,
        pattern: &str,
        deadline: Deadline,
    ) -> Result<Vec<Match>, Error> {
        self.call(&files::FIND).with("path", path).with("pattern", pattern).send(deadline).await
    }

    /// Returns the paths below a path whose last element matches a shell pattern:
    /// `GET /files/search`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn search_files(
        &self,
        path: &str,
        pattern: &str,
        deadline: Deadline,
    ) -> Result<SearchFilesResponse, Error> {
        self.call(&files::SEARCH).with("path", path).with("pattern", pattern).send(deadline).await
    }

    /// Replaces a literal string in files: `POST /files/replace`. The results
    /// have the order of `files`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox. The failure of one file is in its result.
    pub async fn replace_in_files(
        &self,
        files: Vec<String>,
        pattern: &str,
        new_value: &str,
        deadline: Deadline,
    ) -> Result<Vec<ReplaceResult>, Error> {
        let body = ReplaceRequest { files, pattern: pattern.to_owned(), new_value: new_value.to_owned() };
        self.call(&files::REPLACE).json(&body).send(deadline).await
    }

    /// Streams a file of any size: `POST /files/bulk-download`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox, and those of a file.
    pub async fn download_stream(&self, path: &str, deadline: Deadline) -> Result<DownloadStream, Error> {
        let body = files::BulkDownloadRequest { paths: vec![path.to_owned()] };
        let response = self.call(&files::BULK_DOWNLOAD).json(&body).stream(deadline).await?;
        DownloadStream::open(Parts::new(response)?, path).await
    }

    /// Writes a file of any size in chunks: `POST /files/bulk-upload`. Nothing is
    /// sent before the first chunk.
    #[must_use]
    pub fn upload_stream(&self, path: &str, deadline: Deadline) -> UploadSink {
        UploadSink::open(path, |body| {
            let call = self.call(&files::BULK_UPLOAD).streamed(body);
            async move { call.fetch(deadline).await.map(drop) }
        })
    }
}
