//! One-shot execution: `POST /process/execute`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A shell script to run once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecuteRequest {
    /// The whole text is fed to a shell; newlines are allowed.
    pub command: String,
    /// Working directory; absent or empty means the sandbox's work folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Variables added to the sandbox's environment for this command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envs: Option<BTreeMap<String, String>>,
    /// Seconds after which the command is killed; absent or 0 means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
}

/// How a command ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "AnyExecuteResponse")]
pub struct ExecuteResponse {
    /// The shell's status; absent when the service does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Standard output and standard error, in the order written.
    pub result: String,
}

/// The answer of any generation: the oldest say `code`, some say both.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyExecuteResponse {
    exit_code: Option<i32>,
    code: Option<i32>,
    result: Option<String>,
}

impl From<AnyExecuteResponse> for ExecuteResponse {
    fn from(any: AnyExecuteResponse) -> Self {
        Self { exit_code: any.exit_code.or(any.code), result: any.result.unwrap_or_default() }
    }
}
