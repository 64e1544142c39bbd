//! A handle of one sandbox.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use daytona_api::control_plane::sandbox::{
    self, Sandbox as SandboxData, SandboxLabels, SandboxState, UpdateSandboxNetworkSettings,
};
use daytona_api::{Endpoint, operation};
use tokio::sync::OnceCell;

use super::signing_key::CachedSigningKey;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::transport::Transport;
use crate::transport::request::Request;
use crate::transport::response::{Response, StreamedResponse};
use crate::transport::retry::{Before, before};
use crate::transport::url::Base;
use crate::transport::websocket::WebSocket;

/// Timeout of the request for the sandbox's state after an ambiguous error.
const EXPLAIN_LIMIT: Duration = Duration::from_secs(10);

/// The language of a sandbox without a language label.
const DEFAULT_LANGUAGE: &str = "python";

/// Returns the names of a sandbox's properties, as in the API.
#[must_use]
pub fn sandbox_properties() -> Vec<&'static str> {
    (sandbox::GET.output_fields)()
}

/// A handle of a sandbox. A clone is a handle of the same sandbox.
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Transport,
    id: String,
    data: RwLock<SandboxData>,
    /// Base URL of the toolbox, once it is known.
    toolbox_base: OnceCell<Arc<Base>>,
    signing_key: CachedSigningKey,
}

