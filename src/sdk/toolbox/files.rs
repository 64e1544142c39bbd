//! Files of a sandbox.

use std::path::{Path, PathBuf};

use daytona_client::{
    DownloadRequest, Downloaded, DownloadedFile, Error, FileErrorDetails, FileInfo, Match, ReplaceResult,
    SearchFilesResponse, Whole,
};
use napi::bindgen_prelude::{Either, Env};
use napi_derive::napi;

use crate::bytes::download::{Downloads, Received};
use crate::bytes::upload::{GivenOrPath, upload_requests};
use crate::call::{CALL, CallOptions, Promised, Resource, TRANSFER};
use crate::cancel::Signal;
use crate::stream::{ByteSink, ByteStream};

/// Files of a sandbox. Relative paths start at the sandbox's working directory.
///
/// Methods reject with `DaytonaNotFoundError` (the sandbox does not exist), `DaytonaConflictError`
/// (the sandbox is not started), `DaytonaAuthenticationError` (the API key is rejected),
/// `DaytonaTimeoutError` (the timeout passed), `DaytonaConnectionError` (the connection failed),
/// another `DaytonaError`, or the reason of an aborted signal.
#[napi]
pub struct FileSystem {
    sandbox: daytona_client::Sandbox,
}

/// Changes of the permissions of a file. Absent properties are kept.
#[napi(object, object_to_js = false)]
pub struct FilePermissionsParams {
    /// Mode as an octal string, such as `644`.
    pub mode: Option<String>,
    /// Owner, by name or numeric id.
    pub owner: Option<String>,
    /// Group, by name or numeric id.
    pub group: Option<String>,
}

/// A file to write.
#[napi(object, object_to_js = false)]
pub struct FileUpload {
    /// Content, or the path of a local file. Contents of more than 8 MiB together must not be modified before
    /// the promise settles.
    #[napi(ts_type = "Uint8Array | string")]
    pub source: GivenOrPath,
    /// Path in the sandbox.
    pub destination: String,
}

/// A file to read.
#[napi(object, object_to_js = false)]
pub struct FileDownloadRequest {
    /// Path in the sandbox.
    pub source: String,
    /// Path of the local file to write it to. Default: none, for a file that is read into memory.
    pub destination: Option<String>,
}

/// The result of reading one file.
#[napi(object, js_name = "FileDownloadResult", object_from_js = false)]
pub struct FileDownloadResult {
    /// The requested path.
    pub source: String,
    /// The content, or the path of the local file; absent when it failed.
    #[napi(ts_type = "Uint8Array | string")]
    pub result: Option<Either<Received, String>>,
    /// Why it failed.
    pub error: Option<String>,
    /// What else is known about the failure.
    pub error_details: Option<FileErrorDetails>,
}

impl From<DownloadedFile<Downloaded<Received>>> for FileDownloadResult {
    fn from(file: DownloadedFile<Downloaded<Received>>) -> Self {
        let DownloadedFile { path: source, content } = file;
        match content {
            Ok(Downloaded::Memory(content)) => {
                Self { source, result: Some(Either::A(content)), error: None, error_details: None }
            }
            Ok(Downloaded::LocalFile(path)) => {
                let path = path.to_string_lossy().into_owned();
                Self { source, result: Some(Either::B(path)), error: None, error_details: None }
            }
            Err(failure) => {
                let error_details = failure.details.map(|details| *details);
                Self { source, result: None, error: Some(failure.reason), error_details }
            }
        }
    }
}

/// Options of `listFiles`.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct ListFilesOptions {
    /// How many levels to list: 1 for the entries of the folder, 2 for those of its folders as well, and so on. Default: 1.
    #[napi(ts_type = "number")]
    pub depth: Option<Whole<u32>>,
    /// Timeout in seconds; 0 for none. Default: 60.
    pub timeout: Option<f64>,
    /// A signal that aborts the call.
    #[napi(ts_type = "AbortSignal | null")]
    pub signal: Option<Signal>,
}

