//! The use of resources of a sandbox over time.
//!
//! Deployments that have an analytics service let it answer, others the control
//! plane; their configuration says which.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::operation::{Service, operations};

/// The use of the processors in percent of what the sandbox may use.
pub const CPU_UTILIZATION: &str = "daytona.sandbox.cpu.utilization";
/// The number of processors that the sandbox may use.
pub const CPU_LIMIT: &str = "daytona.sandbox.cpu.limit";
/// Bytes of memory in use, without the page cache.
pub const MEMORY_USAGE: &str = "daytona.sandbox.memory.usage";
/// Bytes of memory that the sandbox may use.
pub const MEMORY_LIMIT: &str = "daytona.sandbox.memory.limit";
/// Bytes of the page cache.
pub const MEMORY_CACHE: &str = "daytona.sandbox.memory.cache";
/// Used bytes of the file system.
pub const DISK_USAGE: &str = "daytona.sandbox.filesystem.usage";
/// Size of the file system in bytes.
pub const DISK_TOTAL: &str = "daytona.sandbox.filesystem.total";

operations! { Service::ControlPlane;
    /// The configuration of the deployment; needs no key.
    GET_CONFIG: () => DaytonaConfiguration = GET "/config", "get the configuration of the service";
    /// Metrics in a range of time; `metricNames` is given once for each.
    GET_METRICS: () => MetricsResponse = GET "/sandbox/{sandboxId}/telemetry/metrics",
        "get the metrics of the sandbox", query(&["from", "to"], &["metricNames"]);
}

/// What clients use of the analytics service, at `analyticsApiUrl` of the configuration.
pub mod analytics {
    use super::{MetricPoint, Service, operations};

    operations! { Service::Analytics;
        /// Metrics in a range of time; `metricNames` is a list with commas.
        GET_METRICS: () => Vec<MetricPoint> =
            GET "/organization/{organizationId}/sandbox/{sandboxId}/telemetry/metrics",
            "get the metrics of the sandbox", query(&["from", "to"], &["metricNames"]);
    }
}

/// The response of [`GET_CONFIG`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DaytonaConfiguration {
    /// Release of the service.
    pub version: String,
    /// How users log in.
    pub oidc: OidcConfig,
    /// Whether users can link accounts.
    pub linked_accounts_enabled: bool,
    /// Announcements by their keys.
    pub announcements: BTreeMap<String, serde_json::Value>,
    /// URL of a port of a sandbox, with `{{PORT}}` and `{{sandboxId}}`.
    pub proxy_template_url: String,
    /// Base URL of the toolboxes.
    pub proxy_toolbox_url: String,
    /// Snapshot of sandboxes that name none.
    pub default_snapshot: String,
    /// URL of the user interface.
    pub dashboard_url: String,
    /// Longest interval until a sandbox is archived, in minutes.
    pub max_auto_archive_interval: i64,
    /// Whether the service is being maintained.
    #[serde(rename = "maintananceMode")]
    pub maintenance_mode: bool,
    /// Name of the environment.
    pub environment: String,
    /// Base URL of the analytics service, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analytics_api_url: Option<String>,
}

/// How users log in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OidcConfig {
    /// URL of the issuer.
    pub issuer: String,
    /// Id of the client.
    pub client_id: String,
    /// Audience of tokens.
    pub audience: String,
    /// Kind of issuer, which newer clients require.
    pub provider: String,
}

/// The response of [`GET_METRICS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricsResponse {
    /// A series for each metric that has points.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub series: Vec<MetricSeries>,
}

/// The values of one metric over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetricSeries {
    /// Name of the metric.
    pub metric_name: String,
    /// Its values.
    #[serde(deserialize_with = "crate::null_as_default")]
    pub data_points: Vec<MetricDataPoint>,
}

/// A value of a metric at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricDataPoint {
    /// When it was measured.
    pub timestamp: Option<Timestamp>,
    /// The value.
    pub value: Option<f64>,
}

/// A value of a metric of the analytics service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetricPoint {
    /// Name of the metric.
    pub metric_name: Option<String>,
    /// When it was measured.
    pub timestamp: Option<Timestamp>,
    /// The value.
    pub value: Option<f64>,
}
