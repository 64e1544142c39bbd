//! Continues with the sandboxes of an earlier server.

use std::io;
use std::sync::Arc;

use futures_util::StreamExt as _;

use super::disk;
use super::registry::Entry;
use super::transition::{self, Unfinished};
use crate::control_plane::ControlPlane;

/// How many sandboxes are started at once.
const CONCURRENCY: usize = 8;

impl ControlPlane {
    /// Adds the sandboxes that an earlier server kept in the folder. Waits until those that
    /// were started are started again; one that cannot be is in the state `error`.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub async fn resume(self: &Arc<Self>) -> io::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        self.volumes.load()?;
        let mut launches = Vec::new();
        for entry in store.load()? {
            let unfinished = transition::resume(&self.registry, self.adopt(entry));
            let plane = Arc::clone(self);
            match unfinished {
                None => {}
                Some(Unfinished::Launch(launch)) => launches.push(async move {
                    let id = launch.id().to_owned();
                    if let Err(failure) = plane.complete(Arc::clone(&plane).launch(*launch)).await {
                        tracing::warn!(
                            sandbox = id,
                            %failure,
                            "cannot start a sandbox of the earlier server"
                        );
                    }
                }),
                Some(Unfinished::Removal(removal)) => {
                    self.work.spawn(async move { plane.remove(*removal).await });
                }
            }
        }
        futures_util::stream::iter(launches).buffer_unordered(CONCURRENCY).collect::<()>().await;
        self.save().await
    }

    /// Replaces what belongs to the earlier server.
    fn adopt(&self, mut entry: Entry) -> Entry {
        let sandbox = &mut entry.sandbox;
        sandbox.organization_id.clone_from(&self.organization_id);
        sandbox.runner_id = Some(self.runner_id.clone());
        sandbox.daemon_version = Some(env!("CARGO_PKG_VERSION").to_owned());
        sandbox.toolbox_proxy_url = Some(self.toolbox_url());
        sandbox.isolated_network = Some(self.has_own_networks());
        sandbox.isolation = Some(self.isolation.as_str().to_owned());
        // Whether its files are on a disk of its own does not change.
        sandbox.enforced_limits = Some(self.enforced_limits(disk::limit(sandbox).is_some()));
        entry
    }
}
