//! What the service or the system says about the failure of one file.

/// What is known about the failure of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "napi",
    napi_derive::napi(object, js_name = "FileDownloadErrorDetails", object_from_js = false)
)]
pub struct FileErrorDetails {
    /// The reason.
    pub message: String,
    /// HTTP status that the service has for it.
    pub status_code: Option<u16>,
    /// Code of the service, such as `FILE_NOT_FOUND`, or of the system for a local file, such as `ENOENT`.
    pub code: Option<String>,
    /// Older name of `code`.
    pub error_code: Option<String>,
    /// The part of the service that reports it, such as `DAYTONA_DAEMON`.
    pub source: Option<String>,
}
