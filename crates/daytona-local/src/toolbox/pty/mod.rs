//! Terminals (PTY): shells on pseudo-terminals.

mod connection;
mod device;
mod request;
mod terminal;
mod terminals;
mod viewers;

use std::sync::Arc;

use axum::Json;
use axum::response::Response;
use daytona_api::toolbox::pty::{
    CREATE, EXIT_CONTROL_PROTOCOL, PtyCreateResponse, PtyListResponse, PtySessionInfo, RESIZE,
};
use http::StatusCode;
use serde_json::{Value, json};

use super::cause::cause;
use super::task::detached;
use super::web_socket::{Upgrade, offered_protocols};
use super::{Call, Toolbox};
use crate::response::Failure;
use connection::LARGEST_MESSAGE;
use terminal::Terminal;
pub(super) use terminals::Terminals;
use viewers::View;

/// Creates a terminal.
pub(super) async fn create(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<(StatusCode, Json<PtyCreateResponse>), Failure> {
    let plan = request::plan(toolbox, call.json(&CREATE).await?)?;
    let terminal = toolbox.terminals.add(plan)?;
    if !terminal.starts_late() {
        start_new(toolbox, &terminal)?;
    }
    Ok((StatusCode::CREATED, Json(PtyCreateResponse { session_id: terminal.id().to_owned() })))
}

/// All terminals.
pub(super) async fn list(toolbox: &Arc<Toolbox>, _: Call) -> Result<Json<PtyListResponse>, Failure> {
    Ok(Json(PtyListResponse { sessions: toolbox.terminals.describe() }))
}

/// One terminal.
pub(super) async fn get(toolbox: &Arc<Toolbox>, call: Call) -> Result<Json<PtySessionInfo>, Failure> {
    let found = toolbox.terminals.find(call.parameter("sessionId"));
    Ok(Json(found.ok_or_else(not_found)?.describe()))
}

/// Kills everything that runs in a terminal.
pub(super) async fn delete(toolbox: &Arc<Toolbox>, call: Call) -> Result<Json<Value>, Failure> {
    let terminal = toolbox.terminals.take(call.parameter("sessionId")).ok_or_else(not_found)?;
    detached(async move { terminal.delete().await }).await?;
    Ok(Json(json!({ "message": "PTY session deleted" })))
}

/// Changes the size of a terminal.
pub(super) async fn resize(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Json<PtySessionInfo>, Failure> {
    let size = request::new_size(&call.json(&RESIZE).await?)?;
    let id = call.parameter("sessionId");
    let terminal = toolbox.terminals.find(id).ok_or_else(|| Failure {
        status: StatusCode::GONE,
        code: "GONE",
        message: format!("gone: PTY session {id} not found"),
    })?;
    match terminal.resize(size) {
        Some(Ok(info)) => Ok(Json(info)),
        Some(Err(error)) => {
            Err(Failure::internal(format_args!("cannot resize the terminal: {}", cause(&error))))
        }
        None => Err(Failure::internal("cannot resize inactive PTY session")),
    }
}

/// Connects to a terminal. Whether that is possible is told over the WebSocket.
pub(super) async fn connect(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let upgrade = upgrade(&mut call)?;
    let wants_exit = wants_exit(&call);
    let connected = open(toolbox, call.parameter("sessionId"));
    Ok(upgrade.switch(async move |socket| match connected {
        Ok((terminal, view)) => connection::serve(socket, terminal, view, wants_exit).await,
        Err(reason) => connection::refuse(socket, reason).await,
    }))
}

/// Creates a terminal and connects to it.
pub(super) async fn create_connect(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let upgrade = upgrade(&mut call)?;
    let wants_exit = wants_exit(&call);
    let terminal = toolbox.terminals.add(request::plan(toolbox, request::of_query(&call)?)?)?;
    let mut created = Created { toolbox: Arc::clone(toolbox), terminal: Some(Arc::clone(&terminal)) };
    let view = terminal.connect().ok_or_else(|| Failure::internal("too many clients"))?;
    start_new(toolbox, &terminal)?;
    Ok(upgrade.switch(async move |socket| {
        created.keep();
        connection::serve(socket, terminal, view, wants_exit).await;
    }))
}

/// A terminal that is deleted unless its client receives the response.
struct Created {
    toolbox: Arc<Toolbox>,
    terminal: Option<Arc<Terminal>>,
}

impl Created {
    fn keep(&mut self) {
        self.terminal = None;
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        if let Some(terminal) = self.terminal.take() {
            self.toolbox.terminals.remove(&terminal);
            tokio::spawn(async move { terminal.delete().await });
        }
    }
}

fn upgrade(call: &mut Call) -> Result<Upgrade, Failure> {
    let upgrade = Upgrade::asked(call)?;
    let upgrade = upgrade.ok_or_else(|| Failure::bad_request("a terminal needs an upgrade to WebSocket"))?;
    Ok(upgrade.with_largest_message(LARGEST_MESSAGE))
}

fn wants_exit(call: &Call) -> bool {
    offered_protocols(call).any(|protocol| protocol == EXIT_CONTROL_PROTOCOL)
}

/// Connects a client to a terminal, which starts now unless it runs.
fn open(toolbox: &Arc<Toolbox>, id: &str) -> Result<(Arc<Terminal>, View), String> {
    let terminal = toolbox.terminals.find(id).ok_or_else(|| format!("PTY session {id} not found"))?;
    let view = terminal.connect().ok_or("too many clients are connected to it")?;
    start(toolbox, &terminal)?;
    Ok((terminal, view))
}

/// Starts the shell of a terminal that is removed if that fails.
fn start_new(toolbox: &Arc<Toolbox>, terminal: &Arc<Terminal>) -> Result<(), Failure> {
    start(toolbox, terminal).map_err(|reason| {
        toolbox.terminals.remove(terminal);
        Failure::internal(reason)
    })
}

fn start(toolbox: &Arc<Toolbox>, terminal: &Arc<Terminal>) -> Result<(), String> {
    let (toolbox, ended) = (Arc::clone(toolbox), Arc::clone(terminal));
    let started = terminal.start(move || toolbox.terminals.remove(&ended));
    started.map_err(|error| {
        format!(
            "failed to start PTY session: cannot start the shell in {}: {}",
            terminal.folder(),
            cause(&error)
        )
    })
}

fn not_found() -> Failure {
    Failure::not_found("PTY session not found")
}
