//! Language servers: programs that know a language, one for each language and project.

mod connection;
mod document;
mod framing;
mod language;
mod results;
mod server;

use std::path::PathBuf;
use std::sync::Arc;

use axum::response::Response;
use daytona_api::toolbox::lsp::{self, LspCompletionParams, LspDocumentRequest, LspServerRequest};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::call::{Call, given};
use super::table::Table;
use super::task::blocking;
use super::{Toolbox, ok};
use crate::response::{Failure, empty};
use connection::RequestError;
use document::Document;
use language::Language;
use server::LanguageServer;

/// How many servers a sandbox can have: each takes hundreds of megabytes.
const MOST_SERVERS: usize = 16;

/// A language and the folder of a project.
type Key = (&'static str, PathBuf);

/// The servers of a sandbox, also those that are being started.
#[derive(Debug, Default)]
pub(super) struct LspServers(Table<Key, OnceCell<LanguageServer>>);

impl LspServers {
    /// The place of a server, with the one that runs, if any.
    fn place(&self, key: &Key) -> Result<Arc<OnceCell<LanguageServer>>, Failure> {
        let mut servers = self.0.lock();
        servers.retain(|_, place| !place.get().is_some_and(LanguageServer::has_ended));
        if servers.len() >= MOST_SERVERS && !servers.contains_key(key) {
            return Err(Failure::conflict(format_args!(
                "{MOST_SERVERS} language servers are running. Stop one of them"
            )));
        }
        Ok(Arc::clone(servers.entry(key.clone()).or_default()))
    }

    /// Frees the place of a server that was not started, unless another request starts it.
    fn release(&self, key: &Key, place: &Arc<OnceCell<LanguageServer>>) {
        let mut servers = self.0.lock();
        // One reference is in the map, and one in each request.
        let is_last = Arc::strong_count(place) <= 2 && !place.initialized();
        if is_last && servers.get(key).is_some_and(|known| Arc::ptr_eq(known, place)) {
            servers.remove(key);
        }
    }
}

/// A server as a client names it.
struct Named {
    language: &'static Language,
    project: PathBuf,
}

impl Named {
    fn new(toolbox: &Toolbox, language_id: &str, path_to_project: &str) -> Result<Self, Failure> {
        given("languageId", language_id)?;
        given("pathToProject", path_to_project)?;
        let language = Language::named(language_id).map_err(Failure::bad_request)?;
        let project = super::cause::clean(&toolbox.locate(path_to_project.as_ref()));
        Ok(Self { language, project })
    }

    fn key(&self) -> Key {
        (self.language.id, self.project.clone())
    }

    /// The server, when it was started.
    fn find(&self, toolbox: &Toolbox) -> Result<Running, Failure> {
        let place = toolbox.lsp_servers.0.find(&self.key());
        match place {
            Some(place) if place.initialized() => Ok(Running(place)),
            _ => Err(not_initialized(format_args!(
                "no language server for {} runs in {}. Start it first",
                self.language.id,
                self.project.display()
            ))),
        }
    }
}

/// A place whose server was started.
struct Running(Arc<OnceCell<LanguageServer>>);

impl Running {
    fn server(&self) -> Result<&LanguageServer, Failure> {
        self.0.get().ok_or_else(|| Failure::internal("the language server was not started"))
    }
}

fn not_initialized(message: impl std::fmt::Display) -> Failure {
    Failure {
        status: StatusCode::BAD_REQUEST,
        code: "LSP_SERVER_NOT_INITIALIZED",
        message: format!("bad request: {message}"),
    }
}

fn failure(server: &LanguageServer, error: RequestError, hint: &str) -> Failure {
    match error {
        RequestError::Refused(_) => Failure::bad_request(format_args!(
            "the language server returned an error: {}{hint}",
            server.explain(error)
        )),
        RequestError::Ended => not_initialized(format_args!(
            "the language server has ended: {}. Start it again",
            server.explain(error)
        )),
        RequestError::TimedOut => Failure {
            status: StatusCode::REQUEST_TIMEOUT,
            code: "REQUEST_TIMEOUT",
            message: format!("request timeout: {}", server.explain(error)),
        },
    }
}

/// Starts a server. Has no effect when it runs.
pub(super) async fn start(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let body: LspServerRequest = call.json(&lsp::START).await?;
    let named = Named::new(toolbox, &body.language_id, &body.path_to_project)?;
    let key = named.key();
    let starting = Starting { place: toolbox.lsp_servers.place(&key)?, toolbox, key };
    let environment = toolbox.environment();
    let start = || LanguageServer::start(named.language, &named.project, &toolbox.work_dir, &environment);
    starting.place.get_or_try_init(start).await.map_err(Failure::internal)?;
    Ok(empty(StatusCode::OK))
}

/// A place that is freed unless the server starts, also when the client leaves meanwhile.
struct Starting<'a> {
    toolbox: &'a Toolbox,
    key: Key,
    place: Arc<OnceCell<LanguageServer>>,
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        self.toolbox.lsp_servers.release(&self.key, &self.place);
    }
}

