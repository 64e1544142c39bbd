//! The error body of the control plane, the proxy and the toolbox.

use serde::{Deserialize, Serialize};

/// Who made an error: the values of [`ErrorBody::source`].
pub mod source {
    /// The control plane.
    pub const API: &str = "DAYTONA_API";
    /// The toolbox inside a sandbox.
    pub const DAEMON: &str = "DAYTONA_DAEMON";
    /// The proxy in front of the toolbox.
    pub const PROXY: &str = "DAYTONA_PROXY";
}

/// What an error answer says. Every field may be absent: old services answer
/// many errors with an empty body, and each hop fills in other fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorBody {
    /// The HTTP status, repeated. Parts of a bulk download carry it only here.
    #[serde(alias = "status_code", skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// What happened, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// A machine-readable code such as `FILE_NOT_FOUND`.
    #[serde(alias = "error_code", skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Which service made the error; one of [`source`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The path of the request, or the file of a bulk download's part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The method of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The HTTP reason phrase (control plane), or the only words that older
    /// toolboxes give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// One text a failed file of a bulk upload.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}
