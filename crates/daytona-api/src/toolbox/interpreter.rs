//! The code interpreter: Python that keeps its state between two runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;
use crate::operation::{Repeat, Service, operations};
use crate::text::Text;

/// The id of the context that is used when none is named. It is not listed and
/// cannot be deleted.
pub const DEFAULT_CONTEXT: &str = "default";

/// The only language of contexts.
pub const LANGUAGE: &str = "python";

/// Seconds that code may run when no timeout is given.
pub const DEFAULT_TIMEOUT: u32 = 600;

/// The close code of a run that was interrupted, by its timeout in most cases.
pub const INTERRUPTED: u16 = 4008;

operations! { Service::Toolbox;
    /// Creates a context with a state of its own.
    CREATE_CONTEXT: CreateContextRequest => InterpreterContext = POST "/process/interpreter/context",
        "create an interpreter context";
    /// All contexts except the default one.
    LIST_CONTEXTS: () => ListContextsResponse = GET "/process/interpreter/context",
        "list the interpreter contexts";
    /// Deletes a context and kills its interpreter.
    DELETE_CONTEXT: () => () = DELETE "/process/interpreter/context/{id}", "delete interpreter context {id}",
        repeat(Repeat::DoneAt(&[ErrorKind::NotFound]));
    /// Runs code in a context, over a WebSocket. The code is the first message, so
    /// opening one has no effect and may be repeated.
    EXECUTE: RunCodeRequest => () = GET "/process/interpreter/execute", "run code in the interpreter";
}

/// The body of [`CREATE_CONTEXT`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateContextRequest {
    /// Working directory. Absent or empty: the sandbox's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The language. Absent: Python.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// A context: an interpreter with its variables, functions and modules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct InterpreterContext {
    /// The context's id, assigned by the service.
    pub id: String,
    /// The working directory in which its interpreter was started.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub cwd: String,
    /// When it was created, as ISO 8601.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub created_at: String,
    /// Whether its interpreter runs. One that has exited is started again, without
    /// its state, when code runs in the context.
    #[serde(default)]
    pub active: bool,
    /// The language, `python`.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub language: String,
}

/// The response to [`LIST_CONTEXTS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListContextsResponse {
    /// The contexts, in no particular order.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub contexts: Vec<InterpreterContext>,
}

/// The first message to [`EXECUTE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunCodeRequest {
    /// The code.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub code: String,
    /// The context. Absent: [`DEFAULT_CONTEXT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_id: Option<String>,
    /// Environment variables for this run, in addition to the context's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envs: Option<BTreeMap<String, String>>,
    /// Seconds that the code may run; 0: no limit. Absent: [`DEFAULT_TIMEOUT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<i64>,
}

/// A message of the service during a run. All fields are always present.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCodeMessage {
    /// One of [`message`].
    #[serde(rename = "type")]
    pub kind: String,
    /// Output, or one of [`control`].
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub text: Text,
    /// Class of the exception.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub name: Text,
    /// Message of the exception.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub value: Text,
    /// Traceback of the exception.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub traceback: Text,
}

/// Types of [`RunCodeMessage`].
pub mod message {
    /// Standard output.
    pub const STDOUT: &str = "stdout";
    /// Standard error.
    pub const STDERR: &str = "stderr";
    /// An exception that the code did not catch.
    pub const ERROR: &str = "error";
    /// The end of the run.
    pub const CONTROL: &str = "control";
}

/// Texts of messages of the type [`message::CONTROL`].
pub mod control {
    /// The code has run to its end, or to an exception.
    pub const COMPLETED: &str = "completed";
    /// The code ended with `KeyboardInterrupt`.
    pub const INTERRUPTED: &str = "interrupted";
}
