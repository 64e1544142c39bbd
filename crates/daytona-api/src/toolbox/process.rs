//! One-shot commands and code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Text;
use crate::operation::{Service, operations};

operations! { Service::Toolbox;
    /// Runs a shell script and waits for it to exit.
    EXECUTE: ExecuteRequest => ExecuteResponse = POST "/process/execute", "run a command";
    /// Runs a program in a language and waits for it to exit, on services since 0.167.
    CODE_RUN: CodeRunRequest => ExecuteResponse = POST "/process/code-run", "run code";
}

/// A shell script to run once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecuteRequest {
    /// The script, which is passed to a shell; may contain newlines.
    pub command: String,
    /// Working directory. Absent or empty: the sandbox's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Environment variables, in addition to the sandbox's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envs: Option<BTreeMap<String, String>>,
    /// Timeout in seconds, after which the command is killed; absent or 0: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
}

/// A program to run once, in the sandbox's default working directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRunRequest {
    /// Source code of the program.
    pub code: String,
    /// `python`, `javascript` or `typescript`.
    pub language: String,
    /// Arguments of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argv: Option<Vec<String>>,
    /// Environment variables, in addition to the sandbox's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envs: Option<BTreeMap<String, String>>,
    /// Timeout in seconds, after which the program is killed; absent or 0: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
}

/// The result of a command or of code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "AnyExecuteResponse")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ExecuteResponse {
    /// The exit code; absent when the service does not return it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Standard output and standard error, interleaved in the order written.
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub result: Text,
    /// Artifacts that code produced besides its output; absent for commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifacts: Option<CodeRunArtifacts>,
}

/// Artifacts that code produced besides its output.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct CodeRunArtifacts {
    /// Charts that the code showed with matplotlib, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "napi", napi(ts_type = "Array<Record<string, any>>"))]
    pub charts: Option<Vec<serde_json::Value>>,
}

/// The response of any version of the service: the oldest return `code`, some both.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyExecuteResponse {
    exit_code: Option<i32>,
    code: Option<i32>,
    result: Option<Text>,
    artifacts: Option<CodeRunArtifacts>,
}

impl From<AnyExecuteResponse> for ExecuteResponse {
    fn from(any: AnyExecuteResponse) -> Self {
        Self {
            exit_code: any.exit_code.or(any.code),
            result: any.result.unwrap_or_default(),
            artifacts: any.artifacts,
        }
    }
}
