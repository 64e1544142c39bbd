//! Recordings of the screen.

use serde::{Deserialize, Serialize};

/// A recording of the screen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct Recording {
    /// Its id.
    pub id: String,
    /// Name of its file.
    pub file_name: String,
    /// Path of its file in the sandbox.
    pub file_path: String,
    /// When it was started, RFC 3339.
    pub start_time: String,
    /// When it ended, RFC 3339; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// `recording`, `completed` or `failed`.
    pub status: String,
    /// Its duration in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<f64>,
    /// Size of its file in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<i64>,
}

/// The response of [`RECORDING_LIST`](super::RECORDING_LIST).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ListRecordingsResponse {
    /// The recordings.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub recordings: Vec<Recording>,
}

/// The body of [`RECORDING_START`](super::RECORDING_START).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartRecordingRequest {
    /// Beginning of the file's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// The body of [`RECORDING_STOP`](super::RECORDING_STOP).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StopRecordingRequest {
    /// Id of the recording.
    pub id: String,
}
