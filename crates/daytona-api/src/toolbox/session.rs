//! Sessions: long-lived shells of a sandbox.

use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;
use crate::operation::{Repeat, Service, operations};
use crate::text::Text;

/// The id of the session of the sandbox's entrypoint, which is read-only.
pub const ENTRYPOINT: &str = "entrypoint";

/// Prefix of each line of standard output in a raw log.
pub const STDOUT_MARKER: [u8; 3] = [1, 1, 1];
/// Prefix of each line of standard error in a raw log.
pub const STDERR_MARKER: [u8; 3] = [2, 2, 2];

operations! { Service::Toolbox;
    /// Creates a session. Not repeated: 409 also means another session with this id.
    CREATE: CreateSessionRequest => () = POST "/process/session", "create a session";
    /// All sessions except the entrypoint's.
    LIST: () => Vec<Session> = GET "/process/session", "list the sessions";
    /// The session of the entrypoint.
    GET_ENTRYPOINT: () => Session = GET "/process/session/entrypoint", "get the entrypoint session";
    /// The log of the entrypoint; live with `follow` over a WebSocket.
    GET_ENTRYPOINT_LOGS: () => SessionCommandLogsResponse = GET "/process/session/entrypoint/logs",
        "get the logs of the entrypoint", query(&[], &["follow"]);
    /// A session with its commands.
    GET: () => Session = GET "/process/session/{sessionId}", "get session {sessionId}";
    /// Deletes a session and kills everything that runs in it.
    DELETE: () => () = DELETE "/process/session/{sessionId}", "delete session {sessionId}",
        repeat(Repeat::DoneAt(&[ErrorKind::NotFound]));
    /// Runs a command in a session.
    EXECUTE: SessionExecuteRequest => SessionExecuteResponse = POST "/process/session/{sessionId}/exec",
        "run a command in session {sessionId}";
    /// One command of a session.
    GET_COMMAND: () => Command = GET "/process/session/{sessionId}/command/{commandId}",
        "get command {commandId} of session {sessionId}";
    /// The log of a command; live with `follow` over a WebSocket.
    GET_COMMAND_LOGS: () => SessionCommandLogsResponse = GET "/process/session/{sessionId}/command/{commandId}/logs",
        "get the logs of command {commandId} in session {sessionId}", query(&[], &["follow"]);
    /// Sends input to a running command.
    SEND_INPUT: SessionSendInputRequest => () = POST "/process/session/{sessionId}/command/{commandId}/input",
        "send input to command {commandId} in session {sessionId}";
}

/// A session and the commands that ran in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct Session {
    /// The session's id.
    pub session_id: String,
    /// Its commands, in no particular order.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub commands: Vec<Command>,
}

/// A command of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct Command {
    /// The command's id, assigned by the service.
    pub id: String,
    /// The script.
    pub command: String,
    /// The exit code; absent while the command runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

/// The body of [`CREATE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateSessionRequest {
    /// The id of the new session.
    pub session_id: String,
}

/// A command to run in a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_to_js = false))]
pub struct SessionExecuteRequest {
    /// Script for the session's shell. Changes of the shell's state, such as the
    /// working directory and variables, apply to later commands too.
    pub command: String,
    /// Whether to return immediately, with the command's id. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_async: Option<bool>,
    /// Older name of `runAsync`.
    #[serde(default, rename = "async", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "napi", napi(js_name = "async"))]
    pub var_async: Option<bool>,
    /// Whether to omit input that is sent to the command from its log.
    /// Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppress_input_echo: Option<bool>,
}

/// The result of a command in a session. An asynchronous command has only its id:
/// the service writes the other fields as null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct SessionExecuteResponse {
    /// The command's id.
    pub cmd_id: String,
    /// The whole log; each line is prefixed with the marker of its stream.
    #[serde(default)]
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub output: Option<Text>,
    /// Standard output.
    #[serde(default)]
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub stdout: Option<Text>,
    /// Standard error.
    #[serde(default)]
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub stderr: Option<Text>,
    /// The exit code.
    #[serde(default)]
    pub exit_code: Option<i32>,
}

/// The log of a command so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct SessionCommandLogsResponse {
    /// The whole log; each line is prefixed with the marker of its stream.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub output: Text,
    /// Standard output.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub stdout: Text,
    /// Standard error.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub stderr: Text,
}

/// The body of [`SEND_INPUT`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSendInputRequest {
    /// The input; the service adds a newline unless it ends with one.
    pub data: String,
}
