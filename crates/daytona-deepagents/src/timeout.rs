//! Commands that exceed their timeout.

use std::fmt::Write as _;
use std::time::Duration;

use daytona_client::{ExecuteError, Text};

use crate::code::{Failure, Operation};
use crate::command::{CommandOutput, OnTimeout, TimedOutCommand};
use crate::options::ExecuteOptions;

/// The exit code of a command that timed out, as `timeout(1)` returns it.
const EXIT_CODE: i32 = 124;
/// Maximum number of characters of a command in an error message.
const COMMAND_LENGTH: usize = 100;
/// Maximum number of characters of output in an error message.
const OUTPUT_LENGTH: usize = 2000;

/// Returns the failure, or the result if the options say so, of a command that
/// exceeded its timeout.
pub(crate) fn timed_out(
    command: &str,
    options: &ExecuteOptions,
    ExecuteError { error, mut output }: ExecuteError,
) -> Result<CommandOutput, Failure> {
    let limit = options.timeout;
    let kept = output.as_mut().zip(options.max_output_bytes);
    let truncated = kept.is_some_and(|(output, most)| output.truncate(most));
    if options.on_timeout == OnTimeout::Result {
        let output = annotated(output, limit).into();
        return Ok(CommandOutput { output, exit_code: Some(EXIT_CODE), truncated });
    }
    let detail = describe(command, output.as_deref());
    let mut failure = Operation::Execute.failure()(error.with_detail(&detail));
    let timeout = limit.map(|limit| limit.as_secs_f64());
    failure.command = Some(Box::new(TimedOutCommand { command: command.to_owned(), timeout, output }));
    Err(failure)
}

/// Returns the output with a last line that says why it ends.
fn annotated(output: Option<Text>, limit: Option<Duration>) -> String {
    let is_lost = output.is_none();
    let mut text = output.map(String::from).unwrap_or_default();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str("[The command timed out");
    if let Some(limit) = limit {
        // Cannot fail: the target is a string.
        let _ = write!(text, " after {} s", limit.as_secs_f64());
    }
    text.push_str(" and was killed");
    text.push_str(if is_lost { ". Its output was lost]\n" } else { "]\n" });
    text
}

/// Returns a sentence about the command and its output.
fn describe(command: &str, output: Option<&str>) -> String {
    let line = command.split_whitespace().collect::<Vec<_>>().join(" ");
    let command = match line.char_indices().nth(COMMAND_LENGTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    };
    let output = match output {
        None => "Its output was lost: the sandbox did not send it".to_owned(),
        Some("") => "It had no output".to_owned(),
        Some(output) => format!("Its output so far:\n{}", last_characters(output, OUTPUT_LENGTH)),
    };
    format!("The command was killed: {command}\n{output}")
}

/// Returns the end of a string, with an ellipsis if it is longer.
fn last_characters(text: &str, count: usize) -> String {
    match text.char_indices().rev().nth(count) {
        Some((before, character)) => format!("…{}", &text[before + character.len_utf8()..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_contain_the_start_of_the_command_and_the_end_of_the_output() {
        assert_eq!(
            describe("make \\\n  all", Some("é\n")),
            "The command was killed: make \\ all\nIts output so far:\né\n"
        );
        assert_eq!(describe("true", Some("")), "The command was killed: true\nIt had no output");
        let long = describe(&"é".repeat(500), Some(&"ü".repeat(5000)));
        assert!(long.contains(&format!(": {}…\n", "é".repeat(COMMAND_LENGTH))), "{long}");
        assert!(long.ends_with(&format!("\n…{}", "ü".repeat(OUTPUT_LENGTH))), "{long}");
    }

    #[test]
    fn the_last_line_of_a_result_says_why_it_ends() {
        let limit = Some(Duration::from_millis(1500));
        let killed = "[The command timed out after 1.5 s and was killed]\n";
        assert_eq!(annotated(Some("".into()), limit), killed);
        assert_eq!(annotated(Some("a".into()), limit), format!("a\n{killed}"));
        assert_eq!(annotated(Some("a\n".into()), limit), format!("a\n{killed}"));
        assert_eq!(annotated(None, None), "[The command timed out and was killed. Its output was lost]\n");
    }
}
