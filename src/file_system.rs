//! Files, as the SDK has them.

use std::time::Duration;

use bytes::Bytes;
use daytona_client::{Deadline, DownloadFailure, Error, ErrorKind, Sandbox, UploadFile};
use napi::bindgen_prelude::{AsyncBlock, Buffer, Env, Result, Uint8Array};
use napi_derive::napi;

use crate::promise::promise;

/// The time that a transfer may take unless a call says otherwise.
const TRANSFER_SECONDS: u32 = 30 * 60;
const CALL: Duration = Duration::from_secs(60);

/// Files of a sandbox. Relative paths start at the work folder.
#[napi]
pub struct FileSystem {
    sandbox: Sandbox,
}

/// What a path is.
#[napi(object, object_from_js = false)]
pub struct FileInfo {
    /// Last element of the path.
    pub name: String,
    /// Size in bytes.
    pub size: i64,
    /// Type and permissions, e.g. `-rw-r--r--`.
    pub mode: String,
    /// Time of the last change, as text.
    pub mod_time: String,
    /// Time of the last change, RFC 3339.
    pub modified_at: String,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// Numeric owner, as text.
    pub owner: String,
    /// Numeric group, as text.
    pub group: String,
    /// Four octal digits.
    pub permissions: String,
    /// Full path, where the service gives it.
    pub path: Option<String>,
}

/// A line that holds a text.
#[napi(object, object_from_js = false)]
pub struct Match {
    /// The file.
    pub file: String,
    /// Line number, from 1.
    pub line: i64,
    /// The line.
    pub content: String,
}

/// Paths that match a pattern.
#[napi(object, object_from_js = false)]
pub struct SearchFilesResponse {
    /// The paths.
    pub files: Vec<String>,
}

/// What became of one file of a replace.
#[napi(object, object_from_js = false)]
pub struct ReplaceResult {
    /// The file.
    pub file: String,
    /// Whether it was rewritten.
    pub success: bool,
    /// Why not.
    pub error: Option<String>,
}

/// What to change of a file.
#[napi(object, object_to_js = false)]
pub struct FilePermissionsParams {
    /// Mode, octal text such as `644`.
    pub mode: Option<String>,
    /// Owner, by name or number.
    pub owner: Option<String>,
    /// Group, by name or number.
    pub group: Option<String>,
}

/// A file to write.
#[napi(object, object_to_js = false)]
pub struct FileUpload {
    /// Its content. Not to be changed before the promise settles.
    pub source: Uint8Array,
    /// Where to.
    pub destination: String,
}

impl FileSystem {
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        Self { sandbox }
    }
}

fn call() -> Deadline {
    Deadline::after(CALL)
}

fn transfer(seconds: Option<u32>) -> Deadline {
    Deadline::seconds(seconds.unwrap_or(TRANSFER_SECONDS).into())
}

