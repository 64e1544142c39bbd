//! Recordings of the screen.

use daytona_api::toolbox::computer_use::{
    self as api, ListRecordingsResponse, Recording, StartRecordingRequest, StopRecordingRequest,
};

use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::transfer::body_stream::BodyStream;

impl Sandbox {
    /// Starts a recording of the screen: `POST /computeruse/recordings/start`.
    ///
    /// # Errors
    /// [`RecordingFfmpegNotFound`](crate::ErrorKind::RecordingFfmpegNotFound) when the
    /// sandbox has no encoder, and the errors of every call to a sandbox.
    pub async fn start_recording(
        &self,
        label: Option<String>,
        deadline: Deadline,
    ) -> Result<Recording, Error> {
        self.call(&api::RECORDING_START).json(&StartRecordingRequest { label }).send(deadline).await
    }

    /// Stops a recording: `POST /computeruse/recordings/stop`.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the recording does not exist, and
    /// the errors of every call to a sandbox.
    pub async fn stop_recording(&self, id: &str, deadline: Deadline) -> Result<Recording, Error> {
        let body = StopRecordingRequest { id: id.to_owned() };
        self.call(&api::RECORDING_STOP).json(&body).send(deadline).await
    }

    /// Returns all recordings: `GET /computeruse/recordings`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn list_recordings(&self, deadline: Deadline) -> Result<ListRecordingsResponse, Error> {
        self.call(&api::RECORDING_LIST).send(deadline).await
    }

    /// Returns a recording: `GET /computeruse/recordings/{id}`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::stop_recording`].
    pub async fn get_recording(&self, id: &str, deadline: Deadline) -> Result<Recording, Error> {
        self.call(&api::RECORDING_GET).with("id", id).send(deadline).await
    }

    /// Deletes a recording: `DELETE /computeruse/recordings/{id}`.
    ///
    /// # Errors
    /// [`RecordingStillActive`](crate::ErrorKind::RecordingStillActive) while it runs,
    /// and the errors of [`Sandbox::stop_recording`].
    pub async fn delete_recording(&self, id: &str, deadline: Deadline) -> Result<(), Error> {
        self.call(&api::RECORDING_DELETE).with("id", id).done(deadline).await
    }

    /// Streams the file of a recording: `GET /computeruse/recordings/{id}/download`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::stop_recording`].
    pub async fn download_recording(&self, id: &str, deadline: Deadline) -> Result<BodyStream, Error> {
        let response = self.call(&api::RECORDING_DOWNLOAD).with("id", id).stream(deadline).await?;
        Ok(BodyStream::new(response, &format!("recording {id}")))
    }
}
