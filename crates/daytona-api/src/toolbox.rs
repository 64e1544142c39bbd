//! Routes of the toolbox, relative to `{toolboxProxyUrl}/{sandboxId}`.

use serde::{Deserialize, Serialize};

/// One-shot execution.
pub const EXECUTE: &str = "/process/execute";
/// List (GET) and delete (DELETE).
pub const FILES: &str = "/files";
/// What a path is.
pub const FILE_INFO: &str = "/files/info";
/// Make a folder.
pub const FOLDER: &str = "/files/folder";
/// Move or rename.
pub const MOVE: &str = "/files/move";
/// Change mode or owner.
pub const PERMISSIONS: &str = "/files/permissions";
/// Lines that hold a text.
pub const FIND: &str = "/files/find";
/// Names that match a pattern.
pub const SEARCH: &str = "/files/search";
/// Replace a text in files.
pub const REPLACE: &str = "/files/replace";
/// Upload one file, older form.
pub const UPLOAD: &str = "/files/upload";
/// Upload one file, newer form.
pub const UPLOAD_V2: &str = "/files/upload-v2";
/// Upload any number of files.
pub const BULK_UPLOAD: &str = "/files/bulk-upload";
/// Download one file.
pub const DOWNLOAD: &str = "/files/download";
/// Download any number of files.
pub const BULK_DOWNLOAD: &str = "/files/bulk-download";
/// The folder in which commands start.
pub const WORK_DIR: &str = "/work-dir";
/// The home folder of the sandbox's user.
pub const USER_HOME_DIR: &str = "/user-home-dir";
/// Older name of [`USER_HOME_DIR`].
pub const PROJECT_DIR: &str = "/project-dir";
/// The toolbox's version.
pub const VERSION: &str = "/version";

/// The answer of [`WORK_DIR`] and [`USER_HOME_DIR`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirResponse {
    /// An absolute path.
    pub dir: String,
}

/// The answer of [`VERSION`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionResponse {
    /// A release such as `v0.190.0`.
    pub version: String,
}
