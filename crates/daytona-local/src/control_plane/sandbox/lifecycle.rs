//! Starting, stopping and deleting sandboxes.
//!
//! An operation first reserves the sandbox by setting a transitional state, in
//! which other operations are rejected, and then runs in a separate task: it is
//! completed even when the client disconnects.

use std::panic::AssertUnwindSafe;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daytona_api::control_plane::sandbox::{Sandbox, SandboxState};
use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::network_settings;
use super::registry::{Entry, Running};
use super::samples::Samples;
use crate::channel::channel;
use crate::control_plane::ControlPlane;
use crate::control_plane::api_failure::ApiFailure;
use crate::control_plane::signed_url::SigningKey;
use crate::control_plane::toolbox_client::ToolboxClient;
use crate::isolation::cgroups::Limits;
use crate::isolation::launcher::RunningSandbox;

const BUSY: &str = "Sandbox state change in progress";
const ERRORED: &str = "Sandbox is in an errored state";
/// Removing a folder fails while an exiting process still writes to it.
const REMOVAL_ATTEMPTS: u32 = 50;
const REMOVAL_PAUSE: Duration = Duration::from_millis(20);
/// How long a delete request waits for the removal before it responds.
const REMOVAL_WAIT: Duration = Duration::from_secs(2);

impl ControlPlane {
    /// Adds a sandbox and returns it when it is started.
    pub(in crate::control_plane) async fn create(
        self: &Arc<Self>,
        sandbox: Sandbox,
    ) -> Result<Sandbox, ApiFailure> {
        let id = sandbox.id.clone();
        let signing_key = new_signing_key()?;
        {
            let mut entries = self.registry.lock();
            if entries.iter().any(|entry| entry.sandbox.name == sandbox.name) {
                return Err(ApiFailure::conflict(format!(
                    "Sandbox with name {} already exists",
                    sandbox.name
                )));
            }
            self.quota.admit(entries.iter().map(|entry| &entry.sandbox), &sandbox)?;
            let host_id = self.ids.next(|id| entries.uses(id));
            entries.insert(Entry {
                sandbox,
                host_id,
                signing_key,
                running: None,
                last_activity: Instant::now(),
                since: Instant::now(),
                open_requests: 0,
                is_saved: false,
                samples: Samples::default(),
            });
        }
        let (plane, created) = (Arc::clone(self), id.clone());
        let (sender, receiver) = oneshot::channel();
        self.work.spawn(async move {
            let launched = plane.settle(&created, Arc::clone(&plane).launch(&created)).await;
            let launched = launched.map(|sandbox| (sandbox, Unclaimed { plane, id: Some(created) }));
            // Fails when the client has disconnected.
            let _ignored = sender.send(launched);
        });
        let (sandbox, unclaimed) = receiver.await.unwrap_or_else(|_| Err(shutting_down()))?;
        // The runtime may not have looked at the connection since the client closed it; when
        // it does, this is not continued.
        tokio::task::yield_now().await;
        unclaimed.claim();
        Ok(sandbox)
    }

    /// `POST /sandbox/{id}/signing-key/rotate`: URLs signed with the old key are refused
    /// from now on.
    pub(in crate::control_plane) fn rotate_signing_key(&self, id: &str) -> Result<String, ApiFailure> {
        let key = new_signing_key()?;
        let mut entries = self.registry.lock();
        let entry = entries.find_mut(id)?;
        entry.signing_key = key;
        entry.touch();
        Ok(entry.signing_key.expose().to_owned())
    }

    /// `POST /sandbox/{s}/start`.
    pub(in crate::control_plane) async fn start(
        self: &Arc<Self>,
        id_or_name: &str,
    ) -> Result<Sandbox, ApiFailure> {
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
        let (plane, started) = (Arc::clone(self), id.clone());
        self.run_detached(&id, async move { plane.launch(&started).await }).await
    }

