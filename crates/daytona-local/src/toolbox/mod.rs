//! The toolbox: the HTTP service inside a sandbox.
//!
//! It runs as the sandbox's user, inside the sandbox's walls, and does what
//! that user could do: run commands, read and write files.

mod call;
mod cause;
mod client;
mod computer_use;
mod disk;
mod environment;
mod files;
mod git;
mod info;
mod interpreter;
mod json_body;
mod log;
mod long_response;
mod lsp;
mod memory_events;
mod open;
mod pipes;
mod port;
mod process;
mod process_group;
mod process_table;
mod proxy;
mod pty;
mod query;
mod route;
mod session;
mod shell;
mod stream;
mod system;
mod table;
mod tail;
mod task;
mod text;
mod web_socket;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use daytona_api::source;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use uuid::Uuid;

use crate::channel::Acceptor;
use crate::request_body::RequestBody;
use crate::response;
use call::Call;
use computer_use::ComputerUse;
use environment::{Changes, Environment};
use interpreter::Contexts;
use lsp::LspServers;
use pty::Terminals;
use query::Query;
use route::Found;
use session::Sessions;
use system::System;

pub use disk::set_limit as set_disk_limit;
pub(crate) use files::remove_tree;
pub use memory_events::MemoryEvents;
pub use system::SandboxLimits;

/// How long to wait when no more connections can be taken in.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How much of a body is read that no operation wants.
const LARGEST_UNWANTED_BODY: u64 = 1 << 30;

/// Where a toolbox works.
#[derive(Debug, Default)]
pub struct ToolboxOptions {
    /// Where relative paths and commands start.
    pub work_dir: PathBuf,
    /// The home folder of the sandbox's user.
    pub home_dir: PathBuf,
    /// Folder for the toolbox's own files. It is emptied at the start.
    pub state_dir: PathBuf,
    /// Processes that were killed because memory was used up, where that is known.
    pub memory_events: Option<MemoryEvents>,
    /// What the sandbox may use.
    pub limits: SandboxLimits,
    /// The kinds of memory that the sandbox uses, where that is known.
    pub memory_stat: Option<File>,
    /// Whether the sandbox uses the network of the host.
    pub shares_network: bool,
}

/// The home folder that clients know. A sandbox without a mount namespace has
/// its home elsewhere.
const DOCUMENTED_HOME: &str = "/home/daytona";

/// What all requests share.
struct Toolbox {
    work_dir: PathBuf,
    home_dir: PathBuf,
    shell: PathBuf,
    state_dir: PathBuf,
    memory_events: Option<MemoryEvents>,
    environment: Environment,
    sessions: Sessions,
    computer_use: ComputerUse,
    contexts: Contexts,
    system: System,
    shares_network: bool,
    lsp_servers: LspServers,
    watches: files::Watches,
    terminals: Terminals,
}

impl Toolbox {
    fn new(options: ToolboxOptions) -> Self {
        Self {
            work_dir: options.work_dir,
            home_dir: options.home_dir,
            shell: shell::preferred(),
            state_dir: options.state_dir,
            memory_events: options.memory_events,
            environment: Environment::default(),
            sessions: Sessions::default(),
            terminals: Terminals::default(),
            watches: files::Watches::default(),
            contexts: Contexts::default(),
            computer_use: ComputerUse::default(),
            system: System::new(options.limits, options.memory_stat),
            shares_network: options.shares_network,
            lsp_servers: LspServers::default(),
        }
    }

    /// Where a path of a client is: relative ones start at the work folder, and
    /// the documented home is wherever this sandbox has its own.
    fn locate(&self, given: &Path) -> PathBuf {
        match given.strip_prefix(DOCUMENTED_HOME) {
            Ok(below) if self.home_dir != Path::new(DOCUMENTED_HOME) => self.home_dir.join(below),
            _ => self.work_dir.join(given),
        }
    }

    /// What the environment of a program that is started now differs in from the
    /// toolbox's own: what was updated, and the variables of the desktop.
    fn environment(&self) -> Arc<Changes> {
        self.environment.with(self.computer_use.variables())
    }
}

/// Serves the toolbox until the control plane closes the channel.
///
/// # Errors
///
/// When the channel can accept no more connections for good.
pub async fn serve(acceptor: Acceptor, options: ToolboxOptions) -> io::Result<()> {
    clear(&options.state_dir);
    let toolbox = Arc::new(Toolbox::new(options));
    loop {
        match acceptor.accept().await {
            Ok(stream) => {
                tokio::spawn(serve_connection(Arc::clone(&toolbox), stream));
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) if passes(&error) => {
                tracing::warn!(%error, "a connection to the toolbox was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Removes what a toolbox that ended before left behind.
fn clear(folder: &Path) {
    match remove_tree(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            // Programs of the sandbox can put anything there.
            tracing::warn!(%error, "files of an earlier toolbox remain");
        }
        _ => {}
    }
}

/// Whether accepting may work again later: the peer went away, or too many
/// files are open.
fn passes(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(error),
        Some(Errno::CONNABORTED | Errno::INTR | Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)
    )
}

async fn serve_connection(toolbox: Arc<Toolbox>, stream: UnixStream) {
    let service = service_fn(|request| {
        let toolbox = Arc::clone(&toolbox);
        async move { Ok::<_, std::convert::Infallible>(respond(&toolbox, request).await) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.with_upgrades().await {
        // A client that goes away in the middle is nothing to worry about.
        tracing::debug!(%error, "a connection to the toolbox ended early");
    }
}

/// Responds to one request, whatever becomes of it.
async fn respond(toolbox: &Arc<Toolbox>, request: Request<Incoming>) -> Response {
    let (parts, body) = request.into_parts();
    let (body, rest) = RequestBody::new(body, &parts.headers, LARGEST_UNWANTED_BODY);
    let mut response = carry_out(toolbox, parts, body).await;
    rest.read().await;
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

async fn carry_out(toolbox: &Arc<Toolbox>, mut parts: Parts, body: RequestBody<Incoming>) -> Response {
    // Each is shorter than the one before.
    while let Some(uri) = proxy::own_uri(&parts.uri) {
        parts.uri = uri;
    }
    if proxy::is_target(&parts.method, &parts.uri) {
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let forwarded = proxy::forward(parts, body).await;
        return forwarded.unwrap_or_else(|failure| failure.to_response(source::DAEMON, &method, &path));
    }
    let raw_path = parts.uri.path();
    let path = query::percent_decode_lossy(raw_path);
    match route::find(&parts.method, &path, raw_path) {
        Found::Route(route, parameters) => {
            let call = Call {
                method: parts.method.clone(),
                path: path.clone(),
                parameters,
                query: Query::parse(parts.uri.query().unwrap_or_default()),
                headers: parts.headers,
                upgrade: parts.extensions.remove::<OnUpgrade>(),
                body,
            };
            match (route.handler)(toolbox, call).await {
                Ok(response) => response,
                Err(failure) => failure.to_response(source::DAEMON, &parts.method, &path),
            }
        }
        Found::Slash(path) => route::redirect(&parts.method, &path, parts.uri.query()),
        Found::Nothing => response::typed(StatusCode::NOT_FOUND, "text/plain", "404 page not found"),
    }
}

/// A response of success with a JSON body.
fn ok<T: serde::Serialize>(value: &T) -> Response {
    response::json(StatusCode::OK, value)
}
