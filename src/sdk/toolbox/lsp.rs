//! Language servers of a sandbox.

use daytona_client::{CompletionList, LspPosition, LspSymbol, Whole};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::call::{CALL, CallOptions, Promised, Resource};

/// A language server for one project in a sandbox. Paths of documents are relative to the working
/// directory, or else to the project.
///
/// Methods reject with `DaytonaLspServerNotInitializedError` (the server was not started, or it has
/// exited), `DaytonaBadRequestError` (the server returned an error), `DaytonaNotFoundError` (the
/// sandbox does not exist), `DaytonaConflictError` (the sandbox is not started),
/// `DaytonaTimeoutError` (the timeout passed), another `DaytonaError`, or the reason of an aborted
/// signal.
#[napi]
pub struct LspServer {
    server: daytona_client::LspServer,
}

/// A position in a document.
#[napi(object, object_to_js = false)]
pub struct Position {
    /// Line, from 0.
    #[napi(ts_type = "number")]
    pub line: Whole<u32>,
    /// UTF-16 code unit in the line, from 0.
    #[napi(ts_type = "number")]
    pub character: Whole<u32>,
}

impl From<daytona_client::LspServer> for LspServer {
    fn from(server: daytona_client::LspServer) -> Self {
        Self { server }
    }
}

impl Resource for LspServer {
    type Handle = daytona_client::LspServer;

    fn handle(&self) -> &Self::Handle {
        &self.server
    }
}

#[napi]
impl LspServer {
    /// Language of the server.
    #[napi(getter)]
    pub fn language_id(&self) -> &str {
        self.server.language_id()
    }

    /// Folder of the project.
    #[napi(getter)]
    pub fn path_to_project(&self) -> &str {
        self.server.path_to_project()
    }

    /// Starts the server and waits until it is ready: `POST /lsp/start`. Has no effect when it runs.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaInternalServerError} The sandbox has no such server, or it does not start.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn start(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |server, deadline| async move { server.start(deadline).await })
    }

    /// Stops the server: `POST /lsp/stop`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaInternalServerError} The server does not run.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn stop(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |server, deadline| async move { server.stop(deadline).await })
    }

    /// Opens a document with the content of its file: `POST /lsp/did-open`.
    /// @param path Path of the file.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaBadRequestError} The file cannot be read.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn did_open(&self, env: Env, path: String, options: Option<CallOptions>) -> Promised<()> {
        self.call(
            &env,
            options,
            CALL,
            |server, deadline| async move { server.did_open(&path, deadline).await },
        )
    }

    /// Closes a document: `POST /lsp/did-close`.
    /// @param path Path of the file.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn did_close(&self, env: Env, path: String, options: Option<CallOptions>) -> Promised<()> {
        self.call(
            &env,
            options,
            CALL,
            |server, deadline| async move { server.did_close(&path, deadline).await },
        )
    }

    /// Returns the symbols of an open document: `GET /lsp/document-symbols`.
    /// @param path Path of the file.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The symbols.
    #[napi(ts_return_type = "Promise<Array<LspSymbol>>")]
    pub fn document_symbols(
        &self,
        env: Env,
        path: String,
        options: Option<CallOptions>,
    ) -> Promised<Vec<LspSymbol>> {
        self.call(&env, options, CALL, |server, deadline| async move {
            server.document_symbols(&path, deadline).await
        })
    }

    /// Returns the symbols of the project that match a query: `GET /lsp/workspacesymbols`.
    /// @param query Part of the name of a symbol.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The symbols.
    #[napi(ts_return_type = "Promise<Array<LspSymbol>>")]
    pub fn sandbox_symbols(
        &self,
        env: Env,
        query: String,
        options: Option<CallOptions>,
    ) -> Promised<Vec<LspSymbol>> {
        self.call(&env, options, CALL, |server, deadline| async move {
            server.sandbox_symbols(&query, deadline).await
        })
    }

    /// Former name of `sandboxSymbols()`.
    #[napi(ts_return_type = "Promise<Array<LspSymbol>>")]
    pub fn workspace_symbols(
        &self,
        env: Env,
        query: String,
        options: Option<CallOptions>,
    ) -> Promised<Vec<LspSymbol>> {
        self.sandbox_symbols(env, query, options)
    }

    /// Returns completions at a position in an open document: `POST /lsp/completions`.
    /// @param path Path of the file.
    /// @param position Line and character, from 0.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The completions.
    #[napi(ts_return_type = "Promise<CompletionList>")]
    pub fn completions(
        &self,
        env: Env,
        path: String,
        position: Position,
        options: Option<CallOptions>,
    ) -> Promised<CompletionList> {
        let position = LspPosition { line: position.line.0, character: position.character.0 };
        self.call(&env, options, CALL, move |server, deadline| async move {
            server.completions(&path, position, deadline).await
        })
    }
}
