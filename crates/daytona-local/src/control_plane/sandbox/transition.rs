//! Which operation is allowed in which state, and the transitions between states.
//!
//! A transition reserves its sandbox: the state says what is being done, and other
//! operations are refused. It is a value of the kind of work that has to be done, which only
//! [`begin`], [`create`] and [`resume`] make, and ends in the one state that the work leads
//! to. When it is dropped before, because the work failed or panicked, the sandbox is in the
//! state `error`.

use std::sync::Arc;
use std::time::Instant;

use daytona_api::control_plane::sandbox::{Sandbox, SandboxState};
use http::StatusCode;

use super::registry::{Entries, Entry, Registry, Running};
use crate::control_plane::api_failure::ApiFailure;

/// Why a sandbox is in the state `error` whose work panicked.
pub(super) const FAULT: &str = "The local server failed; this is a fault in it";
/// Why a sandbox is in the state `error` that ended by itself.
const EXITED: &str = "The toolbox of the sandbox exited unexpectedly";

/// What clients, and timers, ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Start,
    Recover,
    Stop,
    Archive,
    Delete,
    /// Changes what the sandbox may do.
    Configure,
}

/// What an operation does to a sandbox in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// Nothing: the sandbox is as it is wanted.
    Keep,
    /// Sets a state at once.
    Set(SandboxState),
    /// Starts the processes. Until then the sandbox is in this state.
    Launch(SandboxState),
    /// Ends the processes.
    Halt,
    /// Removes the sandbox.
    Remove,
    Refuse(Refusal),
}

/// Why an operation is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Busy,
    Errored,
    NotRecoverable,
    NotStarted,
    NotStopped,
    Ephemeral,
}

impl From<Refusal> for ApiFailure {
    fn from(refusal: Refusal) -> Self {
        let (status, message) = match refusal {
            Refusal::Busy => (StatusCode::CONFLICT, "Sandbox state change in progress"),
            Refusal::Errored => (StatusCode::BAD_REQUEST, "Sandbox is in an errored state"),
            Refusal::NotRecoverable => {
                (StatusCode::BAD_REQUEST, "Sandbox is not in a recoverable error state")
            }
            Refusal::NotStarted => (StatusCode::BAD_REQUEST, "Sandbox is not started"),
            Refusal::NotStopped => (StatusCode::BAD_REQUEST, "Sandbox is not stopped"),
            Refusal::Ephemeral => (StatusCode::BAD_REQUEST, "Ephemeral sandboxes cannot be archived"),
        };
        Self::new(status, message)
    }
}

/// The table of all operations. In a state that is not named the sandbox is busy.
fn rule(operation: Operation, sandbox: &Sandbox) -> Rule {
    use Operation::{Archive, Configure, Delete, Recover, Start, Stop};
    use SandboxState::{Archived, Error, Restoring, Started, Starting, Stopped};
    let is_ephemeral = sandbox.auto_delete_interval == Some(0);
    let is_recoverable = sandbox.recoverable == Some(true);
    match (operation, &sandbox.state) {
        (Start, Started) => Rule::Keep,
        (Start, Stopped) => Rule::Launch(Starting),
        (Start, Archived) => Rule::Launch(Restoring),
        (Recover, Error) if is_recoverable => Rule::Launch(Starting),
        (Recover, Started | Stopped | Archived | Error) => Rule::Refuse(Refusal::NotRecoverable),
        (Stop, Started) if is_ephemeral => Rule::Remove,
        (Stop, Started) => Rule::Halt,
        (Stop, Stopped | Archived) => Rule::Refuse(Refusal::NotStarted),
        (Archive, Stopped) if is_ephemeral => Rule::Refuse(Refusal::Ephemeral),
        (Archive, Stopped) => Rule::Set(Archived),
        (Archive, Started | Archived) => Rule::Refuse(Refusal::NotStopped),
        (Delete, Started | Stopped | Archived | Error) => Rule::Remove,
        (Configure, Started | Stopped | Archived | Error) => Rule::Keep,
        (Start | Stop | Archive, Error) => Rule::Refuse(Refusal::Errored),
        _ => Rule::Refuse(Refusal::Busy),
    }
}

