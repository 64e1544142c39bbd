//! Starting, stopping and deleting sandboxes.
//!
//! Every operation first takes the sandbox by setting a passing state, which
//! makes others wait their turn, and then runs in a task of its own: a client
//! that goes away leaves nothing half done.

use std::os::unix::fs::DirBuilderExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daytona_api::sandbox::{Sandbox, SandboxState};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::ControlPlane;
use super::api_failure::ApiFailure;
use super::registry::{Entry, Running};
use super::toolbox_client::ToolboxClient;
use crate::isolation::launcher::RunningSandbox;
use crate::isolation::removal::remove_tree;

const BUSY: &str = "Sandbox state change in progress";
const ERRORED: &str = "Sandbox is in an errored state";
/// Emptying a folder fails while a dying process still writes to it.
const REMOVAL_ATTEMPTS: u32 = 50;
const REMOVAL_PAUSE: Duration = Duration::from_millis(20);
/// How long the answer to a delete waits for the removal.
const REMOVAL_PATIENCE: Duration = Duration::from_secs(2);

impl ControlPlane {
    /// Adds a sandbox and starts it; the answer shows it started.
    pub(super) async fn create(self: &Arc<Self>, sandbox: Sandbox) -> Result<Sandbox, ApiFailure> {
        let id = sandbox.id.clone();
        {
            let mut entries = self.registry.lock();
            if entries.iter().any(|entry| entry.sandbox.name == sandbox.name) {
                return Err(ApiFailure::conflict(format!(
                    "Sandbox with name {} already exists",
                    sandbox.name
                )));
            }
            self.quota.admit(entries.iter().map(|entry| &entry.sandbox), &sandbox)?;
            entries.insert(Entry {
                sandbox,
                host_id: self.ids.next(),
                running: None,
                last_activity: Instant::now(),
                since: Instant::now(),
                open_requests: 0,
            });
        }
        let plane = Arc::clone(self);
        self.complete(async move { plane.launch(&id).await }).await
    }

    /// `POST /sandbox/{s}/start`.
    pub(super) async fn start(self: &Arc<Self>, id_or_name: &str) -> Result<Sandbox, ApiFailure> {
        let id = {
            let mut entries = self.registry.lock();
            let entry = entries.find_mut(id_or_name)?;
            match entry.sandbox.state {
                SandboxState::Started => return Ok(entry.sandbox.clone()),
                SandboxState::Error => return Err(ApiFailure::bad_request(ERRORED)),
                SandboxState::Archived => entry.set_state(SandboxState::Restoring),
                SandboxState::Stopped => entry.set_state(SandboxState::Starting),
                _ => return Err(ApiFailure::conflict(BUSY)),
            }
            entry.sandbox.id.clone()
        };
        let plane = Arc::clone(self);
        self.complete(async move { plane.launch(&id).await }).await
    }

    /// `POST /sandbox/{s}/recover`: a failed sandbox starts anew.
    pub(super) async fn recover(self: &Arc<Self>, id_or_name: &str) -> Result<Sandbox, ApiFailure> {
        let id = {
            let mut entries = self.registry.lock();
            let entry = entries.find_mut(id_or_name)?;
            if entry.is_busy() {
                return Err(ApiFailure::conflict(BUSY));
            }
            if entry.sandbox.state != SandboxState::Error || entry.sandbox.recoverable != Some(true) {
                return Err(ApiFailure::bad_request("Sandbox is not in a recoverable error state"));
            }
            entry.set_state(SandboxState::Starting);
            entry.sandbox.id.clone()
        };
        let plane = Arc::clone(self);
        self.complete(async move { plane.launch(&id).await }).await
    }

