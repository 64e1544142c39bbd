//! Limits on the resources of all sandboxes together.

use daytona_api::control_plane::sandbox::Sandbox;

use crate::control_plane::api_failure::ApiFailure;

/// Maximum totals; `None` is unlimited.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quota {
    /// Number of sandboxes.
    pub sandboxes: Option<u32>,
    /// CPU cores of all sandboxes that are not stopped or archived.
    pub cpu: Option<u32>,
    /// Memory in GiB of all sandboxes that are not stopped or archived.
    pub memory: Option<u32>,
    /// Disk in GiB of all sandboxes that are not archived.
    pub disk: Option<u32>,
}

const HINT: &str = "Delete sandboxes that you no longer need, or start the local server with a higher limit.";

impl Quota {
    /// Checks that `wanted` can be added to the existing sandboxes.
    ///
    /// # Errors
    /// When a limit is exceeded. The messages are the service's, because clients
    /// recognize a quota by them.
    pub(in crate::control_plane) fn admit<'a>(
        &self,
        existing: impl Iterator<Item = &'a Sandbox> + Clone,
        wanted: &Sandbox,
    ) -> Result<(), ApiFailure> {
        let running =
            existing.clone().filter(|sandbox| !matches!(sandbox.state.as_str(), "stopped" | "archived"));
        let kept = existing.clone().filter(|sandbox| sandbox.state.as_str() != "archived");
        let sum = |each: &mut dyn Iterator<Item = u32>| each.fold(0_u32, u32::saturating_add);
        let cpu = sum(&mut running.clone().map(|sandbox| sandbox.cpu)).saturating_add(wanted.cpu);
        let memory = sum(&mut running.map(|sandbox| sandbox.memory)).saturating_add(wanted.memory);
        let disk = sum(&mut kept.map(|sandbox| sandbox.disk)).saturating_add(wanted.disk);
        let count = u32::try_from(existing.count()).unwrap_or(u32::MAX).saturating_add(1);
        let checks = [
            (self.cpu, cpu, "Total CPU limit exceeded. Maximum allowed: ", "."),
            (self.memory, memory, "Total memory limit exceeded. Maximum allowed: ", "GiB."),
            (self.disk, disk, "Total disk limit exceeded. Maximum allowed: ", "GiB."),
            (self.sandboxes, count, "Total sandbox limit exceeded. Maximum allowed: ", "."),
        ];
        match checks.into_iter().find_map(|(limit, used, text, unit)| {
            limit.filter(|limit| used > *limit).map(|limit| format!("{text}{limit}{unit}\n{HINT}"))
        }) {
            Some(text) => Err(ApiFailure::bad_request(text)),
            None => Ok(()),
        }
    }
}
