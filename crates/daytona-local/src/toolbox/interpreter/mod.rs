//! The code interpreter: contexts, each with a Python that keeps its state.

mod contexts;
mod driver;
mod serve;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Json;
use axum::response::Response;
use daytona_api::toolbox::interpreter::{
    CREATE_CONTEXT, DEFAULT_CONTEXT, InterpreterContext, LANGUAGE, ListContextsResponse,
};
use serde_json::{Value, json};

use super::call::InvalidBody;
use super::cause::clean;
use super::task::detached;
use super::web_socket::Upgrade;
use super::{Call, Toolbox};
use crate::response::Failure;
pub(super) use contexts::Contexts;
use worker::Place;

/// The longest code, with its variables and as JSON, in bytes.
const LONGEST_CODE: usize = 8 * 1024 * 1024;

/// Creates a context.
pub(super) async fn create(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<Json<InterpreterContext>, Failure> {
    let request = call.json(&CREATE_CONTEXT).await.map_err(InvalidBody::into_bad_request)?;
    if let Some(language) = request.language.filter(|language| language != LANGUAGE) {
        return Err(Failure::bad_request(format_args!(
            "unsupported language: {language:?}. Contexts run {LANGUAGE}; use code-run for other languages"
        )));
    }
    let cwd = clean(&toolbox.locate(Path::new(request.cwd.as_deref().unwrap_or_default())));
    Ok(Json(toolbox.contexts.create(place(toolbox, cwd)).await?))
}

/// All contexts except the default one.
pub(super) async fn list(toolbox: &Arc<Toolbox>, _: Call) -> Result<Json<ListContextsResponse>, Failure> {
    Ok(Json(ListContextsResponse { contexts: toolbox.contexts.describe() }))
}

/// Deletes a context and everything that runs in it.
pub(super) async fn delete(toolbox: &Arc<Toolbox>, call: Call) -> Result<Json<Value>, Failure> {
    let id = call.parameter("id");
    if id == DEFAULT_CONTEXT {
        return Err(Failure::bad_request("the default context cannot be deleted"));
    }
    let context = toolbox.contexts.remove(id)?;
    detached(async move { context.end().await }).await?;
    Ok(Json(json!({ "message": "Context deleted successfully" })))
}

/// Where the interpreters of a new context run.
fn place(toolbox: &Toolbox, cwd: PathBuf) -> Place {
    Place { cwd, environment: toolbox.environment() }
}

/// Runs code in a context, over a WebSocket.
pub(super) async fn execute(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let Some(upgrade) = Upgrade::asked(&mut call)? else {
        return Err(Failure::bad_request("code is run over a WebSocket: send Upgrade: websocket"));
    };
    let toolbox = Arc::clone(toolbox);
    Ok(upgrade.with_largest_message(LONGEST_CODE).switch(move |socket| serve::serve(toolbox, socket)))
}

/// Where a string can be cut at or before a position.
fn boundary(text: &str, position: usize) -> usize {
    (0..=position.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0)
}
