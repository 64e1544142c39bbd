//! The file routes of the toolbox.

use serde::{Deserialize, Serialize};

/// The boundary that separates the parts of every bulk download.
pub const BULK_DOWNLOAD_BOUNDARY: &str = "DAYTONA-FILE-BOUNDARY";

/// Codes of the parts that stand for a file that could not be read.
pub mod code {
    /// There is no such file.
    pub const NOT_FOUND: &str = "FILE_NOT_FOUND";
    /// The file may not be read.
    pub const ACCESS_DENIED: &str = "FILE_ACCESS_DENIED";
    /// The path is empty or names a folder.
    pub const INVALID_PATH: &str = "INVALID_FILE_PATH";
    /// The file could not be read for another reason.
    pub const READ_FAILED: &str = "FILE_READ_FAILED";
}

/// One entry of a folder, or one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileInfo {
    /// Last element of the path that was asked for.
    pub name: String,
    /// Size in bytes.
    pub size: i64,
    /// Type and permissions as text, e.g. `-rw-r--r--`.
    pub mode: String,
    /// Time of the last change as text; kept for old clients.
    pub mod_time: String,
    /// Time of the last change in RFC 3339 with nanoseconds.
    #[serde(default)]
    pub modified_at: String,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// Numeric owner, as text.
    pub owner: String,
    /// Numeric group, as text.
    pub group: String,
    /// Four octal digits; the first is always 0.
    pub permissions: String,
    /// Full path; newer services give it in listings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// One file written by a bulk upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadedFile {
    /// The destination, as asked for.
    pub path: String,
    /// How many bytes were written.
    pub bytes: u64,
}

/// The answer to `POST /files/upload-v2`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// Last element of the destination.
    pub name: String,
    /// The destination as an absolute path.
    pub path: String,
    /// What was written; always `file` so far.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The answer to `POST /files/bulk-upload`, on success and on failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkUploadResponse {
    /// The files written; `null` on the wire when there is none.
    #[serde(default)]
    pub files: Option<Vec<UploadedFile>>,
    /// One text a failed file: `<path>: <step>: <cause>`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}

/// The body of `POST /files/bulk-download`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkDownloadRequest {
    /// The files wanted; one part comes back for each, in this order.
    pub paths: Vec<String>,
}

/// A line found by `GET /files/find`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindMatch {
    /// The file, relative as the path asked for was.
    pub file: String,
    /// Line number, from 1.
    pub line: u64,
    /// The line without its end.
    pub content: String,
}

/// The answer to `GET /files/search`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchResponse {
    /// Paths whose last element matches; `null` on services before 0.158.
    #[serde(default)]
    pub files: Option<Vec<String>>,
}

/// The body of `POST /files/replace`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceRequest {
    /// Files to rewrite, in this order.
    pub files: Vec<String>,
    /// Literal text to look for.
    pub pattern: String,
    /// What takes its place; may be empty.
    pub new_value: String,
}

/// What became of one file of a replace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplaceResult {
    /// The file, as asked for.
    pub file: String,
    /// Whether it was rewritten.
    pub success: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
