//! Creating a sandbox, and cleaning up when that fails.

use std::collections::BTreeMap;
use std::time::Duration;

use daytona_api::path;
use daytona_api::sandbox::{CreateSandbox, SandboxState};
use http::Method;

use crate::background::clean_up;
use crate::classify::Service;
use crate::daytona::Daytona;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::request::Request;
use crate::sandbox::Sandbox;

/// The label that marks what one create call made, so that it can be found and
/// deleted when the answer to the call is lost.
pub const LEASE_LABEL: &str = "daytona-native/lease";

const OPERATION: &str = "create a sandbox";
const CLEAN_UP_LIMIT: Duration = Duration::from_secs(30);

impl Daytona {
    /// Creates a sandbox and waits until it runs: `POST /sandbox`, and nothing
    /// more when the answer says that it is started.
    ///
    /// Whatever fails, is cut off or dropped after the sandbox exists, it is
    /// deleted again; when that fails too, its id is in the error.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for settings that exclude each other,
    /// [`ErrorKind::ResourceLimit`] when a quota is used up,
    /// [`ErrorKind::SandboxFailed`] when it ends in an error state,
    /// [`ErrorKind::Timeout`] at the deadline, and those of every call.
    pub async fn create(&self, mut settings: CreateSandbox, deadline: Deadline) -> Result<Sandbox, Error> {
        check(&settings)?;
        if settings.target.is_none() {
            settings.target = self.target().map(str::to_owned);
        }
        let lease = uuid::Uuid::new_v4().to_string();
        settings.labels.insert(LEASE_LABEL.to_owned(), lease.clone());
        let mut guard = Guard { daytona: self.clone(), lease, state: Held::Asked };

        let sandbox = match self.send_create(&settings, deadline).await {
            Ok(sandbox) => sandbox,
            Err(error) => {
                if !may_have_created(&error) {
                    guard.state = Held::Nothing;
                }
                return Err(name_target(error, settings.target.as_deref()));
            }
        };
        guard.state = Held::Sandbox(sandbox.clone());
        let waited = sandbox.wait_for(&[SandboxState::Started], OPERATION, deadline).await;
        guard.state = Held::Nothing;
        match waited {
            Ok(()) => Ok(sandbox),
            Err(error) => Err(sandbox.abandon(error).await),
        }
    }

    async fn send_create(&self, settings: &CreateSandbox, deadline: Deadline) -> Result<Sandbox, Error> {
        let request =
            Request::new(Service::ControlPlane, Method::POST, path::SANDBOXES, OPERATION).json(settings);
        self.handle(self.transport.fetch(&request, deadline).await?).await
    }
}

impl Sandbox {
    /// Deletes a sandbox that nobody will hold since `error` happened, and
    /// returns the error, with the id in it when deleting fails too.
    pub async fn abandon(&self, error: Error) -> Error {
        let mut guard = AbandonOnDrop { sandbox: Some(self.clone()) };
        let deleted = self.delete(Deadline::after(CLEAN_UP_LIMIT)).await;
        guard.sandbox = None;
        match deleted {
            Ok(()) => error.and("The sandbox was deleted again"),
            Err(second) => error
                .and(&format!(
                    "Sandbox {} still exists, deleting it failed: {}. Delete it yourself",
                    self.id(),
                    second.message()
                ))
                .with_sandbox(self.id()),
        }
    }

    /// Deletes the sandbox in the background, for a caller that went away.
    pub fn abandon_in_background(&self) {
        let sandbox = self.clone();
        drop(clean_up(async move { sandbox.delete(Deadline::after(CLEAN_UP_LIMIT)).await }));
    }
}

struct AbandonOnDrop {
    sandbox: Option<Sandbox>,
}

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            sandbox.abandon_in_background();
        }
    }
}

/// What a create call has made so far.
enum Held {
    Nothing,
    /// The request was sent; its sandbox can be found by the lease alone.
    Asked,
    Sandbox(Sandbox),
}

struct Guard {
    daytona: Daytona,
    lease: String,
    state: Held,
}

impl Drop for Guard {
    fn drop(&mut self) {
        match &self.state {
            Held::Nothing => {}
            Held::Sandbox(sandbox) => sandbox.abandon_in_background(),
            Held::Asked => {
                drop(clean_up(delete_leased(self.daytona.clone(), std::mem::take(&mut self.lease))));
            }
        }
    }
}

/// Looks for a sandbox whose create call was cut off, and deletes it. The
/// service works on, and its list lags behind: it is asked several times.
async fn delete_leased(daytona: Daytona, lease: String) {
    let labels = BTreeMap::from([(LEASE_LABEL.to_owned(), lease)]);
    for pause in [100, 400, 1_500, 4_000, 8_000] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        match daytona.delete_all(&labels, Deadline::after(CLEAN_UP_LIMIT)).await {
            Ok(report) if report.deleted.is_empty() => {}
            // A service that cannot be reached or refuses has nothing to delete.
            Ok(_) => return,
            Err(error) if error.kind() == ErrorKind::Connection => {}
            Err(_) => return,
        }
    }
}

/// The service speaks of regions; who reads the error has set a target.
fn name_target(error: Error, target: Option<&str>) -> Error {
    match target {
        Some(target) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Forbidden) => {
            error.and(&format!("The option target asks for {target:?}"))
        }
        _ => error,
    }
}

/// Whether a sandbox may exist though the call failed.
fn may_have_created(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connection => !error.is_unsent(),
        // The service creates it, waits, and answers without an id.
        ErrorKind::SandboxFailed | ErrorKind::Timeout | ErrorKind::InvalidResponse => true,
        // Whichever hop failed, those behind it may have gone on.
        _ if error.status().is_some_and(|status| status >= 500) => true,
        _ => false,
    }
}

fn check(settings: &CreateSandbox) -> Result<(), Error> {
    let has_resources = settings.cpu.is_some()
        || settings.gpu.is_some()
        || settings.memory.is_some()
        || settings.disk.is_some();
    let message = if settings.build_info.is_some() && settings.snapshot.is_some() {
        "image and snapshot exclude each other; give one of them"
    } else if has_resources && settings.build_info.is_none() {
        "resources need an image: a sandbox made from a snapshot has the snapshot's resources"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::InvalidArgument, OPERATION, message))
}