impl From<daytona_client::Sandbox> for FileSystem {
    fn from(sandbox: daytona_client::Sandbox) -> Self {
        Self { sandbox }
    }
}

impl Resource for FileSystem {
    type Handle = daytona_client::Sandbox;

    fn handle(&self) -> &Self::Handle {
        &self.sandbox
    }
}

#[napi]
impl FileSystem {
    /// Creates a folder and its parents, unless it exists: `POST /files/folder`.
    /// @param path Path of the folder.
    /// @param mode Permissions as an octal string, such as `755`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaFileAccessDeniedError} The user has no permission to create the folder.
    /// @throws {DaytonaValidationError} The service rejected the path or the mode.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn create_folder(
        &self,
        env: Env,
        path: String,
        mode: String,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.create_folder(&path, &mode, deadline).await
        })
    }

    /// Deletes a file or folder: `DELETE /files`.
    /// @param path Path of the file or folder.
    /// @param recursive Whether to delete a folder with its content. Default: false.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The path does not exist.
    /// @throws {DaytonaValidationError} The path is a folder and `recursive` is false.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete_file(
        &self,
        env: Env,
        path: String,
        recursive: Option<bool>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let recursive = recursive.unwrap_or(false);
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.delete_file(&path, recursive, deadline).await
        })
    }

    /// Returns the entries of a folder, sorted by name, and with a depth of 2 or more each folder's own after it:
    /// `GET /files`.
    /// @param path Path of the folder.
    /// @param options Depth (default 1), timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The entries.
    /// @throws {DaytonaNotFoundError} The folder does not exist.
    /// @throws {DaytonaInvalidArgumentError} The depth is 0.
    #[napi(ts_return_type = "Promise<Array<FileInfo>>")]
    pub fn list_files(
        &self,
        env: Env,
        path: String,
        options: Option<ListFilesOptions>,
    ) -> Promised<Vec<FileInfo>> {
        let ListFilesOptions { depth, timeout, signal } = options.unwrap_or_default();
        let options = Some(CallOptions { timeout, signal });
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            match depth {
                None => sandbox.list_files(&path, deadline).await,
                Some(Whole(depth)) => sandbox.list_files_below(&path, depth, deadline).await,
            }
        })
    }

    /// Returns type, size, mode and owner of a path: `GET /files/info`.
    /// @param path Path of the file or folder.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The details.
    /// @throws {DaytonaNotFoundError} The path does not exist.
    #[napi(ts_return_type = "Promise<FileInfo>")]
    pub fn get_file_details(
        &self,
        env: Env,
        path: String,
        options: Option<CallOptions>,
    ) -> Promised<FileInfo> {
        self.call(
            &env,
            options,
            CALL,
            |sandbox, deadline| async move { sandbox.file_info(&path, deadline).await },
        )
    }

    /// Moves or renames a file or folder: `POST /files/move`. Never replaces an existing one.
    /// @param source Current path.
    /// @param destination New path.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The source does not exist.
    /// @throws {DaytonaConflictError} The destination exists.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn move_files(
        &self,
        env: Env,
        source: String,
        destination: String,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.move_file(&source, &destination, deadline).await
        })
    }

    /// Finds lines of files that contain a literal string: `GET /files/find`.
    /// @param path Path of a folder or file.
    /// @param pattern The string.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The lines.
    #[napi(ts_return_type = "Promise<Array<Match>>")]
    pub fn find_files(
        &self,
        env: Env,
        path: String,
        pattern: String,
        options: Option<CallOptions>,
    ) -> Promised<Vec<Match>> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.find_in_files(&path, &pattern, deadline).await
        })
    }

    /// Finds files and folders whose name matches a shell pattern: `GET /files/search`.
    /// @param path Path of a folder.
    /// @param pattern Shell pattern, such as `*.ts`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The paths.
    #[napi(ts_return_type = "Promise<SearchFilesResponse>")]
    pub fn search_files(
        &self,
        env: Env,
        path: String,
        pattern: String,
        options: Option<CallOptions>,
    ) -> Promised<SearchFilesResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.search_files(&path, &pattern, deadline).await
        })
    }

    /// Replaces a literal string in files: `POST /files/replace`.
    /// @param files Paths of the files.
    /// @param pattern The string to replace.
    /// @param newValue The replacement.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns One result for each file, in order; the failure of a file is in its result.
    #[napi(ts_return_type = "Promise<Array<ReplaceResult>>")]
    pub fn replace_in_files(
        &self,
        env: Env,
        files: Vec<String>,
        pattern: String,
        new_value: String,
        options: Option<CallOptions>,
    ) -> Promised<Vec<ReplaceResult>> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.replace_in_files(files, &pattern, &new_value, deadline).await
        })
    }

    /// Changes mode, owner or group: `POST /files/permissions`.
    /// @param path Path of the file or folder.
    /// @param permissions The changes.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The path does not exist.
    /// @throws {DaytonaValidationError} The service rejected the mode, owner or group.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_file_permissions(
        &self,
        env: Env,
        path: String,
        permissions: FilePermissionsParams,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            let FilePermissionsParams { mode, owner, group } = permissions;
            sandbox
                .set_permissions(&path, mode.as_deref(), owner.as_deref(), group.as_deref(), deadline)
                .await
        })
    }

    /// Writes a file and creates its folder: `POST /files/bulk-upload`.
    /// @param file Content, or the path of a local file. If the content has more than 8 MiB, it must not be modified
    /// before the promise settles.
    /// @param remotePath Path in the sandbox.
    /// @param timeout Timeout in seconds. Default: 1800; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaFileAccessDeniedError} The user has no permission to write the file.
    /// @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
    /// @throws {DaytonaError} The local file cannot be read; `code` is the system's, such as `ENOENT`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn upload_file(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Uint8Array | string")] file: GivenOrPath,
        remote_path: String,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.upload_files(env, vec![FileUpload { source: file, destination: remote_path }], timeout, options)
    }

    /// Writes files in one request and creates their folders: `POST /files/bulk-upload`. Local files without a size,
    /// such as pipes, have a request of their own.
    /// @param files Contents or paths of local files, and paths in the sandbox. Contents of more than 8 MiB together
    /// must not be modified before the promise settles.
    /// @param timeout Timeout in seconds. Default: 1800; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaFileAccessDeniedError} The user has no permission to write a file.
    /// @throws {DaytonaInvalidFilePathError} A path is a folder or not a valid file path. In both
    /// cases the other files are written.
    /// @throws {DaytonaError} A local file cannot be read; `code` is the system's, such as `ENOENT`. If it cannot be
    /// opened, nothing is written.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn upload_files(
        &self,
        env: Env,
        files: Vec<FileUpload>,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let files = files.into_iter().map(|file| (file.destination, file.source)).collect();
        let files = upload_requests(&env, files);
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, TRANSFER, |sandbox, deadline| async move {
            sandbox.upload_from(files?, deadline).await
        })
    }

    /// Reads a file: `POST /files/bulk-download`.
    /// @param remotePath Path in the sandbox.
    /// @param timeout Timeout in seconds. Default: 1800; 0 for none.
    /// @param options A signal.
    /// @returns The content.
    /// @throws {DaytonaFileNotFoundError} The file does not exist.
    /// @throws {DaytonaFileAccessDeniedError} The user has no permission to read the file.
    /// @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
    /// @throws {DaytonaFileReadFailedError} The file does not fit into memory.
    #[napi(ts_return_type = "Promise<Uint8Array>")]
    pub fn download_file(
        &self,
        env: Env,
        remote_path: String,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<Received> {
        let options = CallOptions::or_timeout(options, timeout);
        let memory = Downloads::new(&env)?;
        self.call(&env, options, TRANSFER, |sandbox, deadline| async move {
            sandbox.download_one_into(&remote_path, u32::MAX.into(), &memory, deadline).await
        })
    }

    /// Reads a file of any size into a local file, which appears once it is complete: `POST /files/bulk-download`.
    /// @param remotePath Path in the sandbox.
    /// @param localPath Path of the local file. Its folder is created; an existing file is replaced.
    /// @param timeout Timeout in seconds. Default: 1800; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaFileNotFoundError} The file does not exist.
    /// @throws {DaytonaFileAccessDeniedError} The user has no permission to read the file.
    /// @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
    /// @throws {DaytonaError} The local file cannot be written; `code` is the system's, such as `EACCES`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn download_to_file(
        &self,
        env: Env,
        remote_path: String,
        local_path: String,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, TRANSFER, |sandbox, deadline| async move {
            sandbox.download_to(&remote_path, Path::new(&local_path), deadline).await
        })
    }

    /// Reads files in one request, each into memory or into a local file: `POST /files/bulk-download`.
    /// @param files Paths in the sandbox, and paths of local files.
    /// @param timeout Timeout in seconds. Default: 1800; 0 for none.
    /// @param options A signal.
    /// @returns One result for each file, in order; the failure of a file is in its result.
    #[napi(ts_return_type = "Promise<Array<FileDownloadResult>>")]
    pub fn download_files(
        &self,
        env: Env,
        files: Vec<FileDownloadRequest>,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<Vec<FileDownloadResult>> {
        let options = CallOptions::or_timeout(options, timeout);
        let memory = Downloads::new(&env)?;
        let request = |file: FileDownloadRequest| {
            // As for the service's SDK, an empty path is none.
            let destination = file.destination.filter(|path| !path.is_empty()).map(PathBuf::from);
            DownloadRequest { source: file.source, destination }
        };
        let requests: Vec<_> = files.into_iter().map(request).collect();
        self.call(&env, options, TRANSFER, |sandbox, deadline| async move {
            let files = sandbox.download_files(&requests, u32::MAX.into(), &memory, deadline).await?;
            Ok::<_, Error>(files.into_iter().map(FileDownloadResult::from).collect())
        })
    }

    /// Opens a file for streaming: `POST /files/bulk-download`. `downloadFileStream` returns it as a
    /// Node.js stream.
    /// @param remotePath Path in the sandbox.
    /// @param options Timeout of the download in seconds (default 1800, 0 for none) and a signal.
    /// @returns The native stream.
    /// @throws {DaytonaFileNotFoundError} The file does not exist.
    /// @throws {DaytonaFileAccessDeniedError} The user has no permission to read the file.
    /// @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
    #[napi(ts_return_type = "Promise<ByteStream>")]
    pub fn open_download(
        &self,
        env: Env,
        remote_path: String,
        options: Option<CallOptions>,
    ) -> Promised<ByteStream> {
        self.call(&env, options, TRANSFER, |sandbox, deadline| async move {
            sandbox.download_stream(&remote_path, deadline).await.map(ByteStream::from)
        })
    }

    /// Opens a file for writing in chunks: `POST /files/bulk-upload`. `uploadFileStream` writes a
    /// Node.js stream to it.
    /// @param remotePath Path in the sandbox.
    /// @param options Timeout of the upload in seconds (default 1800, 0 for none) and a signal.
    /// @returns The native sink.
    #[napi(ts_return_type = "Promise<ByteSink>")]
    pub fn open_upload(
        &self,
        env: Env,
        remote_path: String,
        options: Option<CallOptions>,
    ) -> Promised<ByteSink> {
        self.call(&env, options, TRANSFER, |sandbox, deadline| async move {
            Ok::<_, Error>(ByteSink::from(sandbox.upload_stream(&remote_path, deadline)))
        })
    }
}