    /// `POST /sandbox/{s}/stop`; an ephemeral sandbox is deleted.
    pub(super) async fn stop(self: &Arc<Self>, id_or_name: &str) -> Result<Sandbox, ApiFailure> {
        let is_ephemeral = |entry: &Entry| {
            entry.sandbox.state == SandboxState::Started && entry.sandbox.auto_delete_interval == Some(0)
        };
        if self.registry.lock().find(id_or_name).is_ok_and(is_ephemeral) {
            return self.delete(id_or_name).await;
        }
        let (id, running) = {
            let mut entries = self.registry.lock();
            let entry = entries.find_mut(id_or_name)?;
            match entry.sandbox.state {
                SandboxState::Started => {}
                SandboxState::Error => return Err(ApiFailure::bad_request(ERRORED)),
                SandboxState::Stopped | SandboxState::Archived => {
                    return Err(ApiFailure::bad_request("Sandbox is not started"));
                }
                _ => return Err(ApiFailure::conflict(BUSY)),
            }
            entry.set_state(SandboxState::Stopping);
            entry.sandbox.desired_state = Some("stopped".to_owned());
            (entry.sandbox.id.clone(), entry.running.take())
        };
        let plane = Arc::clone(self);
        self.complete(async move {
            halt(running).await;
            let mut entries = plane.registry.lock();
            let entry = entries.find_mut(&id)?;
            entry.set_state(SandboxState::Stopped);
            Ok(entry.sandbox.clone())
        })
        .await
    }

    /// `POST /sandbox/{s}/archive`: nothing moves, but it counts as put away.
    pub(super) fn archive(&self, id_or_name: &str) -> Result<Sandbox, ApiFailure> {
        let mut entries = self.registry.lock();
        let entry = entries.find_mut(id_or_name)?;
        match entry.sandbox.state {
            SandboxState::Stopped if entry.sandbox.auto_delete_interval == Some(0) => {
                Err(ApiFailure::bad_request("Ephemeral sandboxes cannot be archived"))
            }
            SandboxState::Stopped => {
                entry.set_state(SandboxState::Archived);
                entry.sandbox.desired_state = Some("archived".to_owned());
                Ok(entry.sandbox.clone())
            }
            SandboxState::Error => Err(ApiFailure::bad_request(ERRORED)),
            SandboxState::Started | SandboxState::Archived => {
                Err(ApiFailure::bad_request("Sandbox is not stopped"))
            }
            _ => Err(ApiFailure::conflict(BUSY)),
        }
    }

    /// `DELETE /sandbox/{s}`: answers when nothing of it is left, so that who
    /// closes a sandbox can count on it; a large one is removed further after
    /// the answer. The name is free at once.
    pub(super) async fn delete(self: &Arc<Self>, id_or_name: &str) -> Result<Sandbox, ApiFailure> {
        let (sandbox, running) = {
            let mut entries = self.registry.lock();
            let entry = entries.find_mut(id_or_name)?;
            if entry.is_busy() {
                return Err(ApiFailure::conflict(BUSY));
            }
            entry.set_state(SandboxState::Destroying);
            entry.sandbox.desired_state = Some("destroyed".to_owned());
            entry.sandbox.name =
                format!("DESTROYED_{}_{}", entry.sandbox.name, jiff::Timestamp::now().as_millisecond());
            (entry.sandbox.clone(), entry.running.take())
        };
        let (plane, id) = (Arc::clone(self), sandbox.id.clone());
        let removal = self.work.spawn(async move {
            halt(running).await;
            plane.discard(&id).await;
        });
        // Either way it goes on to its end.
        let _removed = tokio::time::timeout(REMOVAL_PATIENCE, removal).await;
        Ok(sandbox)
    }

    /// Removes all that is left of a sandbox whose processes are gone.
    async fn discard(&self, id: &str) {
        self.sockets.remove(id);
        let folder = self.folder(id);
        for attempt in 1..=REMOVAL_ATTEMPTS {
            let path = folder.clone();
            let removed = tokio::task::spawn_blocking(move || remove_tree(&path)).await;
            match removed {
                Ok(Ok(())) => break,
                Ok(Err(error)) if attempt == REMOVAL_ATTEMPTS => {
                    tracing::warn!(%error, sandbox = id, folder = %folder.display(), "files of a deleted sandbox remain");
                }
                _ => tokio::time::sleep(REMOVAL_PAUSE).await,
            }
        }
        self.registry.lock().remove(id);
    }

