//! `POST /process/execute`: a shell script.

use std::path::Path;
use std::sync::Arc;

use axum::response::Response;
use daytona_api::toolbox::process::{EXECUTE, ExecuteRequest};

use super::super::call::InvalidBody;
use super::super::cause::{cause, clean};
use super::super::client::Client;
use super::super::environment::check_variables;
use super::super::process_group::exit_code;
use super::super::{Call, Toolbox, shell};
use super::output::{Keeper, respond};
use super::run::{Ending, Run};
use super::{envelope, finish, time_limit};
use crate::response::Failure;

/// The exit code of a shell that never ran or did not end by itself.
const NO_EXIT_CODE: i32 = -1;

/// Runs a command to its end.
pub(in crate::toolbox) async fn execute(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let request = call.json(&EXECUTE).await.map_err(InvalidBody::into_bad_request)?;
    if request.command.trim().is_empty() {
        return Err(Failure::bad_request("command cannot be empty or whitespace-only"));
    }
    check_variables(request.envs.as_ref())?;
    let (client, _presence) = Client::new();
    let (run, wrapped) = plan(toolbox, request, client);
    let (shell, cwd) = (run.program.clone(), run.cwd.clone());
    let (exit_code, output) = match finish(run).await? {
        // In an envelope there was another shell around it, which told of a
        // death by a signal in its own way.
        Ending::Finished { status, mut output } => {
            let explanation = toolbox.memory_events.as_ref().and_then(|events| events.explain(status));
            output.append(explanation.unwrap_or_default().as_bytes());
            let code = if wrapped { exit_code(status) } else { status.code() };
            (code.unwrap_or(NO_EXIT_CODE), output)
        }
        Ending::NotStarted(error) => {
            let result =
                format!("could not start {} in {}: {}", shell.display(), cwd.display(), cause(&error));
            (NO_EXIT_CODE, result.into())
        }
    };
    respond(Some(exit_code), output)
}

/// Decides which shell runs what, and whether an older client wrapped it.
fn plan(toolbox: &Toolbox, request: ExecuteRequest, client: Client) -> (Run, bool) {
    let cwd = clean(&toolbox.locate(Path::new(request.cwd.as_deref().unwrap_or_default())));
    let mut envs = request.envs.unwrap_or_default();
    let (program, input, wrapped) = match envelope::open(&request.command) {
        Some(envelope) => {
            envs.extend(envelope.envs);
            (shell::POSIX.into(), envelope.script, true)
        }
        None => (toolbox.shell.clone(), request.command, false),
    };
    let timeout = time_limit(request.timeout);
    let keeper = Keeper::new(client, &toolbox.state_dir, false);
    let environment = toolbox.environment();
    let arguments = Vec::new();
    (Run { program, arguments, input, cwd, environment, envs, timeout, keeper }, wrapped)
}
