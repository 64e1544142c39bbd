//! The use of resources of a sandbox.

use daytona_api::Timestamp;
use daytona_api::toolbox::system::{self, SystemMetrics};

use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::Error;

/// The use of resources of a sandbox at one time. Sizes are in bytes; a value that the
/// service does not return is 0.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct SandboxMetrics {
    /// Number of processors that the sandbox may use.
    pub cpu_count: f64,
    /// Use of the processors, in percent of what the sandbox may use.
    pub cpu_used_pct: f64,
    /// Size of the file system.
    pub disk_total: f64,
    /// Used space of the file system.
    pub disk_used: f64,
    /// Memory that the sandbox may use.
    pub mem_total: f64,
    /// Memory in use.
    pub mem_used: f64,
    /// Memory of the page cache.
    pub mem_cache: f64,
    /// When the sample was taken.
    #[cfg_attr(feature = "napi", napi(ts_type = "Date"))]
    pub timestamp: Timestamp,
}

impl From<SystemMetrics> for SandboxMetrics {
    fn from(metrics: SystemMetrics) -> Self {
        let timestamp = metrics.timestamp;
        Self {
            cpu_count: metrics.cpu_count.into(),
            cpu_used_pct: metrics.cpu_used_pct,
            disk_total: metrics.disk_total as f64,
            disk_used: metrics.disk_used as f64,
            mem_total: metrics.mem_total as f64,
            mem_used: metrics.mem_used as f64,
            mem_cache: metrics.mem_cache as f64,
            timestamp: if timestamp.0.is_empty() { Timestamp::now() } else { timestamp },
        }
    }
}

impl Sandbox {
    /// Returns the current use of resources, as the toolbox measures it:
    /// `GET /system/metrics`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn metrics_latest(&self, deadline: Deadline) -> Result<SandboxMetrics, Error> {
        Ok(self.call(&system::GET_METRICS).send(deadline).await?.into())
    }
}