/// Checks that a sandbox allows an operation now.
///
/// # Errors
/// When its state does not allow it.
pub(super) fn check(operation: Operation, sandbox: &Sandbox) -> Result<(), ApiFailure> {
    match rule(operation, sandbox) {
        Rule::Refuse(refusal) => Err(refusal.into()),
        _ => Ok(()),
    }
}

/// What an operation leads to.
#[derive(Debug)]
pub(super) enum Begun {
    /// Nothing has to be done: the sandbox as it is now.
    Done(Sandbox),
    Launch(Launch),
    Halt(Halt),
    Removal(Removal),
}

/// Reserves a sandbox for an operation.
///
/// # Errors
/// When the sandbox does not exist, or its state does not allow the operation.
pub(super) fn begin(
    registry: &Arc<Registry>,
    id_or_name: &str,
    operation: Operation,
) -> Result<Begun, ApiFailure> {
    let mut entries = registry.lock();
    let entry = entries.find_mut(id_or_name)?;
    let busy = |entry: &Entry, is_recoverable| Busy::new(registry, entry, is_recoverable);
    Ok(match rule(operation, &entry.sandbox) {
        Rule::Refuse(refusal) => return Err(refusal.into()),
        Rule::Keep => Begun::Done(entry.sandbox.clone()),
        Rule::Set(state) => {
            entry.sandbox.desired_state = Some(state.as_str().to_owned());
            entry.set_state(state);
            Begun::Done(entry.sandbox.clone())
        }
        Rule::Launch(through) => {
            entry.set_state(through);
            Begun::Launch(Launch(busy(entry, true)))
        }
        Rule::Halt => {
            entry.set_state(SandboxState::Stopping);
            entry.sandbox.desired_state = Some("stopped".to_owned());
            Begun::Halt(Halt { running: entry.running.take(), busy: busy(entry, true) })
        }
        Rule::Remove => {
            entry.set_state(SandboxState::Destroying);
            entry.sandbox.desired_state = Some("destroyed".to_owned());
            // The name can be used again at once.
            let now = jiff::Timestamp::now().as_millisecond();
            entry.sandbox.name = format!("DESTROYED_{}_{now}", entry.sandbox.name);
            Begun::Removal(Removal { running: entry.running.take(), busy: busy(entry, false) })
        }
    })
}

