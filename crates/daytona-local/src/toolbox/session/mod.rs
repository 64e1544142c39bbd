//! Sessions: long-lived shells.

mod command;
mod follow;
mod output;
mod sessions;
mod shell;
mod streams;
mod version;

use std::sync::Arc;

use axum::Json;
use axum::response::Response;
use daytona_api::toolbox::session::{CREATE, Command, ENTRYPOINT, EXECUTE, SEND_INPUT, Session};
use http::StatusCode;
use uuid::Uuid;

use super::call::{InvalidBody, given};
use super::task::detached;
use super::web_socket::Upgrade;
use super::{Call, Toolbox};
use crate::response::Failure;
use command::{Progress, SessionCommand, session_ended};
pub(super) use sessions::Sessions;
use shell::ShellPlan;
use version::{OutputForm, starts_in_home};

/// Creates a session.
pub(super) async fn create(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let id = call.json(&CREATE).await?.session_id;
    given("sessionId", &id)?;
    if id == ENTRYPOINT {
        return Err(Failure::bad_request("provided session ID is reserved and cannot be created/overridden"));
    }
    if id.contains('/') || id == "." || id == ".." {
        // No path of a request could name it.
        return Err(Failure::bad_request("a session ID may not contain '/', and not be '.' or '..'"));
    }
    let start = if starts_in_home(&call) { &toolbox.home_dir } else { &toolbox.work_dir };
    let plan = ShellPlan {
        program: toolbox.shell.clone(),
        work_dir: start.clone(),
        environment: toolbox.environment(),
        folder: toolbox.state_dir.join(Uuid::new_v4().simple().to_string()),
    };
    toolbox.sessions.create(&id, plan)?;
    Ok(StatusCode::CREATED)
}

/// All sessions.
pub(super) async fn list(toolbox: &Arc<Toolbox>, _: Call) -> Result<Json<Vec<Session>>, Failure> {
    Ok(Json(toolbox.sessions.describe()))
}

/// The session of the sandbox's entrypoint. Sandboxes of this server have no
/// entrypoint.
pub(super) async fn get_entrypoint(_: &Arc<Toolbox>, _: Call) -> Result<Json<Session>, Failure> {
    Err(Failure::not_found("session not found"))
}

/// One session.
pub(super) async fn get(toolbox: &Arc<Toolbox>, call: Call) -> Result<Json<Session>, Failure> {
    let id = call.parameter("sessionId");
    Ok(Json(toolbox.sessions.find(id)?.describe(id)))
}

/// Ends a session and everything that runs in it.
pub(super) async fn delete(toolbox: &Arc<Toolbox>, call: Call) -> Result<StatusCode, Failure> {
    let id = not_the_entrypoint(&call, "can't delete entrypoint session")?;
    let session = toolbox.sessions.remove(id)?;
    detached(async move { session.end().await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Runs a command in a session, and waits for its end unless asked not to.
pub(super) async fn execute(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let request = call.json(&EXECUTE).await.map_err(InvalidBody::into_bad_request)?;
    let id = not_the_entrypoint(&call, "can't execute command in entrypoint session")?;
    if request.command.trim().is_empty() {
        return Err(Failure::bad_request("command cannot be empty or whitespace-only"));
    }
    let session = toolbox.sessions.find(id)?;
    let in_background = request.run_async == Some(true) || request.var_async == Some(true);
    let echoes_input = request.suppress_input_echo != Some(true);
    let command = session.enqueue(request.command, in_background, echoes_input)?;
    if in_background {
        return Ok(output::started(command.id.clone()));
    }
    let form = OutputForm::of(&call);
    match command.ended().await {
        Progress::Ended(code) => Ok(output::executed(command.describe(), code, snapshot(&command)?, form)),
        _ => Err(session_ended()),
    }
}

/// One command of a session.
pub(super) async fn get_command(toolbox: &Arc<Toolbox>, call: Call) -> Result<Json<Command>, Failure> {
    Ok(Json(find_command(toolbox, &call)?.describe()))
}

/// The log of a command: so far, or as it grows when the client wants a
/// WebSocket.
pub(super) async fn get_command_logs(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let command = find_command(toolbox, &call)?;
    let form = OutputForm::of(&call);
    let follows = call.query.bytes("follow") == b"true";
    match Upgrade::asked(&mut call)? {
        Some(upgrade) => {
            let log = command.log.read(follows);
            Ok(upgrade.switch(move |socket| follow::follow(socket, log, form)))
        }
        None => Ok(output::logs(snapshot(&command)?, form)),
    }
}

/// Sends input to a running command.
pub(super) async fn send_input(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let data = call.json(&SEND_INPUT).await?.data;
    given("data", &data)?;
    not_the_entrypoint(&call, "can't send input to entrypoint session")?;
    find_command(toolbox, &call)?.send(data).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn not_the_entrypoint<'a>(call: &'a Call, message: &str) -> Result<&'a str, Failure> {
    match call.parameter("sessionId") {
        ENTRYPOINT => Err(Failure::bad_request(message)),
        id => Ok(id),
    }
}

fn find_command(toolbox: &Toolbox, call: &Call) -> Result<Arc<SessionCommand>, Failure> {
    toolbox.sessions.find(call.parameter("sessionId"))?.command(call.parameter("commandId"))
}

fn snapshot(command: &SessionCommand) -> Result<super::log::Snapshot, Failure> {
    command.log.snapshot().map_err(Failure::internal)
}
