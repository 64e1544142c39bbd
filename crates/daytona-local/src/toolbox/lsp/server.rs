//! A running language server.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::BufReader;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::super::environment::Changes;
use super::super::pipes;
use super::super::process_group::ProcessGroup;
use super::super::tail::Tail;
use super::connection::{Connection, RequestError};
use super::document::{self, Document};
use super::language::{self, Language};

/// How long a server may take to get ready and to respond: less than clients wait.
const LIMIT: Duration = Duration::from_secs(50);
/// How long a server may take to end by itself.
const STOPS_WITHIN: Duration = Duration::from_secs(3);
/// How long to wait for the exit of a server that has closed its output.
const EXITS_WITHIN: Duration = Duration::from_secs(1);
/// How much of the end of standard error is kept.
const KEPT_ERRORS: usize = 4 * 1024;

/// A language server for one project. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct LanguageServer {
    language: &'static Language,
    connection: Connection,
    process: Arc<ProcessGroup>,
    /// Versions of open documents by their URIs.
    open: Mutex<HashMap<String, u32>>,
    /// Why it has exited.
    end: Arc<Mutex<String>>,
    _tasks: JoinSet<()>,
}

impl LanguageServer {
    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    /// When there is no such program, or it does not start.
    pub(super) async fn start(
        language: &'static Language,
        project: &Path,
        folder: &Path,
        environment: &Changes,
    ) -> Result<Self, String> {
        let (program, file) = language.find(environment)?;
        let mut command = environment.command(file, if project.is_dir() { project } else { folder });
        command.args(program.arguments);
        let server = Self::spawn(language, command)
            .map_err(|error| format!("cannot start {}: {error}", program.name))?;
        let initialized = server.initialize(project).await;
        initialized.map_err(|error| format!("{} did not start: {}", program.name, server.explain(error)))?;
        Ok(server)
    }

    fn spawn(language: &'static Language, mut command: Command) -> io::Result<Self> {
        let (stdin, input) = pipes::input()?;
        let (output, stdout) = pipes::output()?;
        let (errors, stderr) = Tail::new(KEPT_ERRORS)?;
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        let process = Arc::new(ProcessGroup::spawn(command)?);
        let (connection, writing) = Connection::new();
        let end = Arc::new(Mutex::new(String::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(writing.run(input));
        let (reading, watched, reason) = (connection.clone(), Arc::downgrade(&process), Arc::clone(&end));
        tasks.spawn(async move {
            let fault = reading.read(BufReader::new(output)).await;
            let has_fault = fault.is_some();
            let mut why = fault.unwrap_or_else(|| "it closed its output".to_owned());
            // After a fault it may exit because nobody reads its output any more.
            if !has_fault
                && let Some(process) = watched.upgrade()
                && let Ok(Ok(status)) = timeout(EXITS_WITHIN, process.ended()).await
            {
                why = format!("it exited with {status}");
            }
            if let Some(line) = errors.last_line() {
                why = format!("{why}: {line}");
            }
            *lock(&reason) = why;
            reading.end();
        });
        Ok(Self { language, connection, process, open: Mutex::default(), end, _tasks: tasks })
    }

    async fn initialize(&self, project: &Path) -> Result<(), RequestError> {
        let root = document::uri(project);
        let name = project.file_name().unwrap_or_default().to_string_lossy();
        let capabilities = json!({
            "textDocument": {
                "synchronization": {},
                "completion": {"completionItem": {"documentationFormat": ["markdown", "plaintext"]},
                    "contextSupport": true},
                "documentSymbol": {"hierarchicalDocumentSymbolSupport": false},
            },
            "workspace": {"symbol": {}, "workspaceFolders": true, "configuration": true},
        });
        let params = json!({
            "processId": std::process::id(),
            "clientInfo": {"name": "daytona-local", "version": env!("CARGO_PKG_VERSION")},
            "rootPath": project.to_string_lossy(),
            "rootUri": root,
            "workspaceFolders": [{"uri": root, "name": name}],
            "capabilities": capabilities,
        });
        self.connection.request("initialize", params, LIMIT).await?;
        self.connection.notify("initialized", json!({}), LIMIT).await
    }

    /// Whether the server has exited.
    pub(super) fn has_ended(&self) -> bool {
        self.connection.has_ended()
    }

    /// Sends a request about the project.
    pub(super) async fn request(&self, method: &str, params: Value) -> Result<Value, RequestError> {
        self.connection.request(method, params, LIMIT).await
    }

    /// Opens a document, or changes an open one to this content.
    pub(super) async fn open(&self, document: &Document, text: String) -> Result<(), RequestError> {
        let version = {
            let mut open = lock(&self.open);
            let version = open.entry(document.uri.clone()).or_default();
            *version += 1;
            *version
        };
        let uri = &document.uri;
        let (method, params) = if version == 1 {
            let language = language::of_file(&document.path).unwrap_or(self.language.id);
            let document = json!({"uri": uri, "languageId": language, "version": version, "text": text});
            ("textDocument/didOpen", json!({"textDocument": document}))
        } else {
            let document = json!({"uri": uri, "version": version});
            ("textDocument/didChange", json!({"textDocument": document, "contentChanges": [{"text": text}]}))
        };
        self.connection.notify(method, params, LIMIT).await
    }

    /// Closes a document, if it is open.
    pub(super) async fn close(&self, document: &Document) -> Result<(), RequestError> {
        if lock(&self.open).remove(&document.uri).is_none() {
            return if self.has_ended() { Err(RequestError::Ended) } else { Ok(()) };
        }
        let params = json!({"textDocument": {"uri": document.uri}});
        self.connection.notify("textDocument/didClose", params, LIMIT).await
    }

    /// Whether a document is open.
    pub(super) fn has_open(&self, document: &Document) -> bool {
        lock(&self.open).contains_key(&document.uri)
    }

    /// Lets the server end by itself, and kills it and its children if it does not.
    pub(super) async fn stop(&self) {
        if self.connection.request("shutdown", Value::Null, STOPS_WITHIN).await.is_ok() {
            let _ended = self.connection.notify("exit", Value::Null, STOPS_WITHIN).await;
            let _late = timeout(STOPS_WITHIN, self.process.ended()).await;
        }
        self.process.end(STOPS_WITHIN).await;
    }

    /// What an error of this server is to a client.
    pub(super) fn explain(&self, error: RequestError) -> String {
        match error {
            RequestError::Refused(message) => message,
            RequestError::TimedOut => {
                format!("the language server did not respond within {} seconds", LIMIT.as_secs())
            }
            RequestError::Ended => {
                let end = lock(&self.end);
                if end.is_empty() { "it closed its input".to_owned() } else { end.clone() }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
