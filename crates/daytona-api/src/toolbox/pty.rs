//! Terminals (PTY): interactive shells of a sandbox on a pseudo-terminal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;
use crate::operation::{Repeat, Service, operations};

/// The subprotocol with which a client asks for a [`Status::Exited`] message.
pub const EXIT_CONTROL_PROTOCOL: &str = "X-Daytona-Pty-Exit-Control";

/// Prefix of the subprotocol with the environment variables of a new terminal: JSON
/// in base64 for URLs, without padding.
pub const ENVS_PROTOCOL: &str = "X-Daytona-Pty-Envs~";

operations! { Service::Toolbox;
    /// Creates a terminal. Not repeated: 409 also means another terminal with this id.
    CREATE: PtyCreateRequest => PtyCreateResponse = POST "/process/pty", "create a terminal";
    /// All terminals.
    LIST: () => PtyListResponse = GET "/process/pty", "list the terminals";
    /// Creates a terminal and connects to it, over a WebSocket. Services before 0.197 do
    /// not have it.
    CREATE_CONNECT: () => () = GET "/process/pty/create-connect", "create terminal {id}",
        query(&["id"], &["cols", "rows", "cwd"]), repeat(Repeat::Never);
    /// One terminal.
    GET: () => PtySessionInfo = GET "/process/pty/{sessionId}", "get terminal {sessionId}";
    /// Deletes a terminal and kills everything that runs in it.
    DELETE: () => () = DELETE "/process/pty/{sessionId}", "delete terminal {sessionId}",
        repeat(Repeat::DoneAt(&[ErrorKind::NotFound]));
    /// Connects to a terminal over a WebSocket.
    CONNECT: () => () = GET "/process/pty/{sessionId}/connect", "connect to terminal {sessionId}";
    /// Changes the size of a terminal.
    RESIZE: PtyResizeRequest => PtySessionInfo = POST "/process/pty/{sessionId}/resize",
        "resize terminal {sessionId}", repeat(Repeat::Safe);
}

/// The body of [`CREATE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PtyCreateRequest {
    /// The id of the new terminal.
    #[serde(default)]
    pub id: String,
    /// The shell's working directory. Default: the sandbox's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Environment variables, in addition to the sandbox's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envs: Option<BTreeMap<String, String>>,
    /// Columns. Default: 80.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cols: Option<u16>,
    /// Rows. Default: 24.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u16>,
    /// Whether the shell starts when the first client connects. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lazy_start: Option<bool>,
}

/// The result of [`CREATE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PtyCreateResponse {
    /// The id of the new terminal.
    pub session_id: String,
}

/// The result of [`LIST`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PtyListResponse {
    /// The terminals, in no particular order.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub sessions: Vec<PtySessionInfo>,
}

/// The body of [`RESIZE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PtyResizeRequest {
    /// Columns, 1 to 1000.
    pub cols: u16,
    /// Rows, 1 to 1000.
    pub rows: u16,
}

/// A terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct PtySessionInfo {
    /// The terminal's id.
    pub id: String,
    /// The working directory in which the shell started.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub cwd: String,
    /// Environment variables of the shell, in addition to the sandbox's.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub envs: BTreeMap<String, String>,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// When it was created, as an ISO 8601 date.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub created_at: String,
    /// Whether the shell runs.
    pub active: bool,
    /// Whether the shell starts when the first client connects.
    #[serde(default)]
    pub lazy_start: bool,
}

/// A message about a terminal, as text between the binary frames of its output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlMessage {
    #[serde(rename = "type")]
    kind: Kind,
    /// What the message says.
    #[serde(flatten)]
    pub status: Status,
}

/// What tells a message from other text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Control,
}

impl From<Status> for ControlMessage {
    fn from(status: Status) -> Self {
        Self { kind: Kind::Control, status }
    }
}

/// What a [`ControlMessage`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Status {
    /// The client is connected.
    Connected,
    /// The client cannot be connected.
    Error {
        /// The reason.
        #[serde(default)]
        error: String,
    },
    /// The shell has exited. No output follows.
    Exited(PtyExit),
}

/// How the shell of a terminal exited. It is also the reason of the WebSocket's close.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PtyExit {
    /// The exit code; -1 when the shell was killed by a signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Why the exit code is not 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_reason: Option<String>,
    /// Why the connection ends, when the shell has not exited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn control_messages_are_read_and_written() {
        let exit = PtyExit { exit_code: Some(3), exit_reason: Some("non-zero exit".to_owned()), error: None };
        for (status, value) in [
            (Status::Connected, json!({"type": "control", "status": "connected"})),
            (
                Status::Error { error: "no".to_owned() },
                json!({"type": "control", "status": "error", "error": "no"}),
            ),
            (
                Status::Exited(exit),
                json!({"type": "control", "status": "exited", "exitCode": 3, "exitReason": "non-zero exit"}),
            ),
        ] {
            let message = ControlMessage::from(status);
            assert_eq!(serde_json::to_value(&message).unwrap(), value);
            assert_eq!(serde_json::from_value::<ControlMessage>(value).unwrap(), message);
        }
        for other in [json!({"status": "connected"}), json!({"type": "x", "status": "connected"}), json!([1])]
        {
            assert!(serde_json::from_value::<ControlMessage>(other.clone()).is_err(), "{other}");
        }
    }
}
