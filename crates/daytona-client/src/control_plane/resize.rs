//! Changing the resources of a sandbox.

use daytona_api::control_plane::sandbox::{self, ResizeSandbox, SandboxState};

use super::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

impl Sandbox {
    /// Changes the resources of the sandbox and waits until they are changed:
    /// `POST /sandbox/{id}/resize`. The processors and the memory of a started sandbox can
    /// be increased; those of a stopped one be reduced too, and its disk be increased.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] when no resource or 0 is given,
    /// [`ErrorKind::BadRequest`] when the service does not allow the change, and the errors
    /// of [`Sandbox::wait_until_resized`].
    pub async fn resize(&self, resources: ResizeSandbox, deadline: Deadline) -> Result<(), Error> {
        let endpoint = &sandbox::RESIZE;
        let ResizeSandbox { cpu, memory, disk } = resources;
        let mut given = [cpu, memory, disk].into_iter().flatten().peekable();
        if given.peek().is_none() || given.any(|number| number == 0) {
            let message = "at least one of cpu, memory and disk must be given, and each must be 1 or more";
            let error = Error::new(ErrorKind::InvalidArgument, endpoint.name, message);
            return Err(error.with_sandbox(self.id()));
        }
        let data = self.call(endpoint).json(&resources).send(deadline).await?;
        self.store(data);
        self.wait_while(&[SandboxState::Resizing], endpoint.name, deadline).await
    }

    /// Waits until the resources are changed. Sends no request unless they are being
    /// changed, as last known.
    ///
    /// # Errors
    /// [`ErrorKind::SandboxFailed`] when the sandbox enters an error state,
    /// [`ErrorKind::Timeout`] at the deadline, and the errors of [`Sandbox::refresh`].
    pub async fn wait_until_resized(&self, deadline: Deadline) -> Result<(), Error> {
        self.wait_while(&[SandboxState::Resizing], "wait until the sandbox is resized", deadline).await
    }
}
