//! The toolbox itself: its version and folders.

use serde::{Deserialize, Serialize};

use crate::operation::{Service, operations};

operations! { Service::Toolbox;
    /// The release of the toolbox.
    VERSION: () => VersionResponse = GET "/version", "get the version of the toolbox";
    /// The default working directory of commands.
    WORK_DIR: () => DirResponse = GET "/work-dir", "get the working directory";
    /// The home folder of the sandbox's user.
    USER_HOME_DIR: () => DirResponse = GET "/user-home-dir", "get the home folder";
    /// Older form of [`USER_HOME_DIR`].
    PROJECT_DIR: () => DirResponse = GET "/project-dir", "get the project folder";
}

/// The response of [`WORK_DIR`] and [`USER_HOME_DIR`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirResponse {
    /// An absolute path.
    pub dir: String,
}

/// The response of [`VERSION`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionResponse {
    /// A release such as `v0.190.0`.
    pub version: String,
}
