//! Limits on what sandboxes may ask for, all together.

use daytona_api::sandbox::Sandbox;

use super::api_failure::ApiFailure;

/// The totals; absent ones do not limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quota {
    /// Sandboxes.
    pub sandboxes: Option<u32>,
    /// Cores of all sandboxes that are not stopped.
    pub cpu: Option<u32>,
    /// GiB of memory of all sandboxes that are not stopped.
    pub memory: Option<u32>,
    /// GiB of disk of all sandboxes that are not archived.
    pub disk: Option<u32>,
}

const HINT: &str = "Delete sandboxes that are not needed, or start the local server with a higher limit.";

impl Quota {
    /// Whether `wanted` fits beside the sandboxes that are there.
    ///
    /// # Errors
    /// The service's own texts: clients know a quota by them.
    pub(super) fn admit<'a>(
        &self,
        existing: impl Iterator<Item = &'a Sandbox> + Clone,
        wanted: &Sandbox,
    ) -> Result<(), ApiFailure> {
        let running = existing.clone().filter(|one| !matches!(one.state.as_str(), "stopped" | "archived"));
        let kept = existing.clone().filter(|one| one.state.as_str() != "archived");
        let sum = |each: &mut dyn Iterator<Item = u32>| each.fold(0_u32, u32::saturating_add);
        let cpu = sum(&mut running.clone().map(|one| one.cpu)).saturating_add(wanted.cpu);
        let memory = sum(&mut running.map(|one| one.memory)).saturating_add(wanted.memory);
        let disk = sum(&mut kept.map(|one| one.disk)).saturating_add(wanted.disk);
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
