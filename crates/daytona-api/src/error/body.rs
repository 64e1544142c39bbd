//! The error body of the control plane, the proxy and the toolbox.

use serde::{Deserialize, Serialize};

/// The part of the service that produced an error: the values of [`ErrorBody::source`].
pub mod source {
    /// The control plane.
    pub const API: &str = "DAYTONA_API";
    /// The toolbox inside a sandbox.
    pub const DAEMON: &str = "DAYTONA_DAEMON";
    /// The proxy in front of the toolbox.
    pub const PROXY: &str = "DAYTONA_PROXY";
}

/// The body of an error response. Every field may be absent: old services return
/// an empty body for many errors, and each hop sets different fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorBody {
    /// The HTTP status code. The parts of a bulk download have it only here.
    #[serde(alias = "status_code", skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Description of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// A machine-readable code such as `FILE_NOT_FOUND`.
    #[serde(alias = "error_code", skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The part of the service that produced the error; one of [`source`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Time of the error, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The path of the request, or the file of a bulk download's part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The method of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The HTTP reason phrase (control plane), or the only description that
    /// older toolboxes return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// One string for each failed file of a bulk upload.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}
