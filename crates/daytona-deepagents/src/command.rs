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

/// Truncates a string to at most `limit` bytes, at a character boundary. Returns
/// whether it was longer.
pub(crate) fn truncate(text: &mut String, limit: usize) -> bool {
    if text.len() <= limit {
        return false;
    }
    let end = (0..=limit).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(0);
    text.truncate(end);
    text.shrink_to_fit();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_truncated_at_character_boundaries() {
        let mut text = "aé世".to_owned();
        assert!(!truncate(&mut text, 6));
        assert!(truncate(&mut text, 5));
        assert_eq!(text, "aé");
        assert!(truncate(&mut text, 2));
        assert_eq!(text, "a");
    }
}
