//! The sandboxes and their states.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use daytona_api::control_plane::sandbox::Sandbox;
use daytona_sandbox_network::SharedPolicy;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::control_plane::api_failure::ApiFailure;
use crate::control_plane::clock::now;
use crate::control_plane::preview::previews::Previews;
use crate::control_plane::sandbox_token::SandboxToken;
use crate::control_plane::signed_url::SigningKey;
use crate::control_plane::toolbox_client::ToolboxClient;

use super::samples::Samples;

/// A sandbox and the server's data about it.
#[derive(Debug)]
pub(in crate::control_plane) struct Entry {
    /// The sandbox as clients see it.
    pub(in crate::control_plane) sandbox: Sandbox,
    /// Host user that owns its files; `None` when the server is not root.
    pub(in crate::control_plane) host_id: Option<u32>,
    /// Key of the signatures of its URLs.
    pub(in crate::control_plane) signing_key: SigningKey,
    /// Token that gives access to it without the API key.
    pub(in crate::control_plane) token: SandboxToken,
    /// Addresses of its programs.
    pub(in crate::control_plane) previews: Previews,
    /// Present while the sandbox is running.
    pub(in crate::control_plane) running: Option<Running>,
    /// Time of the last use.
    pub(in crate::control_plane) last_activity: Instant,
    /// Time of the last change of state.
    pub(in crate::control_plane) since: Instant,
    /// Number of requests in progress.
    pub(in crate::control_plane) open_requests: usize,
    /// Whether its record is up to date.
    pub(in crate::control_plane) is_saved: bool,
    /// What the sandbox used.
    pub(in crate::control_plane) samples: Samples,
}

/// Handles of a running sandbox, whose processes are owned by the watcher task.
#[derive(Debug)]
pub(in crate::control_plane) struct Running {
    pub(in crate::control_plane) toolbox: ToolboxClient,
    /// The policy of its network, if it has its own.
    pub(in crate::control_plane) policy: Option<SharedPolicy>,
    pub(in crate::control_plane) stop: oneshot::Sender<()>,
    pub(in crate::control_plane) watcher: JoinHandle<()>,
}

impl Entry {
    /// Records a use.
    pub(in crate::control_plane) fn touch(&mut self) {
        self.last_activity = Instant::now();
        self.sandbox.last_activity_at = Some(now());
        self.is_saved = false;
    }

    /// Records a change.
    pub(in crate::control_plane) fn changed(&mut self) {
        self.sandbox.updated_at = Some(now());
        self.is_saved = false;
    }
}

/// All sandboxes, by id.
#[derive(Debug, Default)]
pub(in crate::control_plane) struct Registry {
    entries: Mutex<HashMap<String, Entry>>,
}

/// The locked registry. Must not be held across an await.
pub(in crate::control_plane) struct Entries<'a>(MutexGuard<'a, HashMap<String, Entry>>);

impl Registry {
    pub(in crate::control_plane) fn lock(&self) -> Entries<'_> {
        // No change can panic half-way, so the map is consistent even when the
        // lock is poisoned.
        Entries(self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Entries<'_> {
    pub(in crate::control_plane) fn iter(&self) -> impl Iterator<Item = &Entry> + Clone {
        self.0.values()
    }

    pub(in crate::control_plane) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.0.values_mut()
    }

    /// Finds a sandbox by id, or else by name.
    pub(in crate::control_plane) fn find(&self, id_or_name: &str) -> Result<&Entry, ApiFailure> {
        self.0
            .get(id_or_name)
            .or_else(|| self.0.values().find(|entry| entry.sandbox.name == id_or_name))
            .ok_or_else(|| ApiFailure::sandbox_not_found(id_or_name))
    }

    /// Finds a sandbox by id, or else by name.
    pub(in crate::control_plane) fn find_mut(&mut self, id_or_name: &str) -> Result<&mut Entry, ApiFailure> {
        let id = self.find(id_or_name)?.sandbox.id.clone();
        self.by_id_mut(&id).ok_or_else(|| ApiFailure::sandbox_not_found(id_or_name))
    }

    /// Whether a sandbox runs as this user of the host.
    pub(in crate::control_plane) fn uses(&self, host_id: u32) -> bool {
        self.0.values().any(|entry| entry.host_id == Some(host_id))
    }

    pub(in crate::control_plane) fn by_id(&self, id: &str) -> Option<&Entry> {
        self.0.get(id)
    }

    pub(in crate::control_plane) fn by_id_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.0.get_mut(id)
    }

    pub(in crate::control_plane) fn insert(&mut self, entry: Entry) {
        self.0.insert(entry.sandbox.id.clone(), entry);
    }

    pub(in crate::control_plane) fn remove(&mut self, id: &str) -> Option<Entry> {
        self.0.remove(id)
    }
}

/// Counts a toolbox request as in progress until its response is complete or
/// dropped.
#[derive(Debug)]
pub(in crate::control_plane) struct OpenRequest {
    registry: Arc<Registry>,
    id: String,
    counts_as_activity: bool,
}

impl OpenRequest {
    pub(in crate::control_plane) fn begin(
        registry: &Arc<Registry>,
        id: &str,
        counts_as_activity: bool,
    ) -> Self {
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