impl Sandbox {
    pub(crate) fn new(transport: Transport, data: SandboxData) -> Self {
        let shared = Shared {
            transport,
            id: data.id.clone(),
            data: RwLock::new(data),
            toolbox_base: OnceCell::new(),
            signing_key: CachedSigningKey::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Returns the sandbox's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.shared.id
    }

    /// Returns the last known properties.
    #[must_use]
    pub fn data(&self) -> SandboxData {
        self.shared.data.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the last known state.
    #[must_use]
    pub fn state(&self) -> SandboxState {
        self.shared.data.read().unwrap_or_else(PoisonError::into_inner).state.clone()
    }

    /// Returns whether the sandbox is deleted or being deleted, as last known.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        matches!(self.state(), SandboxState::Destroying | SandboxState::Destroyed)
    }

    /// Returns the sandbox's language, from its label.
    #[must_use]
    pub fn language(&self) -> String {
        let data = self.shared.data.read().unwrap_or_else(PoisonError::into_inner);
        data.labels.get(sandbox::LANGUAGE_LABEL).map_or_else(|| DEFAULT_LANGUAGE.to_owned(), Clone::clone)
    }

    /// Updates the properties from the service: `GET /sandbox/{id}`.
    ///
    /// # Errors
    /// [`ErrorKind::SandboxNotFound`] when the sandbox was deleted, and the errors
    /// of every call to the control plane.
    pub async fn refresh(&self, deadline: Deadline) -> Result<(), Error> {
        match self.call(&sandbox::GET).send(deadline).await {
            Ok(data) => {
                self.store(data);
                Ok(())
            }
            Err(error) => {
                if error.kind() == ErrorKind::SandboxNotFound {
                    self.set_state(SandboxState::Destroyed);
                }
                Err(error)
            }
        }
    }

    /// Starts a stopped or archived sandbox and waits until it is started:
    /// `POST /sandbox/{id}/start`.
    ///
    /// # Errors
    /// [`ErrorKind::SandboxFailed`] when it enters an error state,
    /// [`ErrorKind::Timeout`] at the deadline, and the errors of every call to the
    /// control plane.
    pub async fn start(&self, deadline: Deadline) -> Result<(), Error> {
        self.change_state(&sandbox::START, None, deadline).await?;
        self.wait_for(&[SandboxState::Started], sandbox::START.name, deadline).await
    }

    /// Stops the sandbox and waits until it is stopped: `POST /sandbox/{id}/stop`.
    /// Its files are kept. With `force`, its processes are killed immediately.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start`].
    pub async fn stop(&self, force: bool, deadline: Deadline) -> Result<(), Error> {
        self.change_state(&sandbox::STOP, force.then_some("true"), deadline).await?;
        let wanted = [SandboxState::Stopped, SandboxState::Destroyed];
        self.wait_for(&wanted, sandbox::STOP.name, deadline).await
    }

    /// Deletes the sandbox and everything in it: `DELETE /sandbox/{id}`.
    /// Waits while another state change is in progress. Succeeds when the sandbox
    /// does not exist.
    ///
    /// # Errors
    /// The errors of every call to the control plane.
    pub async fn delete(&self, deadline: Deadline) -> Result<(), Error> {
        let call = self.call(&sandbox::DELETE);
        let mut pause = Duration::from_millis(100);
        loop {
            match call.done(deadline).await {
                Ok(()) => break,
                Err(error) if error.kind() == ErrorKind::SandboxNotFound => break,
                Err(error) if error.kind() == ErrorKind::Conflict && pause < deadline.remaining() => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                Err(error) => return Err(error),
            }
        }
        self.set_state(SandboxState::Destroyed);
        Ok(())
    }

    /// Keeps the processes of the sandbox in memory without running them, and waits until
    /// it is paused: `POST /sandbox/{id}/pause`. [`Sandbox::start`] continues them.
    ///
    /// # Errors
    /// [`ErrorKind::Unprocessable`] when sandboxes of its class cannot be paused, and the
    /// errors of [`Sandbox::start`].
    pub async fn pause(&self, deadline: Deadline) -> Result<(), Error> {
        self.change_state(&sandbox::PAUSE, None, deadline).await?;
        let before = [SandboxState::Started, SandboxState::Pausing];
        self.wait_while(&before, sandbox::PAUSE.name, deadline).await
    }

    /// Moves a stopped sandbox to object storage: `POST /sandbox/{id}/archive`. Does not
    /// wait until it is archived.
    ///
    /// # Errors
    /// [`ErrorKind::BadRequest`] when it is not stopped, and the errors of every call to
    /// the control plane.
    pub async fn archive(&self, deadline: Deadline) -> Result<(), Error> {
        self.change_state(&sandbox::ARCHIVE, None, deadline).await?;
        self.refresh(deadline).await
    }

    /// Recovers the sandbox from an error state and waits until it is started:
    /// `POST /sandbox/{id}/recover`.
    ///
    /// # Errors
    /// [`ErrorKind::BadRequest`] when it cannot be recovered, and the errors of
    /// [`Sandbox::start`].
    pub async fn recover(&self, deadline: Deadline) -> Result<(), Error> {
        self.change_state(&sandbox::RECOVER, None, deadline).await?;
        if self.state() == SandboxState::Error {
            // As known before: the change was made by a request whose response was lost.
            self.refresh(deadline).await?;
        }
        self.wait_for(&[SandboxState::Started], sandbox::RECOVER.name, deadline).await
    }

    /// Postpones the automatic stop: `POST /sandbox/{id}/last-activity`.
    ///
    /// # Errors
    /// The errors of every call to the control plane.
    pub async fn refresh_activity(&self, deadline: Deadline) -> Result<(), Error> {
        self.call(&sandbox::REFRESH_ACTIVITY).done(deadline).await
    }

    /// Replaces all labels: `PUT /sandbox/{id}/labels`. Returns the new set.
    ///
    /// # Errors
    /// The errors of every call to the control plane.
    pub async fn set_labels(
        &self,
        labels: BTreeMap<String, String>,
        deadline: Deadline,
    ) -> Result<BTreeMap<String, String>, Error> {
        let response = self.call(&sandbox::SET_LABELS).json(&SandboxLabels { labels }).send(deadline).await?;
        self.change(|data| data.labels.clone_from(&response.labels));
        Ok(response.labels)
    }

    /// Changes what the sandbox may connect to: `POST /sandbox/{id}/network-settings`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] without any setting, and the errors of every call to the
    /// control plane.
    pub async fn update_network_settings(
        &self,
        settings: UpdateSandboxNetworkSettings,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let endpoint = &sandbox::UPDATE_NETWORK_SETTINGS;
        if settings == UpdateSandboxNetworkSettings::default() {
            let message = "at least one of networkBlockAll, networkAllowList and domainAllowList must be set";
            return Err(Error::new(ErrorKind::InvalidArgument, endpoint.name, message));
        }
        let data = self.call(endpoint).json(&settings).send(deadline).await?;
        self.store(data);
        Ok(())
    }

    pub(super) async fn change_state(
        &self,
        endpoint: &'static Endpoint<(), SandboxData>,
        force: Option<&str>,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let state = self.state();
        let error = match self.call(endpoint).with_some("force", force).send(deadline).await {
            Ok(data) => {
                self.store(data);
                return Ok(());
            }
            Err(error) => error,
        };
        match before(endpoint.repeat, &error) {
            Before::Done if error.kind() == ErrorKind::SandboxNotFound => {
                self.set_state(SandboxState::Destroyed);
                Ok(())
            }
            Before::Done => Ok(()),
            // The error is better than the one of the request for the state.
            Before::DoneIfChanged if self.refresh(deadline).await.is_ok() && self.state() != state => Ok(()),
            Before::DoneIfChanged | Before::Unknown => Err(error),
        }
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.shared.transport
    }

    /// Sends a request to the toolbox and reads the whole response.
    pub(crate) async fn fetch(&self, request: &Request, deadline: Deadline) -> Result<Response, Error> {
        let base = self.toolbox_base(deadline).await?;
        let sent = self.transport().fetch_at(&base, request, deadline).await;
        self.explain(sent, deadline).await
    }

    /// Sends a request to the toolbox and streams the body of the response.
    pub(crate) async fn stream(
        &self,
        request: &Request,
        deadline: Deadline,
    ) -> Result<StreamedResponse, Error> {
        let base = self.toolbox_base(deadline).await?;
        let sent = self.transport().stream_at(&base, request, deadline).await;
        self.explain(sent, deadline).await
    }

    /// Opens a WebSocket to the toolbox.
    pub(crate) async fn upgrade(&self, request: &Request, deadline: Deadline) -> Result<WebSocket, Error> {
        let base = self.toolbox_base(deadline).await?;
        let sent = self.transport().upgrade_at(&base, request, deadline).await;
        self.explain(sent, deadline).await
    }

    /// Replaces an ambiguous error by the one that the sandbox's state implies: the
    /// proxy returns 401 for a deleted sandbox, and 400 or 502 for a stopped one. An
    /// error that names its cause stays, whatever the state says.
    async fn explain<T>(&self, sent: Result<T, Error>, deadline: Deadline) -> Result<T, Error> {
        let error = match sent {
            Err(error) if error.kind() == ErrorKind::SandboxNotFound => {
                self.set_state(SandboxState::Destroyed);
                return Err(error);
            }
            Err(error) if error.is_ambiguous() => error,
            other => return other,
        };
        let limit = deadline.remaining().min(EXPLAIN_LIMIT);
        // Boxed because the call is recursive.
        match Box::pin(self.refresh(Deadline::after(limit))).await {
            Ok(()) if self.is_deleted() => Err(self.not_found(error)),
            Ok(()) if self.state() != SandboxState::Started => {
                let mut message = format!("the sandbox is not started; its state is {}", self.state());
                // A request that has broken off may have had its effect.
                if error.kind() == ErrorKind::Connection {
                    message = format!("{message} ({})", error.message());
                }
                Err(error.with_kind(ErrorKind::SandboxNotStarted, message))
            }
            Err(failed) if failed.kind() == ErrorKind::SandboxNotFound => Err(self.not_found(error)),
            _ => Err(error),
        }
    }

    fn not_found(&self, error: Error) -> Error {
        let message = format!("sandbox {} no longer exists", self.id());
        error.with_kind(ErrorKind::SandboxNotFound, message)
    }

    pub(super) async fn toolbox_base(&self, deadline: Deadline) -> Result<Arc<Base>, Error> {
        // A failure is not cached.
        let base = self.shared.toolbox_base.get_or_try_init(|| async {
            let known =
                self.shared.data.read().unwrap_or_else(PoisonError::into_inner).toolbox_proxy_url.clone();
            let url = match known.filter(|url| !url.is_empty()) {
                Some(url) => url,
                // Services before 0.148 return the URL only on request.
                None => Box::pin(self.call(&sandbox::TOOLBOX_PROXY_URL).send(deadline)).await?.url,
            };
            Ok(Arc::new(Base::new(&format!(
                "{}/{}",
                url.trim_end_matches('/'),
                operation::segment(self.id())
            ))))
        });
        base.await.cloned()
    }

    pub(super) fn cached_signing_key(&self) -> &CachedSigningKey {
        &self.shared.signing_key
    }

    pub(crate) fn set_state(&self, state: SandboxState) {
        self.change(|data| data.state = state);
    }

    pub(super) fn store(&self, data: SandboxData) {
        // Some services return an empty object after a state change.
        if data.id == self.shared.id {
            self.change(|old| *old = data);
        }
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut SandboxData)) {
        change(&mut self.shared.data.write().unwrap_or_else(PoisonError::into_inner));
    }
}
