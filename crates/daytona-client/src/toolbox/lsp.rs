//! Language servers of a sandbox.

use daytona_api::toolbox::lsp::{
    self, CompletionList, LspCompletionParams, LspDocumentRequest, LspPosition, LspServerRequest, LspSymbol,
};

use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

/// Languages that have a server.
const LANGUAGES: [&str; 3] = ["python", "typescript", "javascript"];

/// A language server for one project in a sandbox. Paths are relative to the working
/// directory of the sandbox.
#[derive(Clone)]
pub struct LspServer {
    sandbox: Sandbox,
    language_id: String,
    path_to_project: String,
}

impl Sandbox {
    /// Returns a language server for a project. Sends no request: [`LspServer::start`]
    /// starts the server.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for a language that has no server.
    pub fn lsp_server(&self, language_id: &str, path_to_project: &str) -> Result<LspServer, Error> {
        if !LANGUAGES.contains(&language_id) {
            let message =
                format!("{language_id:?} is not a valid languageId. Use one of {}", LANGUAGES.join(", "));
            return Err(Error::new(ErrorKind::InvalidArgument, "create the language server", message));
        }
        Ok(LspServer {
            sandbox: self.clone(),
            language_id: language_id.to_owned(),
            path_to_project: path_to_project.to_owned(),
        })
    }
}

impl LspServer {
    /// Returns the language.
    #[must_use]
    pub fn language_id(&self) -> &str {
        &self.language_id
    }

    /// Returns the folder of the project.
    #[must_use]
    pub fn path_to_project(&self) -> &str {
        &self.path_to_project
    }

    /// Starts the server and waits until it is ready: `POST /lsp/start`. Has no effect
    /// when it runs.
    ///
    /// # Errors
    /// [`ErrorKind::InternalServer`] when the sandbox has no such server, or it does not
    /// start, and the errors of every call to a sandbox.
    pub async fn start(&self, deadline: Deadline) -> Result<(), Error> {
        self.sandbox.call(&lsp::START).json(&self.server()).done(deadline).await
    }

    /// Stops the server: `POST /lsp/stop`.
    ///
    /// # Errors
    /// [`ErrorKind::InternalServer`] when it does not run, and the errors of every call
    /// to a sandbox.
    pub async fn stop(&self, deadline: Deadline) -> Result<(), Error> {
        self.sandbox.call(&lsp::STOP).json(&self.server()).done(deadline).await
    }

    /// Opens a document, as it is in the sandbox's files: `POST /lsp/did-open`.
    ///
    /// # Errors
    /// [`ErrorKind::LspServerNotInitialized`] when the server does not run,
    /// [`ErrorKind::BadRequest`] when the file cannot be read, and the errors of every
    /// call to a sandbox.
    pub async fn did_open(&self, path: &str, deadline: Deadline) -> Result<(), Error> {
        self.sandbox.call(&lsp::DID_OPEN).json(&self.document(path)).done(deadline).await
    }

    /// Closes a document: `POST /lsp/did-close`.
    ///
    /// # Errors
    /// [`ErrorKind::LspServerNotInitialized`] when the server does not run, and the
    /// errors of every call to a sandbox.
    pub async fn did_close(&self, path: &str, deadline: Deadline) -> Result<(), Error> {
        self.sandbox.call(&lsp::DID_CLOSE).json(&self.document(path)).done(deadline).await
    }

    /// Returns the symbols of an open document: `GET /lsp/document-symbols`.
    ///
    /// # Errors
    /// [`ErrorKind::LspServerNotInitialized`] when the server does not run,
    /// [`ErrorKind::BadRequest`] for an error of the server, and the errors of every call
    /// to a sandbox.
    pub async fn document_symbols(&self, path: &str, deadline: Deadline) -> Result<Vec<LspSymbol>, Error> {
        let call = self.sandbox.call(&lsp::DOCUMENT_SYMBOLS).with("languageId", &self.language_id);
        let call = call.with("pathToProject", &self.path_to_project).with("uri", uri(path));
        // Null when there are none.
        Ok(call.optional().send(deadline).await?.unwrap_or_default())
    }

    /// Returns the symbols of the project that match a query: `GET /lsp/workspacesymbols`.
    ///
    /// # Errors
    /// The errors of [`LspServer::document_symbols`].
    pub async fn sandbox_symbols(&self, query: &str, deadline: Deadline) -> Result<Vec<LspSymbol>, Error> {
        let call = self.sandbox.call(&lsp::WORKSPACE_SYMBOLS).with("languageId", &self.language_id);
        let call = call.with("pathToProject", &self.path_to_project).with("query", query);
        Ok(call.optional().send(deadline).await?.unwrap_or_default())
    }

    /// Returns completions at a position in an open document: `POST /lsp/completions`.
    ///
    /// # Errors
    /// The errors of [`LspServer::document_symbols`].
    pub async fn completions(
        &self,
        path: &str,
        position: LspPosition,
        deadline: Deadline,
    ) -> Result<CompletionList, Error> {
        let body = LspCompletionParams {
            language_id: self.language_id.clone(),
            path_to_project: self.path_to_project.clone(),
            uri: uri(path),
            position,
            context: None,
        };
        self.sandbox.call(&lsp::COMPLETIONS).json(&body).send(deadline).await
    }

    fn server(&self) -> LspServerRequest {
        LspServerRequest {
            language_id: self.language_id.clone(),
            path_to_project: self.path_to_project.clone(),
        }
    }

    fn document(&self, path: &str) -> LspDocumentRequest {
        LspDocumentRequest {
            language_id: self.language_id.clone(),
            path_to_project: self.path_to_project.clone(),
            uri: uri(path),
        }
    }
}

/// The toolbox expects the path as it is, relative or not, without escapes.
fn uri(path: &str) -> String {
    format!("file://{path}")
}
