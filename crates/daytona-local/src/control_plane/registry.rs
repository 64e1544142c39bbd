//! The sandboxes that exist, and what each is doing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use daytona_api::sandbox::{Sandbox, SandboxState};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::api_failure::ApiFailure;
use super::clock::now;
use super::toolbox_client::ToolboxClient;

/// A sandbox and what the server holds for it.
#[derive(Debug)]
pub(super) struct Entry {
    /// What clients see.
    pub(super) sandbox: Sandbox,
    /// Host user that owns its files; none when the server is not root.
    pub(super) host_id: Option<u32>,
    /// Present while it runs.
    pub(super) running: Option<Running>,
    /// When it was last used.
    pub(super) last_activity: Instant,
    /// When it came into the state it is in.
    pub(super) since: Instant,
    /// Requests of its toolbox that are under way.
    pub(super) open_requests: usize,
}

/// A running sandbox as the registry knows it: the processes belong to a task
/// of their own.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) toolbox: ToolboxClient,
    pub(super) stop: oneshot::Sender<()>,
    pub(super) keeper: JoinHandle<()>,
}

impl Entry {
    /// Sets the state and with it all times that follow from it.
    pub(super) fn set_state(&mut self, state: SandboxState) {
        self.sandbox.state = state;
        self.since = Instant::now();
        self.touch();
        self.changed();
    }

    /// Marks it as used now.
    pub(super) fn touch(&mut self) {
        self.last_activity = Instant::now();
        self.sandbox.last_activity_at = Some(now());
    }

    /// Marks it as changed now.
    pub(super) fn changed(&mut self) {
        self.sandbox.updated_at = Some(now());
    }

    /// Whether an operation has it.
    pub(super) fn is_busy(&self) -> bool {
        !matches!(
            self.sandbox.state,
            SandboxState::Started | SandboxState::Stopped | SandboxState::Archived | SandboxState::Error
        )
    }
}

/// All sandboxes, by id.
#[derive(Debug, Default)]
pub(super) struct Registry {
    entries: Mutex<HashMap<String, Entry>>,
}

/// The registry, locked. Never held over an await.
pub(super) struct Entries<'a>(MutexGuard<'a, HashMap<String, Entry>>);

impl Registry {
    pub(super) fn lock(&self) -> Entries<'_> {
        // Nothing panics half-way through a change; a poisoned map is whole.
        Entries(self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Entries<'_> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> + Clone {
        self.0.values()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.0.values_mut()
    }

    /// By id, else by name.
    pub(super) fn find(&self, id_or_name: &str) -> Result<&Entry, ApiFailure> {
        self.0
            .get(id_or_name)
            .or_else(|| self.0.values().find(|entry| entry.sandbox.name == id_or_name))
            .ok_or_else(|| ApiFailure::no_sandbox(id_or_name))
    }

    /// By id, else by name.
    pub(super) fn find_mut(&mut self, id_or_name: &str) -> Result<&mut Entry, ApiFailure> {
        let id = self.find(id_or_name)?.sandbox.id.clone();
        self.by_id_mut(&id).ok_or_else(|| ApiFailure::no_sandbox(id_or_name))
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&Entry> {
        self.0.get(id)
    }

    pub(super) fn by_id_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.0.get_mut(id)
    }

    pub(super) fn insert(&mut self, entry: Entry) {
        self.0.insert(entry.sandbox.id.clone(), entry);
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Entry> {
        self.0.remove(id)
    }
}

/// Counts a request of a toolbox for as long as it, or its answer, lasts.
#[derive(Debug)]
pub(super) struct OpenRequest {
    registry: Arc<Registry>,
    id: String,
    counts_as_activity: bool,
}

impl OpenRequest {
    pub(super) fn begin(registry: &Arc<Registry>, id: &str, counts_as_activity: bool) -> Self {
        if counts_as_activity && let Some(entry) = registry.lock().by_id_mut(id) {
            entry.open_requests += 1;
            entry.touch();
        }
        Self { registry: Arc::clone(registry), id: id.to_owned(), counts_as_activity }
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        if self.counts_as_activity
            && let Some(entry) = self.registry.lock().by_id_mut(&self.id)
        {
            entry.open_requests = entry.open_requests.saturating_sub(1);
            entry.touch();
        }
    }
}