/// Stops a server.
pub(super) async fn stop(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let body: LspServerRequest = call.json(&lsp::STOP).await?;
    let named = Named::new(toolbox, &body.language_id, &body.path_to_project)?;
    // A fault of the server, as the service has it.
    let running = named.find(toolbox).map_err(|_| {
        let (language, project) = (named.language.id, named.project.display());
        Failure::internal(format_args!("no language server for {language} runs in {project}"))
    })?;
    // From now on, another can be started.
    toolbox.lsp_servers.0.take(&named.key());
    running.server()?.stop().await;
    Ok(empty(StatusCode::OK))
}

/// Opens a document with the content of its file.
pub(super) async fn did_open(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let body: LspDocumentRequest = call.json(&lsp::DID_OPEN).await?;
    let (running, document) = opened(toolbox, &body.language_id, &body.path_to_project, body.uri).await?;
    let read = document.clone();
    let text = blocking(move || read.read()).await?;
    let server = running.server()?;
    let open = server.open(&document, text.map_err(Failure::bad_request)?).await;
    open.map_err(|error| failure(server, error, ""))?;
    Ok(empty(StatusCode::OK))
}

/// Closes a document.
pub(super) async fn did_close(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let body: LspDocumentRequest = call.json(&lsp::DID_CLOSE).await?;
    let (running, document) = opened(toolbox, &body.language_id, &body.path_to_project, body.uri).await?;
    let server = running.server()?;
    server.close(&document).await.map_err(|error| failure(server, error, ""))?;
    Ok(empty(StatusCode::OK))
}

/// Completions at a position of a document.
pub(super) async fn completions(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let body: LspCompletionParams = call.json(&lsp::COMPLETIONS).await?;
    let (running, document) = opened(toolbox, &body.language_id, &body.path_to_project, body.uri).await?;
    let mut params = json!({"textDocument": {"uri": document.uri}, "position": body.position});
    if let Some(context) = body.context {
        params["context"] = json!(context);
    }
    let result = ask(running.server()?, "textDocument/completion", params, &document).await?;
    Ok(ok(&results::completions(result)))
}

/// Symbols of a document; null when the server has none.
pub(super) async fn document_symbols(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let text = |name| call.query.text(name);
    let (running, document) =
        opened(toolbox, &text("languageId"), &text("pathToProject"), text("uri")).await?;
    let params = json!({"textDocument": {"uri": document.uri}});
    let result = ask(running.server()?, "textDocument/documentSymbol", params, &document).await?;
    Ok(ok(&results::symbols(result, &document.uri)))
}

/// Symbols of a project; null when the server has none.
pub(super) async fn workspace_symbols(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let text = |name| call.query.text(name);
    let query = text("query");
    given("query", &query)?;
    let running = Named::new(toolbox, &text("languageId"), &text("pathToProject"))?.find(toolbox)?;
    let server = running.server()?;
    let result = server.request("workspace/symbol", json!({"query": query})).await;
    let result = result.map_err(|error| failure(server, error, ""))?;
    Ok(ok(&results::symbols(result, "")))
}

/// The server and the document that a request names.
async fn opened(
    toolbox: &Arc<Toolbox>,
    language_id: &str,
    path_to_project: &str,
    uri: String,
) -> Result<(Running, Document), Failure> {
    let named = Named::new(toolbox, language_id, path_to_project)?;
    given("uri", &uri)?;
    let running = named.find(toolbox)?;
    let toolbox = Arc::clone(toolbox);
    let find = move || Document::named(&toolbox, &named.project, &uri);
    let document = blocking(find).await?;
    Ok((running, document))
}

/// Sends a request about a document. Most servers know only those that are open.
async fn ask(
    server: &LanguageServer,
    method: &str,
    params: Value,
    document: &Document,
) -> Result<Value, Failure> {
    server.request(method, params).await.map_err(|error| {
        let hint = if server.has_open(document) { "" } else { ". The document is not open: open it first" };
        failure(server, error, hint)
    })
}
