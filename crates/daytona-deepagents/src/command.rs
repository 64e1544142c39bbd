//! Commands: results, and those that exceeded their timeout.

use daytona_client::Text;

/// The result of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false, use_nullable = true))]
pub struct CommandOutput {
    /// Standard output and standard error, interleaved in the order written.
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub output: Text,
    /// The exit code; null when the service does not return it.
    pub exit_code: Option<i32>,
    /// Whether the output was truncated at `maxOutputBytes`.
    pub truncated: bool,
}

/// What `execute` does when a command exceeds its timeout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTimeout {
    /// It fails with `COMMAND_TIMEOUT`.
    #[default]
    Throw,
    /// It returns the output so far with exit code 124.
    Result,
}

/// A command that exceeded its timeout.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct TimedOutCommand {
    /// The command.
    pub command: String,
    /// Its timeout in seconds; absent when it had none.
    pub timeout: Option<f64>,
    /// What it had written when it was killed; absent when the sandbox did not send it.
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub output: Option<Text>,
}
