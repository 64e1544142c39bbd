//! Recordings of the screen.

use daytona_client::{ListRecordingsResponse, Recording};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::call::{CALL, CallOptions, Promised, Resource, TRANSFER};
use crate::stream::ByteStream;

/// Recordings of the screen of a desktop.
#[napi]
pub struct RecordingService {
    sandbox: daytona_client::Sandbox,
}

part!(RecordingService);

#[napi]
impl RecordingService {
    /// Starts a recording of the screen: `POST /computeruse/recordings/start`.
    /// @param label Beginning of the file's name.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The recording.
    /// @throws {DaytonaRecordingFfmpegNotFoundError} The sandbox has no ffmpeg.
    /// @example
    /// ```typescript
    /// const { id } = await sandbox.computerUse.recording.start("demo");
    /// await sandbox.computerUse.recording.stop(id);
    /// await sandbox.computerUse.recording.download(id, "demo.mp4");
    /// ```
    #[napi(ts_return_type = "Promise<Recording>")]
    pub fn start(
        &self,
        env: Env,
        label: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<Recording> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.start_recording(label, deadline).await
        })
    }

    /// Stops a recording: `POST /computeruse/recordings/stop`.
    /// @param id Id of the recording.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The recording, with its duration and size.
    /// @throws {DaytonaNotFoundError} The recording does not exist.
    #[napi(ts_return_type = "Promise<Recording>")]
    pub fn stop(&self, env: Env, id: String, options: Option<CallOptions>) -> Promised<Recording> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.stop_recording(&id, deadline).await
        })
    }

    /// Returns all recordings: `GET /computeruse/recordings`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The recordings.
    #[napi(ts_return_type = "Promise<ListRecordingsResponse>")]
    pub fn list(&self, env: Env, options: Option<CallOptions>) -> Promised<ListRecordingsResponse> {
        self.call(
            &env,
            options,
            CALL,
            |sandbox, deadline| async move { sandbox.list_recordings(deadline).await },
        )
    }

    /// Returns a recording: `GET /computeruse/recordings/{id}`.
    /// @param id Id of the recording.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The recording.
    /// @throws {DaytonaNotFoundError} The recording does not exist.
    #[napi(ts_return_type = "Promise<Recording>")]
    pub fn get(&self, env: Env, id: String, options: Option<CallOptions>) -> Promised<Recording> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.get_recording(&id, deadline).await
        })
    }

    /// Deletes a recording: `DELETE /computeruse/recordings/{id}`.
    /// @param id Id of the recording.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The recording does not exist.
    /// @throws {DaytonaRecordingStillActiveError} The recording still runs.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete(&self, env: Env, id: String, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.delete_recording(&id, deadline).await
        })
    }

    /// Opens the file of a recording: `GET /computeruse/recordings/{id}/download`. `download` writes it to a
    /// local file.
    /// @param id Id of the recording.
    /// @param options Timeout of the download in seconds (default 1800, 0 for none) and a signal.
    /// @returns The native stream.
    /// @throws {DaytonaNotFoundError} The recording does not exist.
    #[napi(ts_return_type = "Promise<ByteStream>")]
    pub fn open_download(&self, env: Env, id: String, options: Option<CallOptions>) -> Promised<ByteStream> {
        self.call(&env, options, TRANSFER, |sandbox, deadline| async move {
            sandbox.download_recording(&id, deadline).await.map(ByteStream::from)
        })
    }
}
