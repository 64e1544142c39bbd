//! Waiting for a state of a sandbox.

use std::time::Duration;

use daytona_api::control_plane::sandbox::SandboxState;

use super::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

pub(super) const FIRST_POLL: Duration = Duration::from_millis(20);
pub(super) const SLOWEST_POLL: Duration = Duration::from_secs(1);

impl Sandbox {
    /// Waits until the sandbox is started. Sends no request when it is, as last known.
    ///
    /// # Errors
    /// [`ErrorKind::SandboxFailed`] at a state from which it cannot start by itself,
    /// [`ErrorKind::Timeout`] at the deadline, and the errors of [`Sandbox::refresh`].
    pub async fn wait_until_started(&self, deadline: Deadline) -> Result<(), Error> {
        if self.state() != SandboxState::Started {
            self.refresh(deadline).await?;
        }
        self.wait_for(&[SandboxState::Started], "wait until the sandbox is started", deadline).await
    }

    /// Waits until the sandbox is stopped, or deleted. Sends no request when it is, as last
    /// known.
    ///
    /// # Errors
    /// The errors of [`Sandbox::wait_until_started`].
    pub async fn wait_until_stopped(&self, deadline: Deadline) -> Result<(), Error> {
        let wanted = [SandboxState::Stopped, SandboxState::Destroyed];
        if !wanted.contains(&self.state()) {
            match self.refresh(deadline).await {
                Err(error) if error.kind() == ErrorKind::SandboxNotFound => return Ok(()),
                other => other?,
            }
        }
        self.wait_for(&wanted, "wait until the sandbox is stopped", deadline).await
    }

    /// Polls the state, at increasing intervals, until it is one of `wanted`.
    ///
    /// # Errors
    /// [`ErrorKind::SandboxFailed`] at a state from which the wanted ones cannot be
    /// reached, [`ErrorKind::Timeout`] at the deadline.
    pub(crate) async fn wait_for(
        &self,
        wanted: &[SandboxState],
        operation: &str,
        deadline: Deadline,
    ) -> Result<(), Error> {
        self.wait_until(|state| wanted.contains(state), operation, deadline).await
    }

    /// Polls the state, at increasing intervals, until it is none of `before`, nor one
    /// of failure or deletion.
    ///
    /// # Errors
    /// [`ErrorKind::SandboxFailed`] at an error state or when the sandbox is deleted,
    /// [`ErrorKind::Timeout`] at the deadline.
    pub(super) async fn wait_while(
        &self,
        before: &[SandboxState],
        operation: &str,
        deadline: Deadline,
    ) -> Result<(), Error> {
        use SandboxState::{BuildFailed, Destroyed, Destroying, Error};
        let is_over = |state: &SandboxState| {
            !before.contains(state) && !matches!(state, Error | BuildFailed | Destroyed | Destroying)
        };
        self.wait_until(is_over, operation, deadline).await
    }

    async fn wait_until(
        &self,
        is_reached: impl Fn(&SandboxState) -> bool,
        operation: &str,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let may_be_deleted = is_reached(&SandboxState::Destroyed);
        let mut pause = FIRST_POLL;
        loop {
            let state = self.state();
            if is_reached(&state) {
                return Ok(());
            }
            if is_final(&state, may_be_deleted) {
                return Err(self.failed(operation, &state).with_cost(0, deadline.elapsed()));
            }
            if deadline.remaining() <= pause {
                let message =
                    format!("the sandbox is still {state} after {} s", deadline.limit().as_secs_f64());
                let error = Error::new(ErrorKind::Timeout, operation, message).with_sandbox(self.id());
                return Err(error.with_cost(0, deadline.elapsed()));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(SLOWEST_POLL);
            match self.refresh(deadline).await {
                Err(error) if error.kind() == ErrorKind::SandboxNotFound && may_be_deleted => {
                    self.set_state(SandboxState::Destroyed);
                }
                other => other?,
            }
        }
    }

    fn failed(&self, operation: &str, state: &SandboxState) -> Error {
        let reason = self.data().error_reason.unwrap_or_else(|| "the service gave no reason".to_owned());
        let message = format!("the sandbox entered the state {state}: {reason}");
        Error::new(ErrorKind::SandboxFailed, operation, message).with_sandbox(self.id())
    }
}

/// Returns whether the sandbox cannot reach another state from this one, but for being
/// deleted if that is wanted.
fn is_final(state: &SandboxState, may_be_deleted: bool) -> bool {
    match state {
        SandboxState::Error | SandboxState::BuildFailed | SandboxState::Destroyed => true,
        SandboxState::Destroying => !may_be_deleted,
        _ => false,
    }
}
