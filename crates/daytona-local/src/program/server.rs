//! The server role, which is the default.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rustix::fs::Mode;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::data_folder::DataFolder;
use super::janitor::Janitor;
use super::package_manager::PackageManager;
use super::sandbox_options::{self, Mount, Variable};
use super::server_folder::ServerFolder;
use super::{arguments, log};
use crate::control_plane::{ApiKey, ControlPlane, ControlPlaneOptions, Quota};
use crate::isolation::cgroups::Cgroups;
use crate::isolation::detection::{ensure_supported, network};
use daytona_sandbox_init::{Isolation, OpenFiles};

/// The requested isolation of sandboxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WantedIsolation {
    /// Linux namespaces; fails if they are not available. The others are chosen by name
    /// only, because they let programs in sandboxes do more as the server's user.
    Auto,
    /// Linux namespaces; fails if they are not available.
    Namespaces,
    /// Landlock; fails if it is not available.
    Landlock,
    /// No isolation: programs in sandboxes have all rights of the server's user.
    None,
}

/// Options of the server.
#[derive(Args, Debug)]
pub struct ServeOptions {
    /// Address to listen on; must be a loopback address.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 selects a free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Print the address and the key as one line of JSON.
    #[arg(long)]
    json: bool,
    /// How sandboxes are isolated.
    #[arg(long, value_enum, default_value_t = WantedIsolation::Auto, env = "DAYTONA_LOCAL_ISOLATION")]
    isolation: WantedIsolation,
    /// What to log to standard error: a level such as `debug`, or a list of modules and
    /// levels such as `daytona_local=debug,hyper=warn`.
    /// The default is the value of RUST_LOG, else warn.
    #[arg(long)]
    log: Option<String>,
    /// API key that clients must send; random by default.
    #[arg(long, env = "DAYTONA_LOCAL_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Environment variable of all sandboxes: NAME=VALUE, or NAME for the value of the
    /// server's own. Can be given several times.
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<Variable>,
    /// File or folder of this machine that all sandboxes can read: SOURCE for the same
    /// path, or SOURCE:TARGET. Can be given several times.
    #[arg(long, value_name = "SOURCE[:TARGET]")]
    bind: Vec<Mount>,
    /// Let sandboxes connect to this machine: to the loopback interface through the address
    /// 10.0.2.2, and to its other addresses.
    #[arg(long)]
    allow_host: bool,
    /// Folder to keep sandboxes in when the server ends; a later server with the same folder
    /// continues with them. By default all sandboxes are deleted.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Exit when standard input is closed.
    #[arg(long, hide = true)]
    lifeline: bool,
    /// Maximum number of sandboxes.
    #[arg(long, hide = true)]
    max_sandboxes: Option<u32>,
    /// Maximum total CPU cores of running sandboxes.
    #[arg(long, hide = true)]
    max_cpu: Option<u32>,
    /// Maximum total memory of running sandboxes in GiB.
    #[arg(long, hide = true)]
    max_memory: Option<u32>,
    /// Maximum total disk of all sandboxes in GiB.
    #[arg(long, hide = true)]
    max_disk: Option<u32>,
}

