//! The control plane: keeps the sandboxes and their states, and forwards requests
//! to their toolboxes.

mod api_failure;
mod api_key;
mod clock;
mod connections;
mod extract;
mod id;
mod preview;
mod request_log;
mod routes;
mod sandbox;
mod sandbox_token;
mod service_info;
mod signed_url;
mod toolbox_client;
mod toolbox_proxy;
mod volume;

use std::fs::Permissions;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use daytona_api::control_plane::sandbox::Sandbox;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use tokio_util::task::TaskTracker;

pub use api_key::ApiKey;
use connections::Connections;
pub use sandbox::quota::Quota;

use crate::isolation::cgroups::{Cgroups, GIB, SandboxCgroups};
use crate::isolation::host_ids::HostIds;
use crate::isolation::host_userland::HostUserland;
use daytona_sandbox_init::{
    Binding, HOME, InitPlan, Isolation, NetworkPlan, OpenFiles, PROGRAM, SandboxFolder,
};
use daytona_sandbox_network::resolv_conf;
use sandbox::registry::Registry;
use sandbox::store::Store;
use volume::Volumes;

/// How long the end of the server waits for operations in progress.
const WORK_TIMEOUT: Duration = Duration::from_secs(5);
/// The addresses of name servers.
const RESOLVERS: &str = "/etc/resolv.conf";

/// Options of a control plane.
#[derive(Debug)]
pub struct ControlPlaneOptions {
    /// Key that requests must send.
    pub key: ApiKey,
    /// Folder for the sandboxes' files; accessible to the server's user only.
    pub folder: PathBuf,
    /// Whether sandboxes outlive the server: their records are kept in the folder.
    pub is_kept: bool,
    /// Path of this program, which is started again for every sandbox.
    pub program: PathBuf,
    /// How sandboxes are isolated.
    pub isolation: Isolation,
    /// Limits on all sandboxes together.
    pub quota: Quota,
    /// Limits of open files in a sandbox.
    pub open_files: OpenFiles,
    /// The network of sandboxes whose network is not blocked.
    pub network: NetworkPlan,
    /// Whether sandboxes can connect to this machine through their gateway.
    pub allow_host: bool,
    /// Control groups, in which the limits of sandboxes are set.
    pub cgroups: Cgroups,
    /// Environment of all sandboxes, besides the default one.
    pub env: Vec<(String, String)>,
    /// Host files and folders to mount in all sandboxes, besides the default ones.
    pub bindings: Vec<Binding>,
}

/// State shared by all requests.
#[derive(Debug)]
pub struct ControlPlane {
    key: ApiKey,
    folder: PathBuf,
    program: PathBuf,
    isolation: Isolation,
    quota: Quota,
    address: SocketAddr,
    origin: String,
    organization_id: String,
    runner_id: String,
    started_at: String,
    registry: Arc<Registry>,
    volumes: Volumes,
    open_files: OpenFiles,
    env: Vec<(String, String)>,
    bindings: Vec<Binding>,
    network: NetworkPlan,
    allow_host: bool,
    ids: HostIds,
    cgroups: Cgroups,
    userland: OnceCell<HostUserland>,
    /// Whether the disks of sandboxes can be limited; known when a sandbox has asked for it.
    limits_disks: OnceCell<bool>,
    work: TaskTracker,
    connections: Arc<Connections>,
    /// Present when sandboxes outlive the server.
    store: Option<Store>,
}

impl ControlPlane {
    /// Creates the folders of a server that listens on `address`.
    ///
    /// # Errors
    /// When a folder cannot be created.
    pub fn new(options: ControlPlaneOptions, address: SocketAddr) -> io::Result<Arc<Self>> {
        let sandboxes = options.folder.join("sandboxes");
        std::fs::create_dir_all(&sandboxes)?;
        // With Landlock, sandboxes may run as different users, which must be able
        // to reach their folders. Folder names are random ids.
        let mode = if options.isolation == Isolation::Landlock { 0o711 } else { 0o700 };
        for folder in [&options.folder, &sandboxes] {
            std::fs::set_permissions(folder, Permissions::from_mode(mode))?;
        }
        Ok(Arc::new(Self {
            key: options.key,
            program: options.program,
            isolation: options.isolation,
            quota: options.quota,
            address,
            origin: format!("http://{address}"),
            organization_id: id::new_id(),
            runner_id: id::new_id(),
            started_at: clock::now(),
            registry: Arc::default(),
            volumes: Volumes::new(options.folder.join("volumes")),
            open_files: options.open_files,
            env: options.env,
            bindings: options.bindings,
            network: options.network,
            allow_host: options.allow_host,
            ids: HostIds::detect(),
            cgroups: options.cgroups,
            userland: OnceCell::new(),
            limits_disks: OnceCell::new(),
            work: TaskTracker::new(),
            connections: Arc::new(Connections::new()),
            store: options.is_kept.then(|| Store::new(sandboxes)),
            folder: options.folder,
        }))
    }

