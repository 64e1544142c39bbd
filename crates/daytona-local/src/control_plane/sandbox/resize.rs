//! Changing the resources of a sandbox.

use daytona_api::control_plane::sandbox::{ResizeSandbox, Sandbox, SandboxState};

use super::transition::{self, Operation};
use crate::control_plane::ControlPlane;
use crate::control_plane::api_failure::ApiFailure;
use crate::isolation::cgroups::Limits;

impl ControlPlane {
    /// `POST /sandbox/{s}/resize`: limits of a running sandbox change at once, the disk and
    /// what its metrics show when it starts the next time.
    pub(in crate::control_plane) fn resize(
        &self,
        id_or_name: &str,
        wanted: ResizeSandbox,
    ) -> Result<Sandbox, ApiFailure> {
        let mut entries = self.registry.lock();
        let before = entries.find(id_or_name)?.sandbox.clone();
        transition::check(Operation::Configure, &before)?;
        let after = resized(&before, wanted)?;
        let others = entries.iter().map(|entry| &entry.sandbox).filter(|sandbox| sandbox.id != before.id);
        self.quota.admit(others, &after)?;
        if before.state == SandboxState::Started {
            let limits = Limits { cpu: after.cpu, memory: after.memory };
            let set = self.cgroups.create_for(&before.id, limits);
            set.map_err(|error| ApiFailure::bad_request(format!("The limits cannot be changed: {error}")))?;
        }
        let entry = entries.find_mut(&before.id)?;
        entry.sandbox = after;
        entry.changed();
        entry.touch();
        Ok(entry.sandbox.clone())
    }
}

/// Returns the sandbox with other resources.
///
/// # Errors
/// When nothing changes, or the change is not allowed in its state.
fn resized(sandbox: &Sandbox, wanted: ResizeSandbox) -> Result<Sandbox, ApiFailure> {
    let refuse = |message: &str| Err(ApiFailure::bad_request(message));
    let ResizeSandbox { cpu, memory, disk } = wanted;
    if [cpu, memory, disk].contains(&Some(0)) {
        return refuse("cpu, memory and disk must not be less than 1");
    }
    let is_running = sandbox.state == SandboxState::Started;
    let is_less = |wanted: Option<u32>, current: u32| wanted.is_some_and(|wanted| wanted < current);
    let is_other = |wanted: Option<u32>, current: u32| wanted.is_some_and(|wanted| wanted != current);
    if is_less(disk, sandbox.disk) {
        return refuse("The disk of a sandbox cannot be reduced");
    }
    if is_running && is_other(disk, sandbox.disk) {
        return refuse("The disk can be changed only while the sandbox is stopped");
    }
    if is_running && (is_less(cpu, sandbox.cpu) || is_less(memory, sandbox.memory)) {
        return refuse("CPU and memory can be reduced only while the sandbox is stopped");
    }
    let after = Sandbox {
        cpu: cpu.unwrap_or(sandbox.cpu),
        memory: memory.unwrap_or(sandbox.memory),
        disk: disk.unwrap_or(sandbox.disk),
        ..sandbox.clone()
    };
    if (after.cpu, after.memory, after.disk) == (sandbox.cpu, sandbox.memory, sandbox.disk) {
        return refuse("The sandbox already has these resources");
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_change_depends_on_the_state() {
        let of = |cpu, memory, disk| ResizeSandbox { cpu, memory, disk };
        for (state, wanted, expected) in [
            (SandboxState::Started, of(Some(4), None, None), Ok((4, 2, 3))),
            (SandboxState::Started, of(None, Some(8), Some(3)), Ok((2, 8, 3))),
            (SandboxState::Started, of(Some(1), None, None), Err("CPU and memory")),
            (SandboxState::Started, of(None, Some(1), None), Err("CPU and memory")),
            (SandboxState::Started, of(None, None, Some(4)), Err("only while the sandbox is stopped")),
            (SandboxState::Stopped, of(Some(1), Some(1), Some(4)), Ok((1, 1, 4))),
            (SandboxState::Stopped, of(None, None, Some(2)), Err("cannot be reduced")),
            (SandboxState::Stopped, of(Some(2), Some(2), Some(3)), Err("already has")),
            (SandboxState::Stopped, of(None, None, None), Err("already has")),
            (SandboxState::Stopped, of(Some(0), None, None), Err("less than 1")),
        ] {
            let sandbox = Sandbox { state, cpu: 2, memory: 2, disk: 3, ..Sandbox::default() };
            match (resized(&sandbox, wanted), expected) {
                (Ok(after), Ok(expected)) => assert_eq!((after.cpu, after.memory, after.disk), expected),
                (Err(failure), Err(part)) => assert!(failure.to_string().contains(part), "{failure}"),
                (seen, _) => panic!("{wanted:?}: {seen:?}"),
            }
        }
    }
}
