//! Starting, stopping and deleting sandboxes.
//!
//! An operation first reserves the sandbox with a [transition](super::transition), and then
//! runs in a separate task: it is completed even when the client disconnects.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daytona_api::control_plane::sandbox::Sandbox;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::network_settings;
use super::registry::{Entry, Running};
use super::samples::Samples;
use super::transition::{self, Begun, FAULT, Halt, Launch, Operation, Removal};
use crate::channel::channel;
use crate::control_plane::ControlPlane;
use crate::control_plane::api_failure::ApiFailure;
use crate::control_plane::preview::previews::Previews;
use crate::control_plane::sandbox_token::SandboxToken;
use crate::control_plane::signed_url::SigningKey;
use crate::control_plane::toolbox_client::ToolboxClient;
use crate::isolation::cgroups::Limits;
use crate::isolation::launcher::RunningSandbox;

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
        let signing_key = new_signing_key()?;
        let token = SandboxToken::random().map_err(|error| no_random_numbers(&error))?;
        let launch = transition::create(&self.registry, |entries| {
            if entries.iter().any(|entry| entry.sandbox.name == sandbox.name) {
                return Err(ApiFailure::conflict(format!(
                    "Sandbox with name {} already exists",
                    sandbox.name
                )));
            }
            self.volumes.use_for(&sandbox)?;
            self.quota.admit(entries.iter().map(|entry| &entry.sandbox), &sandbox)?;
            let host_id = self.ids.next(|id| entries.uses(id));
            Ok(Entry {
                sandbox,
                host_id,
                signing_key,
                token,
                previews: Previews::default(),
                running: None,
                last_activity: Instant::now(),
                since: Instant::now(),
                open_requests: 0,
                is_saved: false,
                samples: Samples::default(),
            })
        })?;
        let plane = Arc::clone(self);
        let launched = self.complete(async move {
            let sandbox = Arc::clone(&plane).launch(launch).await?;
            let id = Some(sandbox.id.clone());
            Ok((sandbox, Unclaimed { plane, id }))
        });
        let (sandbox, unclaimed) = launched.await?;
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
        self.operate(id_or_name, Operation::Start).await
    }

    /// `POST /sandbox/{s}/recover`: restarts a sandbox in a recoverable error
    /// state.
    pub(in crate::control_plane) async fn recover(
        self: &Arc<Self>,
        id_or_name: &str,
    ) -> Result<Sandbox, ApiFailure> {
        self.operate(id_or_name, Operation::Recover).await
    }

    /// `POST /sandbox/{s}/stop`: an ephemeral sandbox is deleted instead.
    pub(in crate::control_plane) async fn stop(
        self: &Arc<Self>,
        id_or_name: &str,
    ) -> Result<Sandbox, ApiFailure> {
        self.operate(id_or_name, Operation::Stop).await
    }

    /// `POST /sandbox/{s}/archive`: only changes the state; files stay in place.
    pub(in crate::control_plane) async fn archive(
        self: &Arc<Self>,
        id_or_name: &str,
    ) -> Result<Sandbox, ApiFailure> {
        self.operate(id_or_name, Operation::Archive).await
    }

    /// `DELETE /sandbox/{s}`: responds when the processes and files of the
    /// sandbox are removed. The removal of a large sandbox continues after the
    /// response. The name can be used again at once.
    pub(in crate::control_plane) async fn delete(
        self: &Arc<Self>,
        id_or_name: &str,
    ) -> Result<Sandbox, ApiFailure> {
        self.operate(id_or_name, Operation::Delete).await
    }

    async fn operate(
        self: &Arc<Self>,
        id_or_name: &str,
        operation: Operation,
    ) -> Result<Sandbox, ApiFailure> {
        let plane = Arc::clone(self);
        match transition::begin(&self.registry, id_or_name, operation)? {
            Begun::Done(sandbox) => Ok(sandbox),
            Begun::Launch(launch) => self.complete(plane.launch(launch)).await,
            Begun::Halt(halt) => self.complete(stop(halt)).await,
            Begun::Removal(removal) => {
                let sandbox = removal.sandbox().clone();
                let ended = self.complete(async move {
                    plane.end(removal).await;
                    Ok(())
                });
                // On a timeout the removal continues.
                match tokio::time::timeout(REMOVAL_WAIT, ended).await {
                    Ok(Err(failure)) => Err(failure),
                    Ok(Ok(())) | Err(_) => Ok(sandbox),
                }
            }
        }
    }

    /// Runs the work of an operation in a separate task, so that it is completed even when
    /// the client disconnects.
    pub(in crate::control_plane) async fn complete<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, ApiFailure>> + Send + 'static,
    ) -> Result<T, ApiFailure> {
        self.work.spawn(work).await.unwrap_or_else(|error| {
            Err(if error.is_panic() {
                ApiFailure::new(http::StatusCode::INTERNAL_SERVER_ERROR, FAULT)
            } else {
                ApiFailure::new(http::StatusCode::SERVICE_UNAVAILABLE, "The local server is shutting down")
            })
        })
    }

    /// Starts the processes of a sandbox.
    pub(super) async fn launch(self: Arc<Self>, launch: Launch) -> Result<Sandbox, ApiFailure> {
        match self.start_processes(launch.id()).await {
            Ok(running) => launch.finish(running),
            Err(reason) => Err(launch.fail(reason)),
        }
    }

    /// Ends the processes of a sandbox and removes it.
    async fn end(&self, mut removal: Removal) {
        stop_processes(removal.running.take()).await;
        // Before anything is removed: a later server completes the removal.
        self.save_or_warn().await;
        self.remove(removal).await;
    }

    /// Removes the files and the entry of a sandbox whose processes
    /// have exited.
    pub(super) async fn remove(&self, removal: Removal) {
        let id = &removal.sandbox().id;
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
        removal.finish();
    }

    async fn start_processes(self: &Arc<Self>, id: &str) -> Result<Running, String> {
        let token = SandboxToken::random().map_err(|error| no_random_numbers(&error).to_string())?;
        let (sandbox, host_id) = {
            let mut entries = self.registry.lock();
            let entry = entries.by_id_mut(id).ok_or("the sandbox was deleted")?;
            // As at the service, who was given the token may use it until the sandbox stops.
            entry.token = token;
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
                transition::exited(&plane.registry, &id_of_task);
            }
        });
        Ok(Running { toolbox: ToolboxClient::new(connector), policy, stop, watcher })
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
    SigningKey::random().map_err(|error| no_random_numbers(&error))
}