/// Serves until SIGTERM, SIGINT, SIGHUP or, with `--lifeline`, the end of
/// standard input.
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
            "{} is not a loopback address. Anyone who can reach the server can run programs on this \
             machine. Use 127.0.0.1 or ::1",
            options.host
        ));
    }
    log::start(options.log.as_deref())?;
    if let Some(key) = &options.api_key {
        arguments::hide(key).map_err(explain("cannot hide the API key from the list of processes"))?;
    }
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
    let open_files = OpenFiles::current();
    raise_open_file_limit();
    let program = std::env::current_exe().map_err(explain("cannot find the path of this program"))?;
    // Before anything that outlives a package manager that ends now.
    let package_manager = PackageManager::find();
    let folder = ServerFolder::create().map_err(explain("cannot create a folder for sandboxes"))?;
    let janitor = Janitor::start(&program, folder.path()).map_err(|error| {
        let _ignored = daytona_sandbox_init::remove_tree(folder.path());
        format!("cannot start the janitor process: {error}")
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(explain("cannot start the runtime"))?;
    let result = runtime.block_on(run(options, program, folder.path(), open_files, package_manager));
    runtime.shutdown_background();
    janitor.finish().map_err(explain("cannot clean up"))?;
    result
}

async fn run(
    options: ServeOptions,
    program: PathBuf,
    folder: &Path,
    open_files: OpenFiles,
    package_manager: PackageManager,
) -> Result<(), String> {
    let isolation = match options.isolation {
        WantedIsolation::Auto | WantedIsolation::Namespaces => {
            ensure_supported(Isolation::Namespaces, &program, folder).await
        }
        WantedIsolation::Landlock => ensure_supported(Isolation::Landlock, &program, folder).await,
        WantedIsolation::None => Ok(Isolation::None),
    }
    .map_err(|error| error.to_string())?;
    let key = match &options.api_key {
        Some(text) if text.is_empty() => return Err("the API key must not be empty".to_owned()),
        Some(text) => ApiKey::new(text.clone()),
        None => ApiKey::random().map_err(explain("cannot generate an API key"))?,
    };
    let data = options.data.as_deref().map(DataFolder::open).transpose()?;
    let wanted = SocketAddr::new(options.host, options.port);
    let listener =
        TcpListener::bind(wanted).await.map_err(|error| format!("cannot listen on {wanted}: {error}"))?;
    let address = listener.local_addr().map_err(explain("cannot read the address of the listener"))?;
    let quota = Quota {
        sandboxes: options.max_sandboxes,
        cpu: options.max_cpu,
        memory: options.max_memory,
        disk: options.max_disk,
    };
    if isolation != Isolation::Namespaces && options.bind.iter().any(Mount::is_moved) {
        return Err("--bind SOURCE:TARGET requires the isolation 'namespaces'; without it, paths are those of this machine".to_owned());
    }
    let env = sandbox_options::environment(&options.env)?;
    let bindings = sandbox_options::bindings(&options.bind);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let cgroups = Cgroups::create(&name);
    let network_program = program.clone();
    let plane_options = ControlPlaneOptions {
        key: key.clone(),
        folder: data.as_ref().map_or(folder, DataFolder::path).to_owned(),
        is_kept: data.is_some(),
        program,
        isolation,
        quota,
        open_files,
        network: network(isolation, &network_program, folder).await,
        allow_host: options.allow_host,
        cgroups,
        env,
        bindings,
    };
    let plane = ControlPlane::new(plane_options, address)
        .map_err(explain("cannot prepare the folders of sandboxes"))?;
    plane.resume().await.map_err(explain("cannot continue with the sandboxes of an earlier server"))?;
    let shutdown =
        shutdown_signal(options.lifeline, package_manager).map_err(explain("cannot watch for signals"))?;
    if let Some(warning) = warning(isolation) {
        eprintln!("daytona-local: warning: {warning}");
    }
    announce(&plane, &key, isolation, &options).map_err(explain("cannot print the address"))?;
    plane.serve(listener, shutdown).await.map_err(explain("cannot accept more connections"))
}

/// What a kind of isolation does not cover.
fn warning(isolation: Isolation) -> Option<&'static str> {
    match isolation {
        Isolation::Namespaces => None,
        Isolation::Landlock => Some(
            "with the isolation 'landlock', programs in sandboxes share the network and the list of processes \
             with this machine, and can change the permissions, times and attributes of files that belong to \
             the user they run as. Use 'namespaces' for code that you do not trust",
        ),
        Isolation::None => Some(
            "with the isolation 'none', programs in sandboxes have all rights of the user who started this \
             server. Use 'namespaces' for code that you do not trust",
        ),
    }
}

/// Prints the address and the key, which also tells the caller that the server is
/// ready.
fn announce(
    plane: &ControlPlane,
    key: &ApiKey,
    isolation: Isolation,
    options: &ServeOptions,
) -> io::Result<()> {
    let (url, key, isolation) = (plane.api_url(), key.expose(), isolation.as_str());
    let text = if options.json {
        let line = json!({
            "apiUrl": url,
            "apiKey": key,
            "isolation": isolation,
            "isolatedNetwork": plane.has_own_networks(),
            "version": env!("CARGO_PKG_VERSION"),
            "pid": std::process::id(),
        });
        format!("{line}\n")
    } else {
        let end = match &options.data {
            Some(folder) => format!("stop it; its sandboxes are kept in {}", folder.display()),
            None => "stop it and delete its sandboxes".to_owned(),
        };
        format!(
            "Daytona is running on this machine (isolation: {isolation}). Press Ctrl-C to {end}.\n\n  \
             export DAYTONA_API_URL={url}\n  export DAYTONA_API_KEY={key}\n"
        )
    };
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Returns a future that completes when the server has to shut down. Signals are
/// caught from this call on, not only while the future is awaited.
fn shutdown_signal(lifeline: bool, package_manager: PackageManager) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
            () = end_of_input(), if lifeline => {}
            () = package_manager.ended() => {}
        }
    })
}

async fn end_of_input() {
    let mut stdin = tokio::io::stdin();
    let mut buffer = [0; 64];
    while matches!(stdin.read(&mut buffer).await, Ok(length) if length > 0) {}
}

/// Raises the limit of open files: each running sandbox and each connection needs
/// a descriptor.
fn raise_open_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // On failure the server still works, with fewer sandboxes.
    let _ignored = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn explain<E: Display>(problem: &'static str) -> impl FnOnce(E) -> String {
    move |error| format!("{problem}: {error}")
}
