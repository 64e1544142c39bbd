//! Files of a sandbox.

use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;
use crate::operation::{Bytes, Multipart, Repeat, Service, operations};

operations! { Service::Toolbox;
    /// The entries of a folder, sorted by name.
    LIST: () => Vec<FileInfo> = GET "/files", "list the folder {path}", query(&[], &["path", "depth"]);
    /// Deletes a file or a folder.
    DELETE: () => () = DELETE "/files", "delete {path}", query(&["path"], &["recursive"]),
        repeat(Repeat::DoneAt(&[ErrorKind::NotFound, ErrorKind::FileNotFound]));
    /// Type, size, mode and owner of a path.
    INFO: () => FileInfo = GET "/files/info", "get the details of {path}", query(&["path"], &[]);
    /// Creates a folder with its parents. Has no effect on an existing folder.
    CREATE_FOLDER: () => () = POST "/files/folder", "create the folder {path}",
        query(&["path", "mode"], &[]), repeat(Repeat::Safe);
    /// Moves or renames a file or folder; never replaces an existing one. Not
    /// repeated: 404 means a moved source as well as a missing folder.
    MOVE: () => () = POST "/files/move", "move {source} to {destination}", query(&["source", "destination"], &[]);
    /// Changes mode, owner or group.
    SET_PERMISSIONS: () => () = POST "/files/permissions", "change the permissions of {path}",
        query(&["path"], &["mode", "owner", "group"]), repeat(Repeat::Safe);
    /// Finds lines that contain a string.
    FIND: () => Vec<Match> = GET "/files/find", "search in the files of {path}", query(&["path", "pattern"], &[]);
    /// Finds paths whose name matches a pattern.
    SEARCH: () => SearchFilesResponse = GET "/files/search", "search for files in {path}", query(&["path", "pattern"], &[]);
    /// Replaces a string in files. Not repeated: the replacement may contain the string.
    REPLACE: ReplaceRequest => Vec<ReplaceResult> = POST "/files/replace", "replace in files";
    /// Uploads one file, on services before 0.201.
    UPLOAD: Multipart => () = POST "/files/upload", "write {path}", query(&["path"], &[]), repeat(Repeat::Safe);
    /// Uploads one file.
    UPLOAD_V2: Multipart => UploadedFile = POST "/files/upload-v2", "write {path}", query(&["path"], &[]), repeat(Repeat::Safe);
    /// Uploads any number of files.
    BULK_UPLOAD: Multipart => BulkUploadResponse = POST "/files/bulk-upload", "write files", repeat(Repeat::Safe);
    /// Downloads one file.
    DOWNLOAD: () => Bytes = GET "/files/download", "read {path}", query(&["path"], &[]);
    /// Reports changes of a file or folder over a WebSocket, as one [`FileEvents`] a
    /// message. An operation of the local server: the service has none like it.
    WATCH: () => FileEvents = GET "/files/watch", "watch {path}", query(&["path"], &["recursive"]);
    /// Downloads any number of files.
    BULK_DOWNLOAD: BulkDownloadRequest => Multipart = POST "/files/bulk-download", "read files", repeat(Repeat::Safe);
}

/// The boundary that separates the parts of every bulk download.
pub const BULK_DOWNLOAD_BOUNDARY: &str = "DAYTONA-FILE-BOUNDARY";

/// A message of [`WATCH`]. The first one is empty: from now on, no change is missed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEvents {
    /// The changes, in order.
    pub events: Vec<FileEvent>,
}

/// A change of a watched file or folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct FileEvent {
    /// What happened: `create`, `write` (the content changed), `remove`, `rename` (moved
    /// within what is watched), `chmod` (mode, owner or times changed), or `overflow`:
    /// changes below `path` were missed, so what is there has to be read again.
    #[serde(rename = "type")]
    #[cfg_attr(
        feature = "napi",
        napi(js_name = "type", ts_type = "'create' | 'write' | 'remove' | 'rename' | 'chmod' | 'overflow'")
    )]
    pub kind: String,
    /// The path, below the path that is watched.
    pub path: String,
    /// The path before a rename; absent for other changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_path: Option<String>,
    /// Whether it is, or was, a folder.
    pub is_dir: bool,
}

/// A file or folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct FileInfo {
    /// Last element of the requested path.
    pub name: String,
    /// Size in bytes.
    pub size: i64,
    /// Type and permissions as a string, e.g. `-rw-r--r--`.
    pub mode: String,
    /// Time of the last change as a string; for old clients.
    pub mod_time: String,
    /// Time of the last change, RFC 3339 with nanoseconds.
    #[serde(default)]
    pub modified_at: String,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// Numeric user id of the owner, as a string.
    pub owner: String,
    /// Numeric group id, as a string.
    pub group: String,
    /// Four octal digits; the first is always 0.
    pub permissions: String,
    /// Full path; returned by newer services in listings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// One file written by a bulk upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkUploadedFile {
    /// The requested destination.
    pub path: String,
    /// Number of bytes written.
    pub bytes: u64,
}

/// The response to `POST /files/upload-v2`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadedFile {
    /// Last element of the destination.
    pub name: String,
    /// The destination as an absolute path.
    pub path: String,
    /// Type of the entry; always `file` so far.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The response to `POST /files/bulk-upload`, on success and on failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkUploadResponse {
    /// The files written; serialized as `null` when empty.
    #[serde(default)]
    pub files: Option<Vec<BulkUploadedFile>>,
    /// One string for each failed file: `<path>: <step>: <cause>`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}

/// The body of `POST /files/bulk-download`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkDownloadRequest {
    /// Paths of the files; the response has one part for each, in this order.
    pub paths: Vec<String>,
}

/// A line that contains the searched string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct Match {
    /// Path of the file; relative when the requested path is.
    pub file: String,
    /// Line number, from 1.
    pub line: i64,
    /// The line without its line terminator.
    pub content: String,
}

/// The response to `GET /files/search`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct SearchFilesResponse {
    /// Paths whose last element matches the pattern.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub files: Vec<String>,
}

/// The body of `POST /files/replace`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceRequest {
    /// Files to rewrite, in this order.
    pub files: Vec<String>,
    /// Literal string to find.
    pub pattern: String,
    /// Replacement; may be empty.
    pub new_value: String,
}

/// The result of a replacement in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ReplaceResult {
    /// The requested path.
    pub file: String,
    /// Whether the file was rewritten.
    pub success: bool,
    /// Reason for a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
