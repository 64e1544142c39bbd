//! The program as a server.

use std::fmt::Display;
use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rustix::fs::Mode;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::janitor::Janitor;
use crate::control_plane::{ApiKey, ControlPlane, ControlPlaneOptions, Quota};
use crate::isolation::Isolation;
use crate::isolation::detection::{best, check};

/// Which walls to put up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WantedIsolation {
    /// The best that this machine allows.
    Auto,
    /// Namespaces, or nothing starts.
    Namespaces,
    /// Landlock, or nothing starts.
    Landlock,
    /// No walls: programs in sandboxes can do what the server's user can.
    None,
}

/// How the server runs.
#[derive(Args, Debug)]
pub struct ServeOptions {
    /// Address to listen on; loopback only.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Print one line of JSON instead of text.
    #[arg(long)]
    json: bool,
    /// How sandboxes are walled in.
    #[arg(long, value_enum, default_value_t = WantedIsolation::Auto)]
    isolation: WantedIsolation,
    /// Key that clients must send; a random one unless given.
    #[arg(long, env = "DAYTONA_LOCAL_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// End when standard input ends.
    #[arg(long, hide = true)]
    lifeline: bool,
    /// Most sandboxes at a time.
    #[arg(long, hide = true)]
    max_sandboxes: Option<u32>,
    /// Most cores of running sandboxes together.
    #[arg(long, hide = true)]
    max_cpu: Option<u32>,
    /// Most GiB of memory of running sandboxes together.
    #[arg(long, hide = true)]
    max_memory: Option<u32>,
    /// Most GiB of disk of all sandboxes together.
    #[arg(long, hide = true)]
    max_disk: Option<u32>,
}

/// Serves until a signal or the end of the lifeline.
#[must_use]
pub fn run_server(options: ServeOptions) -> ExitCode {
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("daytona-local: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: ServeOptions) -> Result<(), String> {
    if !options.host.is_loopback() {
        return Err(format!(
            "{} is not a loopback address. Whoever reaches the server can run programs on this machine: \
             use 127.0.0.1 or ::1",
            options.host
        ));
    }
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
    raise_file_limit();
    let program = std::env::current_exe().map_err(explain("cannot find this program"))?;
    let root = make_root().map_err(explain("cannot make a folder for sandboxes"))?;
    let janitor = Janitor::start(&program, &root).map_err(|error| {
        let _unused = std::fs::remove_dir(&root);
        format!("cannot start this program again: {error}")
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(explain("cannot start"))?;
    let served = runtime.block_on(run(options, program, root));
    runtime.shutdown_background();
    janitor.finish().map_err(explain("cannot clean up"))?;
    served
}

async fn run(options: ServeOptions, program: PathBuf, root: PathBuf) -> Result<(), String> {
    let isolation = match options.isolation {
        WantedIsolation::Auto => best(&program, &root).await,
        WantedIsolation::Namespaces => check(Isolation::Namespaces, &program, &root).await,
        WantedIsolation::Landlock => check(Isolation::Landlock, &program, &root).await,
        WantedIsolation::None => Ok(Isolation::None),
    }
    .map_err(|error| error.to_string())?;
    let key = match options.api_key {
        Some(text) if text.is_empty() => return Err("the key may not be empty".to_owned()),
        Some(text) => ApiKey::new(text),
        None => ApiKey::random().map_err(explain("cannot make a key"))?,
    };
    let wanted = SocketAddr::new(options.host, options.port);
    let listener =
        TcpListener::bind(wanted).await.map_err(|error| format!("cannot listen on {wanted}: {error}"))?;
    let address = listener.local_addr().map_err(explain("cannot listen"))?;
    let quota = Quota {
        sandboxes: options.max_sandboxes,
        cpu: options.max_cpu,
        memory: options.max_memory,
        disk: options.max_disk,
    };
    let plane_options = ControlPlaneOptions { key: key.clone(), folder: root, program, isolation, quota };
    let plane = ControlPlane::new(plane_options, address).map_err(explain("cannot prepare folders"))?;
    let ends = ends(options.lifeline).map_err(explain("cannot watch for signals"))?;
    announce(&plane.api_url(), &key, isolation, options.json).map_err(explain("cannot print the address"))?;
    plane.serve(listener, ends).await.map_err(explain("cannot go on serving"))
}

/// The one thing a caller waits for.
fn announce(url: &str, key: &ApiKey, isolation: Isolation, as_json: bool) -> io::Result<()> {
    let (key, isolation) = (key.expose(), isolation.as_str());
    let text = if as_json {
        let line = json!({
            "apiUrl": url,
            "apiKey": key,
            "isolation": isolation,
            "version": env!("CARGO_PKG_VERSION"),
            "pid": std::process::id(),
        });
        format!("{line}\n")
    } else {
        format!(
            "Daytona is running on this machine, isolation: {isolation}. Ctrl-C ends it and its sandboxes.\n\n  \
             export DAYTONA_API_URL={url}\n  export DAYTONA_API_KEY={key}\n"
        )
    };
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Ready when the server is to end. Signals are watched from here on, not
/// only when this is awaited.
fn ends(lifeline: bool) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
            () = end_of_input(), if lifeline => {}
        }
    })
}

async fn end_of_input() {
    let mut stdin = tokio::io::stdin();
    let mut buffer = [0; 64];
    while matches!(stdin.read(&mut buffer).await, Ok(length) if length > 0) {}
}

/// A folder that nobody else may enter.
fn make_root() -> io::Result<PathBuf> {
    let name = format!("daytona-local-{}", uuid::Uuid::new_v4().simple());
    let root = std::fs::canonicalize(std::env::temp_dir())?.join(name);
    DirBuilder::new().mode(0o700).create(&root)?;
    Ok(root)
}

/// Every running sandbox and every connection is a descriptor.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // As it was, the server works too, only not for as many.
    let _as_before = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn explain<E: Display>(what: &'static str) -> impl FnOnce(E) -> String {
    move |error| format!("{what}: {error}")
}
