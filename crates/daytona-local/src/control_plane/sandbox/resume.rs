//! Continues with the sandboxes of an earlier server.

use std::io;
use std::sync::Arc;

use daytona_api::control_plane::sandbox::SandboxState;
use futures_util::StreamExt as _;

use super::disk;
use super::registry::Entry;
use crate::control_plane::ControlPlane;

/// How many sandboxes are started at once.
const CONCURRENCY: usize = 8;

/// What has to be done with a sandbox.
enum Work {
    /// Its processes ended with the earlier server.
    Launch,
    /// The earlier server did not complete it.
    Delete,
}

impl ControlPlane {
    /// Adds the sandboxes that an earlier server kept in the folder. Waits until those that
    /// were started are started again; one that cannot be is in the state `error`.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub async fn resume(self: &Arc<Self>) -> io::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        let mut launches = Vec::new();
        for entry in store.load()? {
            let (entry, work) = self.adopt(entry);
            let id = entry.sandbox.id.clone();
            self.registry.lock().insert(entry);
            let plane = Arc::clone(self);
            match work {
                None => {}
                Some(Work::Launch) => launches.push(async move {
                    if let Err(failure) = plane.settle(&id, Arc::clone(&plane).launch(&id)).await {
                        tracing::warn!(
                            sandbox = id,
                            ?failure,
                            "cannot start a sandbox of the earlier server"
                        );
                    }
                }),
                Some(Work::Delete) => drop(self.work.spawn(async move { plane.remove(&id).await })),
            }
        }
        futures_util::stream::iter(launches).buffer_unordered(CONCURRENCY).collect::<()>().await;
        self.save().await
    }

    /// Replaces what belongs to the earlier server.
    fn adopt(&self, mut entry: Entry) -> (Entry, Option<Work>) {
        let sandbox = &mut entry.sandbox;
        sandbox.organization_id.clone_from(&self.organization_id);
        sandbox.runner_id = Some(self.runner_id.clone());
        sandbox.daemon_version = Some(env!("CARGO_PKG_VERSION").to_owned());
        sandbox.toolbox_proxy_url = Some(self.toolbox_url());
        sandbox.isolated_network = Some(self.has_own_networks());
        sandbox.isolation = Some(self.isolation.as_str().to_owned());
        // Whether its files are on a disk of its own does not change.
        sandbox.enforced_limits = Some(self.enforced_limits(disk::limit(sandbox).is_some()));
        let work = match sandbox.state {
            SandboxState::Started | SandboxState::Starting | SandboxState::Restoring => {
                sandbox.state = SandboxState::Starting;
                Some(Work::Launch)
            }
            SandboxState::Stopping => {
                sandbox.state = SandboxState::Stopped;
                None
            }
            SandboxState::Destroying => Some(Work::Delete),
            _ => None,
        };
        (entry, work)
    }
}
