//! Volumes: folders that several sandboxes share, and that outlive them.

use daytona_api::control_plane::volume::{
    self, CREATE, CreateVolume, DELETE, GET, GET_BY_NAME, LIST, READY, Volume,
};
use tokio::time::sleep;

use super::daytona::Daytona;
use super::wait::{FIRST_POLL, SLOWEST_POLL};
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::transport::retry::{Before, before};

impl Daytona {
    /// Returns all volumes: `GET /volumes`.
    ///
    /// # Errors
    /// The errors of every call to the control plane.
    pub async fn volumes(&self, deadline: Deadline) -> Result<Vec<Volume>, Error> {
        self.transport.call(&LIST).send(deadline).await
    }

    /// Returns a volume by its name, in any state: `GET /volumes/by-name/{name}`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::InvalidArgument`] for an empty name, and the
    /// errors of every call to the control plane.
    pub async fn volume(&self, name: &str, deadline: Deadline) -> Result<Volume, Error> {
        not_empty(GET_BY_NAME.name, "name", name)?;
        self.transport.call(&GET_BY_NAME).with("name", name).send(deadline).await
    }

    /// Creates a volume and waits until it can be mounted: `POST /volumes`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for an empty name, [`ErrorKind::BadRequest`] when the
    /// name is in use, [`ErrorKind::Other`] when the service cannot create it,
    /// [`ErrorKind::Timeout`] at the deadline, and the errors of every call to the control
    /// plane.
    pub async fn create_volume(&self, name: &str, deadline: Deadline) -> Result<Volume, Error> {
        not_empty(CREATE.name, "name", name)?;
        let body = CreateVolume { name: name.to_owned() };
        let created = self.transport.call(&CREATE).json(&body).send(deadline).await?;
        self.until_ready(created, deadline).await
    }

    /// Returns a volume by its name, once it can be mounted. Creates it if it does not exist.
    ///
    /// # Errors
    /// The errors of [`Daytona::volume`] and [`Daytona::create_volume`].
    pub async fn volume_or_create(&self, name: &str, deadline: Deadline) -> Result<Volume, Error> {
        match self.volume(name, deadline).await {
            Ok(found) => self.until_ready(found, deadline).await,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                match self.create_volume(name, deadline).await {
                    // Somebody else has created it meanwhile.
                    Err(refused) if refused.kind() == ErrorKind::BadRequest => {
                        let found = self.volume(name, deadline).await.map_err(|_| refused)?;
                        self.until_ready(found, deadline).await
                    }
                    created => created,
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes a volume with its files, by its id: `DELETE /volumes/{id}`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Conflict`] when a sandbox uses it,
    /// [`ErrorKind::InvalidArgument`] for an empty id, and the errors of every call to the
    /// control plane.
    pub async fn delete_volume(&self, id: &str, deadline: Deadline) -> Result<(), Error> {
        not_empty(DELETE.name, "id", id)?;
        match self.transport.call(&DELETE).with("volumeId", id).done(deadline).await {
            Err(error) if matches!(before(DELETE.repeat, &error), Before::Done) => Ok(()),
            other => other,
        }
    }

    /// Waits while the service creates a volume.
    async fn until_ready(&self, mut volume: Volume, deadline: Deadline) -> Result<Volume, Error> {
        let mut pause = FIRST_POLL;
        while matches!(&*volume.state, "pending_create" | "creating") {
            if deadline.remaining() <= pause {
                let message = format!("volume {:?} is still {}", volume.name, volume.state);
                let error = Error::new(ErrorKind::Timeout, CREATE.name, message);
                return Err(error.with_cost(0, deadline.elapsed()));
            }
            sleep(pause).await;
            pause = (pause * 3 / 2).min(SLOWEST_POLL);
            volume = self.transport.call(&GET).with("volumeId", &*volume.id).send(deadline).await?;
        }
        if volume.state == READY {
            return Ok(volume);
        }
        let reason = volume.error_reason.as_deref().unwrap_or("the service gave no reason");
        let message = format!("volume {:?} is in the state {}: {reason}", volume.name, volume.state);
        Err(Error::new(ErrorKind::Other, volume::CREATE.name, message))
    }
}

fn not_empty(operation: &str, what: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        let message = format!("the {what} of a volume must not be empty");
        return Err(Error::new(ErrorKind::InvalidArgument, operation, message));
    }
    Ok(())
}
