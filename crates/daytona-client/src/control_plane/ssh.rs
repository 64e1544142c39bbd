//! SSH access to a sandbox.

use daytona_api::control_plane::ssh::{
    CREATE_SSH_ACCESS, REVOKE_SSH_ACCESS, SshAccess, SshAccessValidation, VALIDATE_SSH_ACCESS,
};

use super::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

impl Sandbox {
    /// Creates a token to log in with, which is valid for this many minutes, 60 by
    /// default: `POST /sandbox/{id}/ssh-access`. The earlier tokens of the sandbox end.
    ///
    /// # Errors
    /// [`ErrorKind::BadRequest`] for a time that the service does not allow, and the
    /// errors of every call to the control plane.
    pub async fn create_ssh_access(
        &self,
        expires_in_minutes: Option<u32>,
        deadline: Deadline,
    ) -> Result<SshAccess, Error> {
        let minutes = expires_in_minutes.map(|minutes| minutes.to_string());
        let call = self.call(&CREATE_SSH_ACCESS).with_some("expiresInMinutes", minutes.as_deref());
        call.send(deadline).await
    }

    /// Ends the validity of a token, or of all tokens of the sandbox without one:
    /// `DELETE /sandbox/{id}/ssh-access`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for an empty token, and the errors of every call to
    /// the control plane.
    pub async fn revoke_ssh_access(&self, token: Option<&str>, deadline: Deadline) -> Result<(), Error> {
        if token == Some("") {
            // It would end all of them.
            let error =
                Error::new(ErrorKind::InvalidArgument, REVOKE_SSH_ACCESS.name, "the token must not be empty");
            return Err(error.with_sandbox(self.id()));
        }
        let data = self.call(&REVOKE_SSH_ACCESS).with_some("token", token).send(deadline).await?;
        self.store(data);
        Ok(())
    }

    /// Returns whether a token is valid, and for which sandbox:
    /// `GET /sandbox/ssh-access/validate`.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] from services that answer only their SSH gateway, and the
    /// errors of every call to the control plane.
    pub async fn validate_ssh_access(
        &self,
        token: &str,
        deadline: Deadline,
    ) -> Result<SshAccessValidation, Error> {
        self.call(&VALIDATE_SSH_ACCESS).with("token", token).send(deadline).await
    }
}