/// Adds a sandbox in the state `creating`, which `entry` makes while the registry is locked.
///
/// # Errors
/// When `entry` fails.
pub(super) fn create(
    registry: &Arc<Registry>,
    entry: impl FnOnce(&Entries<'_>) -> Result<Entry, ApiFailure>,
) -> Result<Launch, ApiFailure> {
    let mut entries = registry.lock();
    let entry = entry(&entries)?;
    let launch = Launch(Busy::new(registry, &entry, true));
    entries.insert(entry);
    Ok(launch)
}

/// What an earlier server has not completed.
#[derive(Debug)]
pub(super) enum Unfinished {
    /// Its processes ended with that server.
    Launch(Box<Launch>),
    Removal(Box<Removal>),
}

/// Adds a sandbox of an earlier server.
pub(super) fn resume(registry: &Arc<Registry>, mut entry: Entry) -> Option<Unfinished> {
    use SandboxState::{Destroying, Restoring, Started, Starting, Stopped, Stopping};
    let unfinished = match entry.sandbox.state {
        Started | Starting | Restoring => {
            entry.sandbox.state = Starting;
            Some(Unfinished::Launch(Box::new(Launch(Busy::new(registry, &entry, true)))))
        }
        Stopping => {
            entry.sandbox.state = Stopped;
            None
        }
        Destroying => {
            let busy = Busy::new(registry, &entry, false);
            Some(Unfinished::Removal(Box::new(Removal { running: None, busy })))
        }
        _ => None,
    };
    registry.lock().insert(entry);
    unfinished
}

/// Records that the processes of a started sandbox ended by themselves.
pub(super) fn exited(registry: &Registry, id: &str) {
    if let Some(entry) = registry.lock().by_id_mut(id)
        && entry.sandbox.state == SandboxState::Started
    {
        entry.running = None;
        entry.fail(EXITED.to_owned(), true);
    }
}

/// A sandbox whose processes are being started.
#[derive(Debug)]
pub(super) struct Launch(Busy);

impl Launch {
    /// The sandbox's id.
    pub(super) fn id(&self) -> &str {
        &self.0.sandbox.id
    }

    /// They run.
    pub(super) fn finish(self, running: Running) -> Result<Sandbox, ApiFailure> {
        self.0.finish(|entry| {
            entry.running = Some(running);
            entry.sandbox.error_reason = None;
            entry.sandbox.recoverable = Some(false);
            entry.sandbox.desired_state = Some("started".to_owned());
            entry.set_state(SandboxState::Started);
        })
    }

    /// They could not be started.
    pub(super) fn fail(mut self, reason: String) -> ApiFailure {
        let failure = ApiFailure::bad_request(format!("Sandbox failed to start: {reason}"));
        self.0.reason = reason;
        failure
    }
}

/// A sandbox whose processes are being ended.
#[derive(Debug)]
pub(super) struct Halt {
    /// The processes. They also end when this is dropped.
    pub(super) running: Option<Running>,
    busy: Busy,
}

impl Halt {
    /// They have ended.
    pub(super) fn finish(self) -> Result<Sandbox, ApiFailure> {
        self.busy.finish(|entry| entry.set_state(SandboxState::Stopped))
    }
}

/// A sandbox that is being deleted.
#[derive(Debug)]
pub(super) struct Removal {
    /// The processes. They also end when this is dropped.
    pub(super) running: Option<Running>,
    busy: Busy,
}

impl Removal {
    /// The sandbox as it was at the beginning.
    pub(super) fn sandbox(&self) -> &Sandbox {
        &self.busy.sandbox
    }

    /// Nothing is left of it.
    pub(super) fn finish(mut self) {
        self.busy.has_ended = true;
        self.busy.registry.lock().remove(&self.busy.sandbox.id);
    }
}

/// A sandbox in a transitional state, until this is finished or dropped.
#[derive(Debug)]
struct Busy {
    registry: Arc<Registry>,
    sandbox: Sandbox,
    /// Whether the sandbox can be started again after a failure.
    is_recoverable: bool,
    /// Why it fails, unless it is finished.
    reason: String,
    has_ended: bool,
}

impl Busy {
    fn new(registry: &Arc<Registry>, entry: &Entry, is_recoverable: bool) -> Self {
        Self {
            registry: Arc::clone(registry),
            sandbox: entry.sandbox.clone(),
            is_recoverable,
            reason: FAULT.to_owned(),
            has_ended: false,
        }
    }

    fn finish(mut self, end: impl FnOnce(&mut Entry)) -> Result<Sandbox, ApiFailure> {
        // Declared after `self`, and so unlocked before it is dropped.
        let mut entries = self.registry.lock();
        let entry = entries.find_mut(&self.sandbox.id)?;
        end(entry);
        let sandbox = entry.sandbox.clone();
        drop(entries);
        self.has_ended = true;
        Ok(sandbox)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        if let Some(entry) = self.registry.lock().by_id_mut(&self.sandbox.id) {
            entry.fail(std::mem::take(&mut self.reason), self.is_recoverable);
        }
    }
}

impl Entry {
    /// Sets the state and updates all timestamps.
    fn set_state(&mut self, state: SandboxState) {
        self.sandbox.state = state;
        self.since = Instant::now();
        self.touch();
        self.changed();
    }

    fn fail(&mut self, reason: String, is_recoverable: bool) {
        self.sandbox.error_reason = Some(reason);
        self.sandbox.recoverable = Some(is_recoverable);
        self.set_state(SandboxState::Error);
    }
}

#[cfg(test)]
#[path = "transition_tests.rs"]
mod tests;