#[napi]
impl FileSystem {
    /// Makes a folder and those it lies in: `POST /files/folder`. `mode` is
    /// octal text such as `755`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn create_folder(&self, env: Env, path: String, mode: String) -> Result<AsyncBlock<()>> {
        let sandbox = self.sandbox.clone();
        promise(&env, None, async move { sandbox.create_folder(&path, &mode, call()).await }, |()| ())
    }

    /// Deletes a file, or with `recursive` a folder: `DELETE /files`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete_file(&self, env: Env, path: String, recursive: Option<bool>) -> Result<AsyncBlock<()>> {
        let sandbox = self.sandbox.clone();
        let deleted = async move { sandbox.delete_file(&path, recursive.unwrap_or(false), call()).await };
        promise(&env, None, deleted, |()| ())
    }

    /// The entries of a folder, sorted by name: `GET /files`.
    #[napi(ts_return_type = "Promise<Array<FileInfo>>")]
    pub fn list_files(&self, env: Env, path: String) -> Result<AsyncBlock<Vec<FileInfo>>> {
        let sandbox = self.sandbox.clone();
        let listed = async move { sandbox.list_files(&path, call()).await };
        promise(&env, None, listed, |entries| entries.into_iter().map(file_info).collect())
    }

    /// What a path is: `GET /files/info`.
    #[napi(ts_return_type = "Promise<FileInfo>")]
    pub fn get_file_details(&self, env: Env, path: String) -> Result<AsyncBlock<FileInfo>> {
        let sandbox = self.sandbox.clone();
        promise(&env, None, async move { sandbox.file_info(&path, call()).await }, file_info)
    }

    /// Moves or renames; never replaces: `POST /files/move`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn move_files(&self, env: Env, source: String, destination: String) -> Result<AsyncBlock<()>> {
        let sandbox = self.sandbox.clone();
        let moved = async move { sandbox.move_file(&source, &destination, call()).await };
        promise(&env, None, moved, |()| ())
    }

    /// Lines below a path that hold a text, literally: `GET /files/find`.
    #[napi(ts_return_type = "Promise<Array<Match>>")]
    pub fn find_files(&self, env: Env, path: String, pattern: String) -> Result<AsyncBlock<Vec<Match>>> {
        let sandbox = self.sandbox.clone();
        let found = async move { sandbox.find_in_files(&path, &pattern, call()).await };
        promise(&env, None, found, |found| {
            let convert = |found: daytona_client::FindMatch| Match {
                file: found.file,
                line: i64::try_from(found.line).unwrap_or(i64::MAX),
                content: found.content,
            };
            found.into_iter().map(convert).collect()
        })
    }

    /// Paths whose last element matches a shell pattern: `GET /files/search`.
    #[napi(ts_return_type = "Promise<SearchFilesResponse>")]
    pub fn search_files(
        &self,
        env: Env,
        path: String,
        pattern: String,
    ) -> Result<AsyncBlock<SearchFilesResponse>> {
        let sandbox = self.sandbox.clone();
        let found = async move { sandbox.search_files(&path, &pattern, call()).await };
        promise(&env, None, found, |files| SearchFilesResponse { files })
    }

    /// Replaces a literal text in files: `POST /files/replace`.
    #[napi(ts_return_type = "Promise<Array<ReplaceResult>>")]
    pub fn replace_in_files(
        &self,
        env: Env,
        files: Vec<String>,
        pattern: String,
        new_value: String,
    ) -> Result<AsyncBlock<Vec<ReplaceResult>>> {
        let sandbox = self.sandbox.clone();
        let replaced = async move { sandbox.replace_in_files(files, &pattern, &new_value, call()).await };
        promise(&env, None, replaced, |results| {
            let convert = |result: daytona_client::ReplaceResult| ReplaceResult {
                file: result.file,
                success: result.success,
                error: result.error,
            };
            results.into_iter().map(convert).collect()
        })
    }

    /// Changes mode, owner or group: `POST /files/permissions`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_file_permissions(
        &self,
        env: Env,
        path: String,
        permissions: FilePermissionsParams,
    ) -> Result<AsyncBlock<()>> {
        let sandbox = self.sandbox.clone();
        let set = async move {
            let FilePermissionsParams { mode, owner, group } = permissions;
            sandbox.set_permissions(&path, mode.as_deref(), owner.as_deref(), group.as_deref(), call()).await
        };
        promise(&env, None, set, |()| ())
    }

    /// Writes a file and makes its folder: `POST /files/bulk-upload`.
    /// `timeout` in seconds, default 1800.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn upload_file(
        &self,
        env: Env,
        file: Uint8Array,
        remote_path: String,
        timeout: Option<u32>,
    ) -> Result<AsyncBlock<()>> {
        self.upload_files(env, vec![FileUpload { source: file, destination: remote_path }], timeout)
    }

    /// Writes files in one request: `POST /files/bulk-upload`. Rejects when one
    /// of them could not be written; the others are. `timeout` in seconds,
    /// default 1800.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn upload_files(
        &self,
        env: Env,
        files: Vec<FileUpload>,
        timeout: Option<u32>,
    ) -> Result<AsyncBlock<()>> {
        let sandbox = self.sandbox.clone();
        let files: Vec<UploadFile> = files
            .into_iter()
            .map(|file| UploadFile { path: file.destination, content: Bytes::from_owner(file.source) })
            .collect();
        let uploaded = async move {
            let results = sandbox.upload(&files, transfer(timeout)).await?;
            let failed = results.into_iter().find_map(|file| Some((file.path, file.failure?)));
            failed.map_or(Ok(()), |(path, failure)| Err(upload_error(&path, &failure)))
        };
        promise(&env, None, uploaded, |()| ())
    }

    /// Reads a file: `POST /files/bulk-download`. `timeout` in seconds, default
    /// 1800.
    #[napi(ts_return_type = "Promise<Buffer>")]
    pub fn download_file(
        &self,
        env: Env,
        remote_path: String,
        timeout: Option<u32>,
    ) -> Result<AsyncBlock<Buffer>> {
        let sandbox = self.sandbox.clone();
        let downloaded = async move {
            let mut files = sandbox.download(&[remote_path], u64::from(u32::MAX), transfer(timeout)).await?;
            match files.pop().map(|file| (file.path, file.content)) {
                Some((_, Ok(content))) => Ok(content),
                Some((path, Err(failure))) => Err(download_error(&path, &failure)),
                None => Err(Error::new(ErrorKind::InvalidResponse, "read a file", "no file was answered")),
            }
        };
        promise(&env, None, downloaded, Buffer::from)
    }
}

fn file_info(info: daytona_client::FileInfo) -> FileInfo {
    FileInfo {
        name: info.name,
        size: info.size,
        mode: info.mode,
        mod_time: info.mod_time,
        modified_at: info.modified_at,
        is_dir: info.is_dir,
        owner: info.owner,
        group: info.group,
        permissions: info.permissions,
        path: info.path,
    }
}

fn upload_error(path: &str, failure: &daytona_client::UploadFailure) -> Error {
    use daytona_client::UploadFailure;
    let (kind, words) = match failure {
        UploadFailure::IsDirectory => (ErrorKind::InvalidFilePath, "it is a folder"),
        UploadFailure::PermissionDenied => (ErrorKind::FileAccessDenied, "permission denied"),
        UploadFailure::NotFound => (ErrorKind::FileNotFound, "file not found"),
        UploadFailure::InvalidPath => (ErrorKind::InvalidFilePath, "the path cannot be a file"),
        UploadFailure::Other(words) => (ErrorKind::BadRequest, words.as_str()),
        _ => (ErrorKind::BadRequest, "it could not be written"),
    };
    Error::new(kind, format!("write {path:?}"), words)
}

fn download_error(path: &str, failure: &DownloadFailure) -> Error {
    let (kind, words) = match failure {
        DownloadFailure::NotFound => (ErrorKind::FileNotFound, "file not found"),
        DownloadFailure::PermissionDenied => (ErrorKind::FileAccessDenied, "permission denied"),
        DownloadFailure::IsDirectory => (ErrorKind::InvalidFilePath, "it is a folder"),
        DownloadFailure::InvalidPath => (ErrorKind::InvalidFilePath, "the path cannot be a file"),
        DownloadFailure::Other(words) => (ErrorKind::FileReadFailed, words.as_str()),
        _ => (ErrorKind::FileReadFailed, "it could not be read"),
    };
    Error::new(kind, format!("read {path:?}"), words)
}