    /// `POST /sandbox/{s}/recover`: restarts a sandbox in a recoverable error
    /// state.
    pub(in crate::control_plane) async fn recover(
        self: &Arc<Self>,
        id_or_name: &str,
    ) -> Result<Sandbox, ApiFailure> {
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
        let (plane, started) = (Arc::clone(self), id.clone());
        self.run_detached(&id, async move { plane.launch(&started).await }).await
    }

    /// `POST /sandbox/{s}/stop`: an ephemeral sandbox is deleted instead.
    pub(in crate::control_plane) async fn stop(
        self: &Arc<Self>,
        id_or_name: &str,
    ) -> Result<Sandbox, ApiFailure> {
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
        let (plane, stopped) = (Arc::clone(self), id.clone());
        self.run_detached(&id, async move {
            stop_processes(running).await;
            let mut entries = plane.registry.lock();
            let entry = entries.find_mut(&stopped)?;
            entry.set_state(SandboxState::Stopped);
            Ok(entry.sandbox.clone())
        })
        .await
    }

    /// `POST /sandbox/{s}/archive`: only changes the state; files stay in place.
    pub(in crate::control_plane) fn archive(&self, id_or_name: &str) -> Result<Sandbox, ApiFailure> {
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

    /// `DELETE /sandbox/{s}`: responds when the processes and files of the
    /// sandbox are removed. The removal of a large sandbox continues after the
    /// response. The name can be used again at once.
    pub(in crate::control_plane) async fn delete(
        self: &Arc<Self>,
        id_or_name: &str,
    ) -> Result<Sandbox, ApiFailure> {
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
            stop_processes(running).await;
            // Before anything is removed: a later server completes the removal.
            plane.save_or_warn().await;
            plane.remove(&id).await;
        });
        // On a timeout the removal continues.
        let _ignored = tokio::time::timeout(REMOVAL_WAIT, removal).await;
        Ok(sandbox)
    }

    /// Removes the files and the entry of a sandbox whose processes
    /// have exited.
    pub(super) async fn remove(&self, id: &str) {
        let folder = self.folder(id);
        for attempt in 1..=REMOVAL_ATTEMPTS {
            let path = folder.clone();
            let removed = tokio::task::spawn_blocking(move || path.remove()).await;
            match removed {
                Ok(Ok(())) => break,
                Ok(Err(error)) if attempt == REMOVAL_ATTEMPTS => {
                    tracing::warn!(%error, sandbox = id, folder = %folder.path().display(), "cannot remove the files of a deleted sandbox");
                }
                _ => tokio::time::sleep(REMOVAL_PAUSE).await,
            }
        }
        self.registry.lock().remove(id);
    }

    /// Runs an operation in a separate task, so that it is completed even when
    /// the client disconnects.
    async fn run_detached(
        self: &Arc<Self>,
        id: &str,
        work: impl Future<Output = Result<Sandbox, ApiFailure>> + Send + 'static,
    ) -> Result<Sandbox, ApiFailure> {
        let (sender, receiver) = oneshot::channel();
        let (plane, id) = (Arc::clone(self), id.to_owned());
        self.work.spawn(async move {
            // Fails when the client has disconnected.
            let _ignored = sender.send(plane.settle(&id, work).await);
        });
        receiver.await.unwrap_or_else(|_| Err(shutting_down()))
    }

    /// Completes an operation. One that panics would leave its sandbox in a transitional
    /// state, in which all others are rejected.
    pub(super) async fn settle(
        &self,
        id: &str,
        work: impl Future<Output = Result<Sandbox, ApiFailure>>,
    ) -> Result<Sandbox, ApiFailure> {
        if let Ok(result) = AssertUnwindSafe(work).catch_unwind().await {
            return result;
        }
        let reason = "The local server failed; this is a fault in it";
        if let Some(entry) = self.registry.lock().by_id_mut(id) {
            entry.sandbox.error_reason = Some(reason.to_owned());
            entry.sandbox.recoverable = Some(true);
            entry.set_state(SandboxState::Error);
        }
        Err(ApiFailure::new(http::StatusCode::INTERNAL_SERVER_ERROR, reason))
    }

    /// Starts the processes of a sandbox in a transitional state and sets the
    /// resulting state.
    pub(super) async fn launch(self: Arc<Self>, id: &str) -> Result<Sandbox, ApiFailure> {
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
            let entry = entries.by_id(id).ok_or("the sandbox was deleted")?;
            (entry.sandbox.clone(), entry.host_id)
        };
        let policy = network_settings::policy(self, &sandbox)?;
        let folder = self.folder(id);
        self.prepare_files(&sandbox, &folder, host_id).await?;
        let limits = Limits { cpu: sandbox.cpu, memory: sandbox.memory };
        let groups =
            self.cgroups.create_for(id, limits).map_err(|error| format!("cannot set its limits: {error}"))?;
        let plan = self.plan(&sandbox, folder, host_id, &groups).await;
        let (connector, end) =
            channel().map_err(|error| format!("cannot create the channel to its toolbox: {error}"))?;
        let mut running = match RunningSandbox::start(&self.program, &plan, Stdio::from(end), policy).await {
            Ok(running) => running,
            Err(error) => {
                groups.remove();
                return Err(error.to_string());
            }
        };
        let policy = running.policy();
        let (stop, stopped) = oneshot::channel();
        let (plane, id_of_task) = (Arc::clone(self), id.to_owned());
        let watcher = tokio::spawn(async move {
            let unexpected = tokio::select! {
                () = running.ended() => true,
                _ = stopped => false,
            };
            if !unexpected {
                plane.discard_if_deleted(&id_of_task, running.guard()).await;
            }
            running.stop().await;
            groups.remove();
            if unexpected {
                plane.mark_as_failed(&id_of_task);
            }
        });
        Ok(Running { toolbox: ToolboxClient::new(connector), policy, stop, watcher })
    }

    /// Records that the processes of a sandbox ended unexpectedly.
    fn mark_as_failed(&self, id: &str) {
        let mut entries = self.registry.lock();
        if let Some(entry) = entries.by_id_mut(id)
            && entry.sandbox.state == SandboxState::Started
        {
            entry.running = None;
            entry.sandbox.error_reason = Some("The toolbox of the sandbox exited unexpectedly".to_owned());
            entry.sandbox.recoverable = Some(true);
            entry.set_state(SandboxState::Error);
        }
    }

    /// Stops the processes of all sandboxes; used at shutdown.
    pub(in crate::control_plane) async fn stop_all(&self) {
        let all: Vec<_> = self.registry.lock().iter_mut().map(|entry| entry.running.take()).collect();
        futures_util::future::join_all(all.into_iter().map(stop_processes)).await;
    }
}

