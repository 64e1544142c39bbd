//! After which time a sandbox stops, pauses, is archived and is deleted.

use daytona_api::control_plane::sandbox;

use super::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::Error;

impl Sandbox {
    /// Sets after how many idle minutes the sandbox stops, 0 for never:
    /// `POST /sandbox/{id}/autostop/{minutes}`.
    ///
    /// # Errors
    /// The errors of every call to the control plane.
    pub async fn set_auto_stop_interval(&self, minutes: u32, deadline: Deadline) -> Result<(), Error> {
        self.call(&sandbox::SET_AUTO_STOP).with("interval", minutes.to_string()).fetch(deadline).await?;
        self.change(|data| data.auto_stop_interval = Some(minutes.into()));
        Ok(())
    }

    /// Sets how many minutes after stopping the sandbox is archived, 0 for the
    /// longest interval that the service allows:
    /// `POST /sandbox/{id}/autoarchive/{minutes}`.
    ///
    /// # Errors
    /// The errors of every call to the control plane.
    pub async fn set_auto_archive_interval(&self, minutes: u32, deadline: Deadline) -> Result<(), Error> {
        self.call(&sandbox::SET_AUTO_ARCHIVE).with("interval", minutes.to_string()).fetch(deadline).await?;
        self.change(|data| data.auto_archive_interval = Some(minutes.into()));
        Ok(())
    }

    /// Sets how many minutes after stopping the sandbox is deleted, negative for
    /// never, 0 for immediately: `POST /sandbox/{id}/autodelete/{minutes}`.
    ///
    /// # Errors
    /// The errors of every call to the control plane.
    pub async fn set_auto_delete_interval(&self, minutes: i64, deadline: Deadline) -> Result<(), Error> {
        self.call(&sandbox::SET_AUTO_DELETE).with("interval", minutes.to_string()).fetch(deadline).await?;
        self.change(|data| data.auto_delete_interval = Some(minutes));
        Ok(())
    }

    /// Sets after how many idle minutes the sandbox pauses, 0 for never:
    /// `POST /sandbox/{id}/autopause/{minutes}`.
    ///
    /// # Errors
    /// [`ErrorKind::Unprocessable`](crate::ErrorKind::Unprocessable) when sandboxes of its
    /// class cannot be paused, and the errors of every call to the control plane.
    pub async fn set_auto_pause_interval(&self, minutes: u32, deadline: Deadline) -> Result<(), Error> {
        self.call(&sandbox::SET_AUTO_PAUSE).with("interval", minutes.to_string()).fetch(deadline).await?;
        self.change(|data| data.auto_pause_interval = Some(minutes.into()));
        Ok(())
    }

    /// Sets in how many minutes from now the sandbox is deleted, in use or not, 0 for
    /// never: `POST /sandbox/{id}/ttl/{minutes}`.
    ///
    /// # Errors
    /// The errors of every call to the control plane.
    pub async fn set_ttl(&self, minutes: u32, deadline: Deadline) -> Result<(), Error> {
        let call = self.call(&sandbox::SET_TTL).with("ttlMinutes", minutes.to_string());
        let data = call.send(deadline).await?;
        self.store(data);
        Ok(())
    }
}
