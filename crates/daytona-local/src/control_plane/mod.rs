//! The control plane: which sandboxes exist, what each is doing, and the way
//! to their toolboxes.

mod api_failure;
mod api_key;
mod clock;
mod lifecycle;
mod listing;
mod quota;
mod registry;
mod routes;
mod sandbox_filter;
mod sandbox_request;
mod service_info;
mod timers;
mod toolbox_client;
mod toolbox_proxy;

use std::fs::Permissions;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::serve::ListenerExt as _;
use daytona_api::sandbox::Sandbox;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use tokio_util::task::TaskTracker;

pub use api_key::ApiKey;
pub use quota::Quota;

use crate::isolation::Isolation;
use crate::isolation::host_ids::HostIds;
use crate::isolation::host_userland::HostUserland;
use crate::isolation::init_plan::{Binding, HOME, InitPlan, PROGRAM};
use crate::isolation::launcher::SocketFolder;
use registry::Registry;

/// What a control plane needs to know.
#[derive(Debug)]
pub struct ControlPlaneOptions {
    /// The key that every request must carry.
    pub key: ApiKey,
    /// Folder for the sandboxes' files; only the server's user may enter it.
    pub folder: PathBuf,
    /// This program, which is started again for every sandbox.
    pub program: PathBuf,
    /// The walls in force.
    pub isolation: Isolation,
    /// Totals that sandboxes may not exceed.
    pub quota: Quota,
}

/// The state that all requests share.
#[derive(Debug)]
pub struct ControlPlane {
    key: ApiKey,
    folder: PathBuf,
    program: PathBuf,
    isolation: Isolation,
    quota: Quota,
    origin: String,
    organization_id: String,
    runner_id: String,
    started_at: String,
    registry: Arc<Registry>,
    sockets: SocketFolder,
    ids: HostIds,
    userland: OnceCell<HostUserland>,
    work: TaskTracker,
}

impl ControlPlane {
    /// Prepares the folders of a server that is reached at `address`.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn new(options: ControlPlaneOptions, address: SocketAddr) -> io::Result<Arc<Self>> {
        let sockets = options.folder.join("sockets");
        for folder in [&sockets, &options.folder.join("sandboxes")] {
            std::fs::create_dir_all(folder)?;
        }
        // Walls that are rules on files need a way to the folders for the users
        // that sandboxes have; the names of the folders cannot be guessed.
        let mode = if options.isolation == Isolation::Landlock { 0o711 } else { 0o700 };
        for folder in [&options.folder, &options.folder.join("sandboxes")] {
            std::fs::set_permissions(folder, Permissions::from_mode(mode))?;
        }
        std::fs::set_permissions(&sockets, Permissions::from_mode(0o700))?;
        Ok(Arc::new(Self {
            key: options.key,
            program: options.program,
            isolation: options.isolation,
            quota: options.quota,
            origin: format!("http://{address}"),
            organization_id: lifecycle::new_id(),
            runner_id: lifecycle::new_id(),
            started_at: clock::now(),
            registry: Arc::default(),
            sockets: SocketFolder::open(&sockets)?,
            ids: HostIds::of_this_machine(),
            userland: OnceCell::new(),
            work: TaskTracker::new(),
            folder: options.folder,
        }))
    }

    /// Address of the API, for clients.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}/api", self.origin)
    }

    /// Serves until `end` is ready; then ends every sandbox.
    ///
    /// # Errors
    /// When the socket can take no more connections.
    pub async fn serve(
        self: &Arc<Self>,
        listener: TcpListener,
        end: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let listener = listener.tap_io(|connection| {
            // Without it small answers wait for the client's acknowledgement.
            let _slower = connection.set_nodelay(true);
        });
        let plane = Arc::clone(self);
        let early = tokio::spawn(async move {
            plane.userland().await;
        });
        let timers = tokio::spawn(timers::run(Arc::clone(self)));
        let service = axum::serve(listener, routes::router(self));
        let served = tokio::select! {
            served = async { service.await } => served,
            () = end => Ok(()),
        };
        early.abort();
        timers.abort();
        self.work.close();
        self.halt_all().await;
        self.work.wait().await;
        // One that an operation was just starting.
        self.halt_all().await;
        served
    }

    /// What sandboxes see of the host; looked up once.
    async fn userland(&self) -> &HostUserland {
        self.userland.get_or_init(HostUserland::probe).await
    }

    /// The root folder of a sandbox.
    fn folder(&self, id: &str) -> PathBuf {
        self.folder.join("sandboxes").join(id)
    }

    /// Without namespaces sandboxes see each other's folders: only its own user
    /// may enter one.
    fn folder_mode(&self) -> u32 {
        if self.isolation == Isolation::Namespaces { 0o755 } else { 0o700 }
    }

    async fn plan(&self, sandbox: &Sandbox, folder: PathBuf, host_id: Option<u32>) -> InitPlan {
        let userland = self.userland().await;
        let walled = self.isolation == Isolation::Namespaces;
        let home = if walled { PathBuf::from(HOME) } else { folder.join(HOME.trim_start_matches('/')) };
        let mut env = userland.environment(&home.to_string_lossy());
        if !walled {
            env.push(("TMPDIR".to_owned(), folder.join("tmp").display().to_string()));
        }
        env.push(("DAYTONA_SANDBOX_ID".to_owned(), sandbox.id.clone()));
        for (name, value) in sandbox.env.iter().flatten() {
            env.retain(|(known, _)| known != name);
            env.push((name.clone(), value.clone()));
        }
        let mut bindings = userland.bindings().to_vec();
        bindings.push(Binding { source: self.program.clone(), target: PROGRAM.into() });
        InitPlan {
            isolation: self.isolation,
            folder,
            home,
            program: self.program.clone(),
            host_id: host_id.filter(|_| self.isolation != Isolation::None),
            hostname: sandbox.id.chars().take(12).collect(),
            block_network: sandbox.network_block_all,
            bindings,
            links: userland.links().to_vec(),
            resolv_conf: std::fs::read_to_string(Path::new("/etc/resolv.conf")).unwrap_or_default(),
            env,
            check_only: false,
        }
    }
}