/// A new sandbox whose id nobody knows yet. Deletes it when it is dropped, because its
/// creator has disconnected, before or after it was started.
struct Unclaimed {
    plane: Arc<ControlPlane>,
    id: Option<String>,
}

impl Unclaimed {
    /// Keeps the sandbox: its creator gets a response.
    fn claim(mut self) {
        self.id = None;
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        let plane = Arc::clone(&self.plane);
        // Without a runtime the server has ended, and its sandboxes with it.
        if let Ok(runtime) = Handle::try_current() {
            let _guard = runtime.enter();
            self.plane.work.spawn(async move {
                if plane.delete(&id).await.is_err() {
                    tracing::debug!(
                        sandbox = id,
                        "kept a sandbox whose creator has disconnected: it is in use"
                    );
                }
            });
        }
    }
}

fn new_signing_key() -> Result<SigningKey, ApiFailure> {
    SigningKey::random().map_err(|error| {
        ApiFailure::new(
            http::StatusCode::INTERNAL_SERVER_ERROR,
            format!("The local server cannot generate a signing key: {error}"),
        )
    })
}

fn shutting_down() -> ApiFailure {
    ApiFailure::new(http::StatusCode::SERVICE_UNAVAILABLE, "The local server is shutting down")
}

/// Ends the processes of a sandbox and waits until they have exited.
async fn stop_processes(running: Option<Running>) {
    if let Some(running) = running {
        // The watcher has already finished when the sandbox ended by itself.
        let _ignored = running.stop.send(());
        let _ignored = running.watcher.await;
    }
}