fn no_random_numbers(error: &std::io::Error) -> ApiFailure {
    let message = format!("The local server cannot generate a key of the sandbox: {error}");
    ApiFailure::new(http::StatusCode::INTERNAL_SERVER_ERROR, message)
}

async fn stop(mut halt: Halt) -> Result<Sandbox, ApiFailure> {
    stop_processes(halt.running.take()).await;
    halt.finish()
}

/// Ends the processes of a sandbox and waits until they have exited.
async fn stop_processes(running: Option<Running>) {
    if let Some(running) = running {
        // The watcher has already finished when the sandbox ended by itself.
        let _ignored = running.stop.send(());
        let _ignored = running.watcher.await;
    }
}

#[cfg(test)]
mod tests {
    use daytona_api::control_plane::sandbox::SandboxState;
    use daytona_sandbox_init::{Isolation, NetworkPlan, OpenFiles};
    use futures_util::FutureExt as _;

    use super::super::request;
    use super::*;
    use crate::control_plane::{ApiKey, ControlPlaneOptions, Quota};
    use crate::isolation::cgroups::Cgroups;

    /// A server that has no program to start sandboxes with.
    fn plane(folder: &tempfile::TempDir) -> Arc<ControlPlane> {
        let options = ControlPlaneOptions {
            key: ApiKey::new("key".to_owned()),
            folder: folder.path().to_owned(),
            is_kept: false,
            program: folder.path().join("absent"),
            isolation: Isolation::None,
            quota: Quota::default(),
            open_files: OpenFiles::default(),
            network: NetworkPlan::Host,
            allow_host: false,
            cgroups: Cgroups::default(),
            env: Vec::new(),
            bindings: Vec::new(),
        };
        ControlPlane::new(options, ([127, 0, 0, 1], 0).into()).unwrap()
    }

    #[tokio::test]
    async fn a_sandbox_that_cannot_be_started_is_kept_and_can_be_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let plane = plane(&folder);
        let sandbox = request::accept(&plane, b"{\"name\": \"box\"}").await.unwrap();
        let failure = plane.create(sandbox).await.unwrap_err().to_string();
        assert!(failure.starts_with("400 Sandbox failed to start: "), "{failure}");
        let found = plane.registry.lock().find("box").unwrap().sandbox.clone();
        assert_eq!((found.state, found.recoverable), (SandboxState::Error, Some(true)));
        assert!(failure.ends_with(&found.error_reason.unwrap()));
        assert!(plane.recover("box").await.is_err());
        let deleted = plane.delete("box").await.unwrap();
        assert_eq!(deleted.state, SandboxState::Destroying);
        assert!(plane.registry.lock().find(&deleted.id).is_err());
    }

    #[tokio::test]
    async fn work_that_panics_is_a_fault_of_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let failure = plane(&folder).complete::<()>(async { panic!("as a fault would") }).await.unwrap_err();
        assert_eq!(failure.to_string(), format!("500 {FAULT}"));
    }

    #[tokio::test]
    async fn work_is_completed_when_its_client_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let (plane, (go, wait), (done, ended)) = (plane(&folder), oneshot::channel(), oneshot::channel());
        let work = plane.complete(async {
            wait.await.unwrap();
            done.send(()).unwrap();
            Ok(())
        });
        assert!(work.now_or_never().is_none());
        go.send(()).unwrap();
        ended.await.unwrap();
    }
}
