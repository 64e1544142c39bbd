//! One-shot commands and code: one request, one response.

mod charts;
mod code_run;
mod envelope;
mod execute;
mod output;
mod run;

use std::time::Duration;

use http::StatusCode;

use crate::response::Failure;
pub(super) use code_run::code_run;
pub(super) use execute::execute;
use run::{Ending, Run, TimedOut};

/// The time limit of a request; 0 seconds are no limit.
fn time_limit(seconds: Option<u32>) -> Option<Duration> {
    seconds.filter(|&seconds| seconds > 0).map(|seconds| Duration::from_secs(seconds.into()))
}

/// Runs a program to its end, in a task of its own: a client that goes away
/// leaves it running.
async fn finish(run: Run) -> Result<Ending, Failure> {
    match tokio::spawn(run.finish()).await {
        Ok(Ok(ending)) => Ok(ending),
        Ok(Err(timed_out)) => Err(timed_out.into()),
        Err(error) => Err(Failure::internal(format_args!("the command was lost: {error}"))),
    }
}

impl From<TimedOut> for Failure {
    fn from(timed_out: TimedOut) -> Self {
        let mut message = "request timeout: command execution timeout".to_owned();
        if timed_out.only_background {
            message += ": the shell has exited, but a background process still holds the output; \
                        redirect it, for example `server > server.log 2>&1 &`";
        }
        Self { status: StatusCode::REQUEST_TIMEOUT, code: "PROCESS_EXECUTION_TIMEOUT", message }
    }
}
