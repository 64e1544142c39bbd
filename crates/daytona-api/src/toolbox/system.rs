//! Resources of a sandbox, as its toolbox measures them.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::operation::{Service, operations};

operations! { Service::Toolbox;
    /// The current use of resources, on services since 0.197.
    GET_METRICS: () => SystemMetrics = GET "/system/metrics", "get the metrics of the sandbox";
}

/// The response of [`GET_METRICS`]. Sizes are in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SystemMetrics {
    /// Number of processors that the sandbox may use.
    pub cpu_count: u32,
    /// Average use of the processors since the previous sample, in percent of what
    /// the sandbox may use.
    pub cpu_used_pct: f64,
    /// Memory that the sandbox may use.
    pub mem_total: u64,
    /// Memory in use, without the page cache.
    pub mem_used: u64,
    /// Memory of the page cache.
    pub mem_cache: u64,
    /// Size of the file system.
    pub disk_total: u64,
    /// Used space of the file system.
    pub disk_used: u64,
    /// Free space of the file system.
    pub disk_free: u64,
    /// When the sample was taken.
    pub timestamp: Timestamp,
    /// The same in seconds since 1970.
    pub timestamp_unix: i64,
}
