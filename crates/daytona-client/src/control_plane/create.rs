//! Creating a sandbox, and deleting it when creation fails.

use std::collections::BTreeMap;
use std::time::Duration;

use daytona_api::control_plane::sandbox::{self, CreateSandbox, SandboxState};

use super::daytona::Daytona;
use super::sandbox::Sandbox;
use crate::cleanup::clean_up;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

/// The label that identifies the sandbox of one create call, so that it can be
/// found and deleted when the response to the call is lost.
pub const LEASE_LABEL: &str = "daytona-native/lease";

const CLEAN_UP_LIMIT: Duration = Duration::from_secs(30);
/// Statuses of proxies, behind which the service may still create the sandbox.
const GATEWAY: [u16; 2] = [502, 504];
/// Pauses before each search for a sandbox that the service may still create.
const WITHOUT_RESPONSE: &[u64] = &[100, 400, 1_500, 4_000, 8_000];
/// The same once the service has responded with an error: its list may be delayed.
const AFTER_RESPONSE: &[u64] = &[100, 400, 1_500];

impl Daytona {
    /// Creates a sandbox and waits until it is started: `POST /sandbox`, which is
    /// the only request when the response says that the sandbox is started.
    ///
    /// When the call fails or is dropped after the sandbox exists, the sandbox is
    /// deleted; when that fails too, the error contains its id.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for settings that cannot be combined,
    /// [`ErrorKind::ResourceLimit`] when a quota is exceeded,
    /// [`ErrorKind::SandboxFailed`] when the sandbox enters an error state,
    /// [`ErrorKind::Timeout`] at the deadline, and the errors of every call.
    pub async fn create(&self, settings: CreateSandbox, deadline: Deadline) -> Result<Sandbox, Error> {
        Ok(self.create_unclaimed(settings, deadline).await?.claim())
    }

    /// Like [`Daytona::create`], for a caller that may be dropped before it
    /// receives the result: the sandbox is deleted unless it is claimed.
    ///
    /// # Errors
    /// Those of [`Daytona::create`].
    pub async fn create_unclaimed(
        &self,
        mut settings: CreateSandbox,
        deadline: Deadline,
    ) -> Result<Unclaimed<Sandbox>, Error> {
        check(&settings)?;
        if settings.target.is_none() {
            settings.target = self.target().map(str::to_owned);
        }
        let lease = uuid::Uuid::new_v4().to_string();
        settings.labels.insert(LEASE_LABEL.to_owned(), lease.clone());
        let mut guard = DeleteLeasedOnDrop { daytona: self.clone(), lease: Some(lease), has_response: false };

        let sandbox = match self.send_create(&settings, deadline).await {
            Ok(sandbox) => sandbox,
            Err(error) => {
                if !may_have_created(&error) {
                    guard.lease = None;
                }
                guard.has_response = error.status().is_some_and(|status| !GATEWAY.contains(&status));
                return Err(with_target(error, settings.target.as_deref()));
            }
        };
        guard.lease = None;
        let created = Unclaimed::new(sandbox.clone(), sandbox.clone());
        match sandbox.wait_for(&[SandboxState::Started], sandbox::CREATE.name, deadline).await {
            Ok(()) => Ok(created),
            Err(error) => Err(created.delete_after(error).await),
        }
    }

    async fn send_create(&self, settings: &CreateSandbox, deadline: Deadline) -> Result<Sandbox, Error> {
        self.handle(self.transport.call(&sandbox::CREATE).json(settings).fetch(deadline).await?).await
    }
}

/// A new sandbox, or a value derived from it. The sandbox is deleted in the
/// background unless the value is claimed.
pub struct Unclaimed<T> {
    value: T,
    guard: DeleteOnDrop,
}

struct DeleteOnDrop(Option<Sandbox>);

impl Drop for DeleteOnDrop {
    fn drop(&mut self) {
        if let Some(sandbox) = self.0.take() {
            drop(clean_up(async move { sandbox.delete(Deadline::after(CLEAN_UP_LIMIT)).await }));
        }
    }
}

impl<T> Unclaimed<T> {
    fn new(value: T, sandbox: Sandbox) -> Self {
        Self { value, guard: DeleteOnDrop(Some(sandbox)) }
    }

    /// Returns the value without claiming it.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Converts the value without claiming it.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Unclaimed<U> {
        Unclaimed { value: make(self.value), guard: self.guard }
    }

    /// Claims the value: the sandbox is kept.
    pub fn claim(mut self) -> T {
        self.guard.0 = None;
        self.value
    }

    /// Deletes the sandbox because of `error` and returns the error, which
    /// contains the sandbox's id when deleting fails too.
    pub async fn delete_after(mut self, error: Error) -> Error {
        let Some(sandbox) = self.guard.0.clone() else { return error };
        let deleted = sandbox.delete(Deadline::after(CLEAN_UP_LIMIT)).await;
        self.guard.0 = None;
        match deleted {
            Ok(()) => error.with_detail("The sandbox was deleted"),
            Err(second) => error
                .with_detail(&format!(
                    "Sandbox {} still exists because deleting it failed: {}. Delete it manually",
                    sandbox.id(),
                    second.message()
                ))
                .with_sandbox(sandbox.id()),
        }
    }
}

/// Finds and deletes the sandbox of a create call whose response was lost.
struct DeleteLeasedOnDrop {
    daytona: Daytona,
    lease: Option<String>,
    /// Whether the service itself has responded, and so does nothing more.
    has_response: bool,
}

impl Drop for DeleteLeasedOnDrop {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            let pauses = if self.has_response { AFTER_RESPONSE } else { WITHOUT_RESPONSE };
            drop(clean_up(delete_leased(self.daytona.clone(), lease, pauses)));
        }
    }
}

/// Finds and deletes the sandbox of an interrupted create call. Searches after each
/// of the pauses, in milliseconds, because the service's list is delayed.
async fn delete_leased(daytona: Daytona, lease: String, pauses: &[u64]) {
    let labels = BTreeMap::from([(LEASE_LABEL.to_owned(), lease)]);
    for pause in pauses {
        tokio::time::sleep(Duration::from_millis(*pause)).await;
        match daytona.delete_all(&labels, Deadline::after(CLEAN_UP_LIMIT)).await {
            Ok(report) if report.deleted.is_empty() => {}
            // Only a failed connection is worth another attempt.
            Ok(_) => return,
            Err(error) if error.kind().is_connection() => {}
            Err(_) => return,
        }
    }
}

/// Adds the target to an error: the service mentions a region, but the option is
/// named target.
fn with_target(error: Error, target: Option<&str>) -> Error {
    match target {
        Some(target) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Forbidden) => {
            error.with_detail(&format!("The option target is {target:?}"))
        }
        _ => error,
    }
}

/// Returns whether a sandbox may exist although the call failed.
fn may_have_created(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connection | ErrorKind::ConnectionTimeout => !error.is_unsent(),
        // The service created it and waited, but returned no id.
        ErrorKind::SandboxFailed | ErrorKind::Timeout | ErrorKind::InvalidResponse => true,
        // Servers behind the one that failed may have completed the request.
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
        "image and snapshot cannot be combined. Pass only one of them"
    } else if has_resources && settings.build_info.is_none() {
        "resources require an image, because a sandbox that is created from a snapshot has the snapshot's resources. Pass image, or omit resources"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::InvalidArgument, sandbox::CREATE.name, message))
}
