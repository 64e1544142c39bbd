//! The toolbox itself: its version and folders.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::null_as_default;
use crate::operation::{Repeat, Service, operations};
use crate::secret::Secret;

operations! { Service::Toolbox;
    /// The release of the toolbox.
    VERSION: () => VersionResponse = GET "/version", "get the version of the toolbox";
    /// The default working directory of commands.
    WORK_DIR: () => DirResponse = GET "/work-dir", "get the working directory";
    /// The home folder of the sandbox's user.
    USER_HOME_DIR: () => DirResponse = GET "/user-home-dir", "get the home folder";
    /// Older form of [`USER_HOME_DIR`].
    PROJECT_DIR: () => DirResponse = GET "/project-dir", "get the project folder";
    /// Gives the toolbox a token for what it reports to the platform, which calls this after a start.
    INITIALIZE: InitializeRequest => BTreeMap<String, String> = POST "/init", "initialize the toolbox", repeat(Repeat::Safe);
    /// Changes the environment of the processes that are started from now on.
    UPDATE_ENV: UpdateEnvRequest => BTreeMap<String, String> = POST "/env", "change the environment", repeat(Repeat::Safe);
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

/// The body of [`INITIALIZE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InitializeRequest {
    /// The token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
}

/// The body of [`UPDATE_ENV`]: variables are removed first, and then set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateEnvRequest {
    /// Variables to set.
    #[serde(deserialize_with = "null_as_default")]
    pub set: BTreeMap<String, String>,
    /// Names of variables to remove.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<String>,
    /// Removes the variables whose value starts with this, unless they are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unset_value_prefix: Option<String>,
}
