//! `POST /process/execute`: one command, one answer.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use daytona_api::process::{ExecuteRequest, ExecuteResponse};
use http::StatusCode;
use serde_json::Value;

use super::cause::cause;
use super::run::{Ending, Run, clean};
use super::{Call, Toolbox, envelope, json_body, ok, shell, text};
use crate::answer::{Answer, Failure};

/// The exit code of a shell that never ran or did not end by itself.
const NO_EXIT_CODE: i32 = -1;

/// What a shell adds to a signal's number to make an exit code of it.
const SIGNAL_BASE: i32 = 128;

/// Runs a command to its end.
pub(super) async fn execute(toolbox: &Arc<Toolbox>, call: Call) -> Result<Answer, Failure> {
    let body = json_body::read(call.body).await.map_err(refused)?;
    let request = parse(&body).map_err(refused)?;
    check(&request)?;
    let (run, wrapped) = plan(toolbox, request);
    let (shell, cwd) = (run.shell.clone(), run.cwd.clone());
    // A task of its own: a client that goes away leaves the command running.
    let ending = match tokio::spawn(run.finish()).await {
        Ok(ending) => ending,
        Err(error) => return Err(lost(&error)),
    };
    match ending {
        Ending::Finished { status, output } => Ok(ok(&ExecuteResponse {
            exit_code: Some(exit_code(status, wrapped)),
            result: text::lossy(output),
        })),
        Ending::TimedOut => Err(Failure {
            status: StatusCode::REQUEST_TIMEOUT,
            code: "PROCESS_EXECUTION_TIMEOUT",
            message: "request timeout: command execution timeout".to_owned(),
        }),
        Ending::NotStarted(error) => Ok(ok(&ExecuteResponse {
            exit_code: Some(NO_EXIT_CODE),
            result: not_started(&shell, &cwd, &error),
        })),
    }
}

fn parse(body: &[u8]) -> Result<ExecuteRequest, String> {
    let mut fields = json_body::fields(body, &["command", "cwd", "envs", "timeout"])?;
    if let Some(Value::Object(envs)) = fields.get_mut("envs") {
        for value in envs.values_mut().filter(|value| value.is_null()) {
            *value = Value::String(String::new());
        }
    }
    json_body::build(fields)
}

fn refused(reason: String) -> Failure {
    Failure::bad_request(format_args!("invalid request body: {reason}"))
}

/// Refuses what must not be run.
fn check(request: &ExecuteRequest) -> Result<(), Failure> {
    if request.command.trim().is_empty() {
        return Err(Failure::bad_request("command cannot be empty or whitespace-only"));
    }
    match request.envs.iter().flatten().find(|(name, _)| !is_env_name(name)) {
        Some((name, _)) => {
            Err(Failure::bad_request(format_args!("invalid environment variable name: '{name}'")))
        }
        None => Ok(()),
    }
}

/// Whether a shell could use this as the name of a variable.
pub(super) fn is_env_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Decides which shell runs what, and whether an older client wrapped it.
fn plan(toolbox: &Toolbox, request: ExecuteRequest) -> (Run, bool) {
    let cwd = clean(&toolbox.locate(Path::new(request.cwd.as_deref().unwrap_or_default())));
    let timeout = request.timeout.filter(|&seconds| seconds > 0).map(|s| Duration::from_secs(s.into()));
    let mut envs = request.envs.unwrap_or_default();
    match envelope::open(&request.command) {
        Some(envelope) => {
            envs.extend(envelope.envs);
            (Run { shell: shell::POSIX.into(), script: envelope.script, cwd, envs, timeout }, true)
        }
        None => (Run { shell: toolbox.shell.clone(), script: request.command, cwd, envs, timeout }, false),
    }
}

/// The exit code of a shell. In an envelope there was another shell around it,
/// which told of a death by a signal in its own way.
fn exit_code(status: ExitStatus, wrapped: bool) -> i32 {
    match (status.code(), status.signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) if wrapped => SIGNAL_BASE + signal,
        _ => NO_EXIT_CODE,
    }
}

fn not_started(shell: &Path, cwd: &Path, error: &std::io::Error) -> String {
    format!("could not start {} in {}: {}", shell.display(), cwd.display(), cause(error))
}

fn lost(error: &tokio::task::JoinError) -> Failure {
    Failure {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: "INTERNAL_SERVER_ERROR",
        message: format!("internal server error: the command was lost: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables() {
        for good in ["A", "_", "a1_B"] {
            assert!(is_env_name(good), "{good}");
        }
        for bad in ["", "1A", "A-B", "A B", "É", "A="] {
            assert!(!is_env_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_variable_of_null_is_empty_and_a_fraction_is_no_timeout() {
        let request = parse(br#"{"command":"x","envs":{"A":null},"cwd":null,"timeout":null}"#).unwrap();
        assert_eq!(request.envs.unwrap()["A"], "");
        for timeout in ["1.0", "1e1", "-1", "4294967296", "\"5\""] {
            assert!(
                parse(format!(r#"{{"command":"x","timeout":{timeout}}}"#).as_bytes()).is_err(),
                "{timeout}"
            );
        }
    }
}