    /// Returns the base URL of the API.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}/api", self.origin)
    }

    /// Serves requests until `shutdown` completes, then stops all sandboxes.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self: &Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let plane = Arc::clone(self);
        let probe = tokio::spawn(async move {
            plane.userland().await;
        });
        let timers = tokio::spawn(sandbox::timers::run(Arc::clone(self)));
        let telemetry = tokio::spawn(sandbox::telemetry::run(Arc::clone(self)));
        let router = routes::router(self).layer(axum::middleware::from_fn(request_log::log));
        tokio::select! {
            never = self.connections.serve(listener, router) => match never {},
            () = shutdown => {}
        }
        probe.abort();
        timers.abort();
        telemetry.abort();
        self.work.close();
        self.stop_all().await;
        // A long removal of files is completed by the janitor.
        let _completed = tokio::time::timeout(WORK_TIMEOUT, self.work.wait()).await;
        // Includes a sandbox whose start had just completed.
        self.stop_all().await;
        self.save().await
    }

    /// Saves the records of sandboxes that have changed, when they outlive the server.
    async fn save(&self) -> io::Result<()> {
        match &self.store {
            Some(store) => store.save(&self.registry).await,
            None => Ok(()),
        }
    }

    /// Saves where no client waits for it; it is tried again within a second.
    async fn save_or_warn(&self) {
        if let Err(error) = self.save().await {
            tracing::warn!(%error, "cannot save the records of sandboxes");
        }
    }

    /// Returns the host's programs for sandboxes, which are looked up once.
    async fn userland(&self) -> &HostUserland {
        self.userland.get_or_init(HostUserland::probe).await
    }

    /// Returns the folder of a sandbox.
    fn folder(&self, id: &str) -> SandboxFolder {
        SandboxFolder::new(self.folder.join("sandboxes").join(id))
    }

    /// Whether sandboxes have networks of their own.
    #[must_use]
    pub fn has_own_networks(&self) -> bool {
        matches!(self.network, NetworkPlan::Own { .. })
    }

    /// The network that a sandbox starts with. A blocked one has its own where that is possible,
    /// and its policy blocks it, so that it can be allowed while it runs.
    fn network_of(&self, sandbox: &Sandbox) -> NetworkPlan {
        if sandbox.network_block_all && !self.has_own_networks() {
            NetworkPlan::Loopback
        } else {
            self.network
        }
    }

    async fn plan(
        &self,
        sandbox: &Sandbox,
        folder: SandboxFolder,
        host_id: Option<u32>,
        groups: &SandboxCgroups,
    ) -> InitPlan {
        let userland = self.userland().await;
        let has_namespaces = self.isolation == Isolation::Namespaces;
        let home = if has_namespaces { PathBuf::from(HOME) } else { folder.home() };
        let mut env = userland.environment(&home.to_string_lossy());
        if !has_namespaces {
            env.push(("TMPDIR".to_owned(), folder.tmp().display().to_string()));
            // It may not be readable with Landlock, and then git does not start.
            env.push(("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned()));
        }
        env.push(("DAYTONA_SANDBOX_ID".to_owned(), sandbox.id.clone()));
        let given = self.env.iter().map(|(name, value)| (name, value));
        for (name, value) in given.chain(sandbox.env.iter().flatten()) {
            env.retain(|(known, _)| known != name);
            env.push((name.clone(), value.clone()));
        }
        let mut files = userland.files().to_vec();
        let mut resolvers = std::fs::read_to_string(RESOLVERS).unwrap_or_default();
        if self.has_own_networks() {
            resolvers = resolv_conf(&resolvers);
        }
        files.push((PathBuf::from(RESOLVERS), resolvers));
        let mut bindings = userland.bindings().to_vec();
        bindings.extend_from_slice(&self.bindings);
        bindings.push(Binding { source: self.program.clone(), target: PROGRAM.into(), live: false });
        InitPlan {
            isolation: self.isolation,
            folder,
            home,
            program: self.program.clone(),
            host_id: host_id.filter(|_| self.isolation != Isolation::None),
            hostname: sandbox.id.chars().take(12).collect(),
            network: self.network_of(sandbox),
            bindings,
            volumes: self.volumes.bindings(sandbox),
            links: userland.links().to_vec(),
            files,
            env,
            open_files: self.open_files,
            cgroups: groups.process_files(),
            memory_events: groups.memory_events(),
            memory_stat: groups.memory_stat(),
            cpu: sandbox.cpu,
            memory: u64::from(sandbox.memory) * GIB,
            disk: sandbox::disk::limit(sandbox),
            check_only: false,
        }
    }
}
