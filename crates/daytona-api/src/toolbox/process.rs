//! One-shot commands and code.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::operation::{Service, operations};
use crate::text::{Text, end_of_string};

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
#[serde(rename_all = "camelCase", from = "AnyExecuteResponse<Text>")]
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
struct AnyExecuteResponse<Output> {
    exit_code: Option<i32>,
    code: Option<i32>,
    result: Option<Output>,
    artifacts: Option<CodeRunArtifacts>,
}

impl From<AnyExecuteResponse<Text>> for ExecuteResponse {
    fn from(any: AnyExecuteResponse<Text>) -> Self {
        Self {
            exit_code: any.exit_code.or(any.code),
            result: any.result.unwrap_or_default(),
            artifacts: any.artifacts,
        }
    }
}

impl ExecuteResponse {
    /// Deserializes the body of a response, whose memory becomes that of the result:
    /// an output can be large. Takes the memory unless there is an error.
    ///
    /// # Errors
    /// When the body is not JSON of this type.
    pub fn from_body(body: &mut Vec<u8>) -> Result<Self, serde_json::Error> {
        let Some(output) = output_position(body) else { return serde_json::from_slice(body) };
        // Of the output, only the quotes: everything else is small, and all that serde reads.
        let mut rest = body.get(..output.start).unwrap_or_default().to_vec();
        rest.extend_from_slice(body.get(output.end..).unwrap_or_default());
        let AnyExecuteResponse::<&RawValue> { exit_code, code, result, artifacts } =
            match serde_json::from_slice(&rest) {
                Ok(any) => any,
                Err(_) => return serde_json::from_slice(body),
            };
        // Else the property was not that of the response but of something in it.
        let quotes = rest.as_ptr().addr() + output.start - 1;
        if result.is_none_or(|result| result.get().as_ptr().addr() != quotes) {
            return serde_json::from_slice(body);
        }
        Ok(Self { exit_code: exit_code.or(code), result: Text::decoded(body, output), artifacts })
    }
}

/// Finds the inside of the first string that is the value of a property `result`.
fn output_position(body: &[u8]) -> Option<Range<usize>> {
    const NAME: &[u8] = br#""result""#;
    let mut at = memchr::memmem::find(body, NAME)? + NAME.len();
    for expected in [b':', b'"'] {
        at += body.get(at..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
        if body.get(at) != Some(&expected) {
            return None;
        }
        at += 1;
    }
    Some(at..end_of_string(body, at)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn a_response_in_the_memory_of_its_body_is_the_same() {
        for body in [
            r#"{"exitCode":0,"result":"a\nb \"quoted\" \u00e9 😀\ud83d\ude00"}"#,
            r#"{"result":"","exitCode":7}"#,
            r#"{"code":3,"result":"first","artifacts":{"charts":[{"title":"a\nb"}]}}"#,
            r#"{"exitCode":0,"result":null}"#,
            r#" { "exitCode" : 1 } "#,
            r#"{ "result" : "a\n" , "exitCode" : 1 }"#,
            r#"{"artifacts":{"charts":[{"result":"of a chart","title":"result"}]},"result":"a\n"}"#,
            r#"{"artifacts":{"charts":["result"]},"result":"\"result\":\"b\""}"#,
            r#"{"r\u0065sult":"a\n","exitCode":2}"#,
        ] {
            let mut memory = body.as_bytes().to_vec();
            let response = ExecuteResponse::from_body(&mut memory).unwrap();
            assert_eq!(response, serde_json::from_str(body).unwrap(), "{body}");
        }
    }

    #[test]
    fn a_large_result_has_the_memory_of_the_body() {
        let body = format!(r#"{{"exitCode":0,"result":"{}"}}"#, "line\\n".repeat(100_000));
        let mut memory = body.into_bytes();
        let address = memory.as_ptr();
        let response = ExecuteResponse::from_body(&mut memory).unwrap();
        assert_eq!(&*response.result, "line\n".repeat(100_000));
        assert_eq!(response.result.as_ptr(), address);
    }

    #[test]
    fn invalid_utf8_in_a_result_is_replaced() {
        let mut memory = b"{\"result\":\"a\xff\xe2\\nb\"}".to_vec();
        assert_eq!(ExecuteResponse::from_body(&mut memory).unwrap().result, "a\u{fffd}\u{fffd}\nb");
    }

    #[test]
    fn a_body_of_another_type_is_an_error_and_stays() {
        for body in [
            "",
            "[]",
            r#"{"exitCode":0,"result":5}"#,
            r#"{"exitCode":0,"result":"\x"}"#,
            r#"{"result":"\u+123"}"#,
            r#"{"result":"a"#,
            r#"{"result":"a""#,
            r#"{"result":"a","result":"b"}"#,
            "{",
        ] {
            let mut memory = body.as_bytes().to_vec();
            assert!(ExecuteResponse::from_body(&mut memory).is_err(), "{body}");
            assert_eq!(memory, body.as_bytes());
        }
    }
}
