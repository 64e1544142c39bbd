//! A handle of one sandbox.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use daytona_api::path;
use daytona_api::sandbox::{Sandbox as SandboxData, SandboxLabels, SandboxState, ToolboxProxyUrl};
use daytona_api::toolbox::{self, DirResponse};
use http::Method;
use tokio::sync::OnceCell;

use crate::classify::Service;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::request::Request;
use crate::response::{Response, StreamedResponse};
use crate::transport::Transport;

/// A look that takes longer explains nothing any more.
const LOOK_LIMIT: Duration = Duration::from_secs(10);

/// A sandbox at the service. Cloning gives another handle of the same one.
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Transport,
    id: String,
    data: RwLock<SandboxData>,
    /// Where the toolbox is, once it had to be asked for.
    toolbox_base: OnceCell<String>,
}

impl Sandbox {
    pub(crate) fn new(transport: Transport, data: SandboxData) -> Self {
        let shared =
            Shared { transport, id: data.id.clone(), data: RwLock::new(data), toolbox_base: OnceCell::new() };
        Self { shared: Arc::new(shared) }
    }

    /// The sandbox's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.shared.id
    }

    /// The sandbox as last seen.
    #[must_use]
    pub fn data(&self) -> SandboxData {
        self.shared.data.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The state as last seen.
    #[must_use]
    pub fn state(&self) -> SandboxState {
        self.shared.data.read().unwrap_or_else(PoisonError::into_inner).state.clone()
    }

    /// Whether it was deleted, or is being deleted, as last seen.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        matches!(self.state(), SandboxState::Destroying | SandboxState::Destroyed)
    }

    /// Looks at the sandbox anew: `GET /sandbox/{id}`.
    ///
    /// # Errors
    /// [`ErrorKind::SandboxNotFound`] once it is deleted.
    pub async fn refresh(&self, deadline: Deadline) -> Result<(), Error> {
        let request =
            Request::new(Service::Sandbox, Method::GET, path::sandbox(self.id()), "look at the sandbox")
                .about(self.id());
        let fetched = async { self.shared.transport.fetch(&request, deadline).await?.json().await };
        match fetched.await {
            Ok(data) => {
                self.store(data);
                Ok(())
            }
            Err(error) => {
                if error.kind() == ErrorKind::SandboxNotFound {
                    self.note_state(SandboxState::Destroyed);
                }
                Err(error)
            }
        }
    }

    /// Starts a stopped or archived sandbox and waits until it runs:
    /// `POST /sandbox/{id}/start`.
    ///
    /// # Errors
    /// [`ErrorKind::SandboxFailed`] when it ends in an error state instead,
    /// [`ErrorKind::Timeout`] when it takes longer than the deadline.
    pub async fn start(&self, deadline: Deadline) -> Result<(), Error> {
        self.act("start", "start the sandbox", deadline).await?;
        self.wait_for(&[SandboxState::Started], "start the sandbox", deadline).await
    }

    /// Stops the sandbox and waits until it has stopped; its files are kept:
    /// `POST /sandbox/{id}/stop`. With `force` its processes are not asked first.
    ///
    /// # Errors
    /// Those of [`Sandbox::start`].
    pub async fn stop(&self, force: bool, deadline: Deadline) -> Result<(), Error> {
        let action = if force { "stop?force=true" } else { "stop" };
        self.act(action, "stop the sandbox", deadline).await?;
        let wanted = [SandboxState::Stopped, SandboxState::Destroyed];
        self.wait_for(&wanted, "stop the sandbox", deadline).await
    }

    /// Deletes the sandbox and everything in it: `DELETE /sandbox/{id}`.
    /// Waits while another change of it is in progress. One that is gone
    /// already is no error.
    ///
    /// # Errors
    /// Those of every call to the control plane.
    pub async fn delete(&self, deadline: Deadline) -> Result<(), Error> {
        let request =
            Request::new(Service::Sandbox, Method::DELETE, path::sandbox(self.id()), "delete the sandbox")
                .about(self.id());
        let mut pause = Duration::from_millis(100);
        loop {
            match self.shared.transport.fetch(&request, deadline).await {
                Ok(_) => break,
                Err(error) if error.kind() == ErrorKind::SandboxNotFound => break,
                Err(error) if error.kind() == ErrorKind::Conflict && pause < deadline.remaining() => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                Err(error) => return Err(error),
            }
        }
        self.note_state(SandboxState::Destroyed);
        Ok(())
    }

    /// Replaces all labels: `PUT /sandbox/{id}/labels`. Returns the new set.
    ///
    /// # Errors
    /// Those of every call to the control plane.
    pub async fn set_labels(
        &self,
        labels: BTreeMap<String, String>,
        deadline: Deadline,
    ) -> Result<BTreeMap<String, String>, Error> {
        let path = path::sandbox_action(self.id(), "labels");
        let request = Request::new(Service::Sandbox, Method::PUT, path, "set the labels")
            .about(self.id())
            .json(&SandboxLabels { labels });
        let answer: SandboxLabels = self.shared.transport.fetch(&request, deadline).await?.json().await?;
        self.change(|data| data.labels.clone_from(&answer.labels));
        Ok(answer.labels)
    }

    /// Sets after how many idle minutes it stops, 0 for never:
    /// `POST /sandbox/{id}/autostop/{minutes}`.
    ///
    /// # Errors
    /// Those of every call to the control plane.
    pub async fn set_auto_stop_interval(&self, minutes: u32, deadline: Deadline) -> Result<(), Error> {
        self.set_interval("autostop", i64::from(minutes), deadline).await?;
        self.change(|data| data.auto_stop_interval = Some(i64::from(minutes)));
        Ok(())
    }

    /// Sets after how many stopped minutes it is archived, 0 for the longest
    /// the service allows: `POST /sandbox/{id}/autoarchive/{minutes}`.
    ///
    /// # Errors
    /// Those of every call to the control plane.
    pub async fn set_auto_archive_interval(&self, minutes: u32, deadline: Deadline) -> Result<(), Error> {
        self.set_interval("autoarchive", i64::from(minutes), deadline).await?;
        self.change(|data| data.auto_archive_interval = Some(i64::from(minutes)));
        Ok(())
    }

    /// Sets after how many stopped minutes it is deleted; negative never, 0 as
    /// soon as it stops: `POST /sandbox/{id}/autodelete/{minutes}`.
    ///
    /// # Errors
    /// Those of every call to the control plane.
    pub async fn set_auto_delete_interval(&self, minutes: i64, deadline: Deadline) -> Result<(), Error> {
        self.set_interval("autodelete", minutes, deadline).await?;
        self.change(|data| data.auto_delete_interval = Some(minutes));
        Ok(())
    }

    /// The folder in which commands start: `GET /work-dir`.
    ///
    /// # Errors
    /// Those of every call to a sandbox.
    pub async fn work_dir(&self, deadline: Deadline) -> Result<String, Error> {
        self.dir(toolbox::WORK_DIR, "ask for the work folder", deadline).await
    }

    /// The home folder of the sandbox's user: `GET /user-home-dir`.
    ///
    /// # Errors
    /// Those of every call to a sandbox.
    pub async fn user_home_dir(&self, deadline: Deadline) -> Result<String, Error> {
        self.dir(toolbox::USER_HOME_DIR, "ask for the home folder", deadline).await
    }

    async fn dir(&self, path: &str, operation: &str, deadline: Deadline) -> Result<String, Error> {
        let request = Request::new(Service::Toolbox, Method::GET, path, operation).about(self.id());
        let answer: DirResponse = self.fetch(&request, deadline).await?.json().await?;
        Ok(answer.dir)
    }

    async fn act(&self, action: &str, operation: &str, deadline: Deadline) -> Result<(), Error> {
        let path = path::sandbox_action(self.id(), action);
        // Starting what is started and stopping what is stopped change nothing.
        let request =
            Request::new(Service::Sandbox, Method::POST, path, operation).about(self.id()).repeatable();
        let data = self.shared.transport.fetch(&request, deadline).await?.json().await?;
        self.store(data);
        Ok(())
    }

    async fn set_interval(&self, name: &str, minutes: i64, deadline: Deadline) -> Result<(), Error> {
        let path = path::sandbox_action(self.id(), &format!("{name}/{minutes}"));
        let request = Request::new(Service::Sandbox, Method::POST, path, "set an interval")
            .about(self.id())
            .repeatable();
        self.shared.transport.fetch(&request, deadline).await?;
        Ok(())
    }

    /// Sends a request to the toolbox and reads the whole answer.
    pub(crate) async fn fetch(&self, request: &Request, deadline: Deadline) -> Result<Response, Error> {
        let base = self.toolbox_base(deadline).await?;
        let sent = self.shared.transport.fetch_at(&base, request, deadline).await;
        self.settle(sent, deadline).await
    }

    /// Sends a request to the toolbox; the answer's body is read as it comes.
    pub(crate) async fn stream(
        &self,
        request: &Request,
        deadline: Deadline,
    ) -> Result<StreamedResponse, Error> {
        let base = self.toolbox_base(deadline).await?;
        let sent = self.shared.transport.stream_at(&base, request, deadline).await;
        self.settle(sent, deadline).await
    }

    /// The proxy says 401 for a sandbox that was deleted, 400 or 502 for one
    /// that is stopped: one look at the sandbox tells what it meant.
    async fn settle<T>(&self, sent: Result<T, Error>, deadline: Deadline) -> Result<T, Error> {
        let error = match sent {
            Err(error) if error.is_ambiguous() => error,
            other => return other,
        };
        let limit = deadline.remaining().min(LOOK_LIMIT);
        match self.refresh(Deadline::after(limit)).await {
            Ok(()) if self.is_deleted() => Err(self.gone(error)),
            Ok(()) if self.state() != SandboxState::Started => {
                let message = format!("the sandbox is not started, it is {}", self.state());
                Err(error.with_kind(ErrorKind::SandboxNotStarted, message))
            }
            Err(look) if look.kind() == ErrorKind::SandboxNotFound => Err(self.gone(error)),
            _ => Err(error),
        }
    }

    fn gone(&self, error: Error) -> Error {
        let message = format!("sandbox {} does not exist any more", self.id());
        error.with_kind(ErrorKind::SandboxNotFound, message)
    }

    async fn toolbox_base(&self, deadline: Deadline) -> Result<String, Error> {
        if let Some(url) = self.data().toolbox_proxy_url.filter(|url| !url.is_empty()) {
            return Ok(join(&url, self.id()));
        }
        // Services before 0.148 have to be asked. A failure is not kept.
        let base = self.shared.toolbox_base.get_or_try_init(|| async {
            let path = path::sandbox_action(self.id(), "toolbox-proxy-url");
            let request = Request::new(Service::Sandbox, Method::GET, path, "find the sandbox's toolbox")
                .about(self.id());
            let answer: ToolboxProxyUrl =
                self.shared.transport.fetch(&request, deadline).await?.json().await?;
            Ok(join(&answer.url, self.id()))
        });
        base.await.cloned()
    }

    pub(crate) fn note_state(&self, state: SandboxState) {
        self.change(|data| data.state = state);
    }

    fn store(&self, data: SandboxData) {
        // Some services answer a delete or an action with nothing of use.
        if data.id == self.shared.id {
            self.change(|old| *old = data);
        }
    }

    fn change(&self, change: impl FnOnce(&mut SandboxData)) {
        change(&mut self.shared.data.write().unwrap_or_else(PoisonError::into_inner));
    }
}

fn join(base: &str, id: &str) -> String {
    format!("{}/{}", base.trim_end_matches('/'), path::segment(id))
}
