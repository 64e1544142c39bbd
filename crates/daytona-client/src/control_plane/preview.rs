//! Previews: URLs of programs of a sandbox that listen on a port.

use std::num::NonZeroU16;

use daytona_api::Endpoint;
use daytona_api::control_plane::preview::{
    EXPIRE_SIGNED_PREVIEW_URL, PREVIEW_URL, PortPreviewUrl, SIGNED_PREVIEW_URL, SignedPortPreviewUrl,
};

use super::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

impl Sandbox {
    /// Returns the URL of a port, and the token that requests to it need unless previews
    /// of the sandbox are public: `GET /sandbox/{id}/ports/{port}/preview-url`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for port 0, and the errors of
    /// every call to the control plane.
    pub async fn preview_url(&self, port: u16, deadline: Deadline) -> Result<PortPreviewUrl, Error> {
        let port = self.port(&PREVIEW_URL, port)?;
        self.call(&PREVIEW_URL).with("port", port.to_string()).send(deadline).await
    }

    /// Returns a URL of a port that needs no token, and is valid for this many seconds,
    /// 60 by default: `GET /sandbox/{id}/ports/{port}/signed-preview-url`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for port 0,
    /// [`ErrorKind::BadRequest`] for a time that the service does not allow, and the
    /// errors of every call to the control plane.
    pub async fn signed_preview_url(
        &self,
        port: u16,
        expires_in_seconds: Option<u32>,
        deadline: Deadline,
    ) -> Result<SignedPortPreviewUrl, Error> {
        let port = self.port(&SIGNED_PREVIEW_URL, port)?;
        let seconds = expires_in_seconds.map(|seconds| seconds.to_string());
        let call = self.call(&SIGNED_PREVIEW_URL).with("port", port.to_string());
        call.with_some("expiresInSeconds", seconds.as_deref()).send(deadline).await
    }

    /// Ends the validity of a signed URL, by its token:
    /// `POST /sandbox/{id}/ports/{port}/signed-preview-url/{token}/expire`. An unknown
    /// token is no error.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for port 0 and for an empty
    /// token, and the errors of every call to the control plane.
    pub async fn expire_signed_preview_url(
        &self,
        port: u16,
        token: &str,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let endpoint = &EXPIRE_SIGNED_PREVIEW_URL;
        let port = self.port(endpoint, port)?;
        if token.is_empty() {
            let error = Error::new(ErrorKind::InvalidArgument, endpoint.name, "the token must not be empty");
            return Err(error.with_sandbox(self.id()));
        }
        self.call(endpoint).with("port", port.to_string()).with("token", token).done(deadline).await
    }

    fn port<I, O>(&self, endpoint: &Endpoint<I, O>, port: u16) -> Result<NonZeroU16, Error> {
        NonZeroU16::new(port).ok_or_else(|| {
            let message = "0 is not a port. Pass a number from 1 to 65535";
            Error::new(ErrorKind::InvalidArgument, endpoint.name, message).with_sandbox(self.id())
        })
    }
}
