//! The limits of sandboxes' disks. Whether they can be enforced is found out when the first
//! sandbox asks for one.

use std::io;
use std::sync::Arc;

use daytona_api::control_plane::sandbox::{Sandbox, SandboxState};
use daytona_sandbox_init::{Isolation, SandboxFolder};

use crate::control_plane::ControlPlane;
use crate::control_plane::api_failure::ApiFailure;
use crate::isolation::cgroups::GIB;
use crate::isolation::detection::limits_disks;
use crate::isolation::disk;

/// The name of the limit for clients.
const DISK: &str = "disk";
/// The largest disk in GiB: the tables of a larger one take long to create.
const LARGEST: u32 = 16 * 1024;

/// Bytes of the sandbox's disk, if they are limited.
pub(in crate::control_plane) fn limit(sandbox: &Sandbox) -> Option<u64> {
    let is_limited = sandbox.enforced_limits.iter().flatten().any(|name| name == DISK);
    is_limited.then(|| u64::from(sandbox.disk) * GIB)
}

impl ControlPlane {
    /// The names of the limits that are enforced on a sandbox, which may have a limited disk.
    pub(super) fn enforced_limits(&self, has_disk: bool) -> Vec<String> {
        let groups = self.cgroups.enforced().into_iter();
        groups.chain(has_disk.then_some(DISK)).map(str::to_owned).collect()
    }

    /// Whether a disk of the requested size in GiB is one that is limited.
    pub(super) async fn limits_disk(self: &Arc<Self>, wanted: Option<u32>) -> Result<bool, ApiFailure> {
        let Some(size) = wanted.filter(|size| *size > 0) else { return Ok(false) };
        if !self.can_limit_disks().await {
            return Ok(false);
        }
        if size > LARGEST {
            return Err(ApiFailure::bad_request(format!(
                "Disk request {size}GB exceeds maximum allowed per sandbox ({LARGEST}GB)."
            )));
        }
        Ok(true)
    }

    /// Whether the disks of sandboxes can be limited.
    async fn can_limit_disks(self: &Arc<Self>) -> bool {
        if let Some(known) = self.limits_disks.get() {
            return *known;
        }
        let plane = Arc::clone(self);
        // A task of its own, which is completed when the client disconnects.
        let checked = self.work.spawn(async move {
            let detect = || limits_disks(plane.isolation, &plane.program, &plane.folder);
            *plane.limits_disks.get_or_init(detect).await
        });
        checked.await.unwrap_or(false)
    }

    /// Before the processes of a sandbox are stopped: what is deleted next need not be written.
    pub(super) async fn discard_if_deleted(&self, id: &str, guard: Option<u32>) {
        let is_deleted = {
            let entries = self.registry.lock();
            let entry = entries.by_id(id).filter(|entry| limit(&entry.sandbox).is_some());
            // A sandbox that is stopped while it is started is stopped with the server.
            entry.is_some_and(|entry| match entry.sandbox.state {
                SandboxState::Destroying => true,
                SandboxState::Started => self.store.is_none(),
                _ => false,
            })
        };
        if let Some(guard) = guard.filter(|_| is_deleted) {
            let folder = self.folder(id);
            let discarded = tokio::task::spawn_blocking(move || disk::discard(&folder, guard)).await;
            if let Err(error) = discarded.map_err(io::Error::other).flatten() {
                tracing::debug!(%error, sandbox = id, "the disk of a deleted sandbox is written");
            }
        }
    }

    /// Creates the folders of a sandbox, and its disk if that is limited.
    pub(super) async fn prepare_files(
        &self,
        sandbox: &Sandbox,
        folder: &SandboxFolder,
        host_id: Option<u32>,
    ) -> Result<(), String> {
        match limit(sandbox) {
            // It may be of an earlier server, with another isolation.
            Some(_) if self.isolation != Isolation::Namespaces => {
                Err("the limit of its disk requires isolation by namespaces".to_owned())
            }
            Some(size) => disk::prepare(folder, size)
                .await
                .map_err(|error| format!("cannot prepare its disk of {} GiB: {error}", sandbox.disk)),
            None => folder
                .prepare(self.isolation, host_id)
                .map_err(|error| format!("cannot create its folder: {error}")),
        }
    }
}
