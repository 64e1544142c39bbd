//! The toolbox: the HTTP service inside a sandbox.
//!
//! It runs as the sandbox's user, inside the sandbox's walls, and does what
//! that user could do: run commands, read and write files.

mod cause;
mod envelope;
mod execute;
mod files;
mod json_body;
mod query;
mod route;
mod run;
mod shell;
mod text;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use daytona_api::source;
use daytona_api::toolbox::{DirResponse, VersionResponse};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{UnixListener, UnixStream};
use uuid::Uuid;

use crate::answer::{self, Answer, Failure};
use query::Query;
use route::{Found, Route};

/// The release of the service whose behaviour this toolbox has.
const VERSION: &str = "v0.190.0";

/// How long to wait when no more connections can be taken in.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Where a toolbox works.
#[derive(Clone, Debug)]
pub struct ToolboxOptions {
    /// Where relative paths and commands start.
    pub work_dir: PathBuf,
    /// The home folder of the sandbox's user.
    pub home_dir: PathBuf,
}

/// The home folder that clients know. A sandbox without a mount namespace has
/// its home elsewhere.
const DOCUMENTED_HOME: &str = "/home/daytona";

/// What all requests share.
struct Toolbox {
    work_dir: PathBuf,
    home_dir: PathBuf,
    shell: PathBuf,
}

impl Toolbox {
    /// Where a path of a client is: relative ones start at the work folder, and
    /// the documented home is wherever this sandbox has its own.
    fn locate(&self, given: &Path) -> PathBuf {
        match given.strip_prefix(DOCUMENTED_HOME) {
            Ok(below) if self.home_dir != Path::new(DOCUMENTED_HOME) => self.home_dir.join(below),
            _ => self.work_dir.join(given),
        }
    }
}

/// A request, its path and query decoded.
struct Call {
    method: Method,
    path: String,
    query: Query,
    headers: HeaderMap,
    body: Incoming,
}

/// Serves the toolbox to everyone who connects.
///
/// # Errors
///
/// Returns when the socket can take no more connections for good.
pub async fn serve(listener: UnixListener, options: ToolboxOptions) -> io::Result<()> {
    let toolbox = Arc::new(Toolbox {
        work_dir: options.work_dir,
        home_dir: options.home_dir,
        shell: shell::preferred(),
    });
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve_connection(Arc::clone(&toolbox), stream));
            }
            Err(error) if passes(&error) => {
                tracing::warn!(%error, "a connection to the toolbox was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            Err(error) => return Err(error),
        }
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
    if let Err(error) = connection.await {
        // A client that goes away in the middle is nothing to worry about.
        tracing::debug!(%error, "a connection to the toolbox ended early");
    }
}

/// Answers one request, whatever becomes of it.
async fn respond(toolbox: &Arc<Toolbox>, request: Request<Incoming>) -> Answer {
    let mut response = match route::find(request.method(), request.uri().path()) {
        Found::Route(route) => {
            let (parts, body) = request.into_parts();
            let path = query::percent_decode_lossy(parts.uri.path());
            let query = Query::parse(parts.uri.query().unwrap_or_default());
            let (method, headers) = (parts.method, parts.headers);
            let call = Call { method: method.clone(), path: path.clone(), query, headers, body };
            match dispatch(toolbox, route, call).await {
                Ok(response) => response,
                Err(failure) => failure.answer(source::DAEMON, &method, &path),
            }
        }
        Found::Slash(path) => route::redirect(request.method(), &path, request.uri().query()),
        Found::Nothing => answer::typed(StatusCode::NOT_FOUND, "text/plain", "404 page not found"),
    };
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

async fn dispatch(toolbox: &Arc<Toolbox>, route: Route, call: Call) -> Result<Answer, Failure> {
    match route {
        Route::Execute => execute::execute(toolbox, call).await,
        Route::List => files::list(toolbox, call).await,
        Route::Info => files::info(toolbox, call).await,
        Route::Folder => files::folder(toolbox, call).await,
        Route::Delete => files::remove(toolbox, call).await,
        Route::Move => files::relocate(toolbox, call).await,
        Route::Permissions => files::permissions(toolbox, call).await,
        Route::Find => files::find(toolbox, call).await,
        Route::Search => files::search(toolbox, call).await,
        Route::Replace => files::replace(toolbox, call).await,
        Route::Upload => files::upload(toolbox, call).await,
        Route::UploadV2 => files::upload_v2(toolbox, call).await,
        Route::BulkUpload => files::bulk_upload(toolbox, call).await,
        Route::Download => files::download(toolbox, call).await,
        Route::BulkDownload => files::bulk_download(toolbox, call).await,
        Route::Version => Ok(ok(&VersionResponse { version: VERSION.to_owned() })),
        Route::WorkDir => Ok(ok(&DirResponse { dir: toolbox.work_dir.display().to_string() })),
        Route::HomeDir => Ok(ok(&DirResponse { dir: toolbox.home_dir.display().to_string() })),
    }
}

/// An answer of success with a JSON body.
fn ok<T: serde::Serialize>(value: &T) -> Answer {
    answer::json(StatusCode::OK, value)
}