    /// Runs to its end even when the client that asked for it goes away.
    async fn complete(
        &self,
        work: impl Future<Output = Result<Sandbox, ApiFailure>> + Send + 'static,
    ) -> Result<Sandbox, ApiFailure> {
        let (tell, told) = oneshot::channel();
        self.work.spawn(async move {
            // Nobody listens when the client has gone.
            let _unheard = tell.send(work.await);
        });
        told.await.unwrap_or_else(|_| {
            Err(ApiFailure::new(http::StatusCode::SERVICE_UNAVAILABLE, "The local server is shutting down"))
        })
    }

    /// Starts the processes of a sandbox that is in a passing state.
    async fn launch(self: Arc<Self>, id: &str) -> Result<Sandbox, ApiFailure> {
        let started = self.start_processes(id).await;
        let mut entries = self.registry.lock();
        let entry = entries.find_mut(id)?;
        match started {
            Ok(running) => {
                entry.running = Some(running);
                entry.sandbox.error_reason = None;
                entry.sandbox.recoverable = Some(false);
                entry.sandbox.desired_state = Some("started".to_owned());
                entry.set_state(SandboxState::Started);
                Ok(entry.sandbox.clone())
            }
            Err(reason) => {
                let failure = ApiFailure::bad_request(format!("Sandbox failed to start: {reason}"));
                entry.sandbox.error_reason = Some(reason);
                entry.sandbox.recoverable = Some(true);
                entry.set_state(SandboxState::Error);
                Err(failure)
            }
        }
    }

    async fn start_processes(self: &Arc<Self>, id: &str) -> Result<Running, String> {
        let (sandbox, host_id) = {
            let entries = self.registry.lock();
            let entry = entries.by_id(id).ok_or("it was deleted")?;
            (entry.sandbox.clone(), entry.host_id)
        };
        let folder = self.folder(id);
        prepare_folder(&folder, self.folder_mode(), host_id)
            .map_err(|error| format!("cannot make its folder: {error}"))?;
        let plan = self.plan(&sandbox, folder, host_id).await;
        let listener =
            self.sockets.listen(id).map_err(|error| format!("cannot listen for its toolbox: {error}"))?;
        let mut running =
            RunningSandbox::start(&self.program, &plan, listener).await.map_err(|error| error.to_string())?;
        let (stop, stopped) = oneshot::channel();
        let (plane, key) = (Arc::clone(self), id.to_owned());
        let keeper = tokio::spawn(async move {
            let by_itself = tokio::select! {
                () = running.ended() => true,
                _ = stopped => false,
            };
            running.stop().await;
            if by_itself {
                plane.report_end(&key);
            }
        });
        Ok(Running { toolbox: ToolboxClient::new(self.sockets.address(id)), stop, keeper })
    }

    /// A sandbox whose processes ended although nobody asked for it.
    fn report_end(&self, id: &str) {
        let mut entries = self.registry.lock();
        if let Some(entry) = entries.by_id_mut(id)
            && entry.sandbox.state == SandboxState::Started
        {
            entry.running = None;
            entry.sandbox.error_reason = Some("The toolbox of the sandbox ended".to_owned());
            entry.sandbox.recoverable = Some(true);
            entry.set_state(SandboxState::Error);
        }
    }

    /// Ends every sandbox; for the end of the server.
    pub(super) async fn halt_all(&self) {
        let all: Vec<_> = self.registry.lock().iter_mut().map(|entry| entry.running.take()).collect();
        futures_util::future::join_all(all.into_iter().map(halt)).await;
    }
}

/// Ends the processes of a sandbox and waits until they are gone.
async fn halt(running: Option<Running>) {
    if let Some(running) = running {
        // The keeper is gone already when the sandbox ended by itself.
        let _gone = running.stop.send(());
        let _ended = running.keeper.await;
    }
}

fn prepare_folder(folder: &std::path::Path, mode: u32, host_id: Option<u32>) -> std::io::Result<()> {
    match std::fs::DirBuilder::new().mode(mode).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) => return Ok(()),
        Ok(()) => {}
    }
    std::os::unix::fs::chown(folder, host_id, host_id)
}

/// A new id.
pub(super) fn new_id() -> String {
    Uuid::new_v4().to_string()
}
