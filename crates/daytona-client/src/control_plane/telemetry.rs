//! The use of resources of a sandbox over time.

use std::collections::BTreeMap;
use std::sync::Arc;

use daytona_api::Timestamp;
use daytona_api::control_plane::telemetry::{
    self, CPU_LIMIT, CPU_UTILIZATION, DISK_TOTAL, DISK_USAGE, MEMORY_CACHE, MEMORY_LIMIT, MEMORY_USAGE,
    MetricPoint, MetricsResponse, analytics,
};

use super::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::toolbox::system::SandboxMetrics;
use crate::transport::url::Base;

/// A metric and the field for its value.
type Field = (&'static str, fn(&mut SandboxMetrics) -> &mut f64);

const FIELDS: &[Field] = &[
    (CPU_UTILIZATION, |metrics| &mut metrics.cpu_used_pct),
    (CPU_LIMIT, |metrics| &mut metrics.cpu_count),
    (MEMORY_USAGE, |metrics| &mut metrics.mem_used),
    (MEMORY_LIMIT, |metrics| &mut metrics.mem_total),
    (MEMORY_CACHE, |metrics| &mut metrics.mem_cache),
    (DISK_USAGE, |metrics| &mut metrics.disk_used),
    (DISK_TOTAL, |metrics| &mut metrics.disk_total),
];

impl Sandbox {
    /// Returns the use of resources in a range of time, in order of time:
    /// `GET /sandbox/{id}/telemetry/metrics`, or from the analytics service where the
    /// deployment has one. `start` is the creation of the sandbox by default, `end` the
    /// current time.
    ///
    /// # Errors
    /// The errors of every call to the control plane.
    pub async fn metrics(
        &self,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
        deadline: Deadline,
    ) -> Result<Vec<SandboxMetrics>, Error> {
        let data = self.data();
        let to = end.unwrap_or_else(Timestamp::now);
        let from = start.or_else(|| data.created_at.map(Timestamp)).unwrap_or_else(|| to.clone());
        let names = FIELDS.iter().map(|(name, _)| *name);
        if let Some(base) = self.analytics_base(deadline).await? {
            let call =
                self.call(&analytics::GET_METRICS).at(base).with("organizationId", data.organization_id);
            let call = call.with("from", from.0).with("to", to.0);
            let names = names.collect::<Vec<_>>().join(",");
            return Ok(samples(call.with("metricNames", names).send(deadline).await?));
        }
        let call = self.call(&telemetry::GET_METRICS).with("from", from.0).with("to", to.0);
        let call = names.fold(call, |call, name| call.with("metricNames", name));
        Ok(samples(points(call.send(deadline).await?)))
    }

    /// Returns where the analytics service is; `None` if the deployment has none.
    async fn analytics_base(&self, deadline: Deadline) -> Result<Option<Arc<Base>>, Error> {
        let transport = self.transport();
        // A failure is not cached.
        let base = transport.analytics().get_or_try_init(|| async {
            let configuration = transport.call(&telemetry::GET_CONFIG).send(deadline).await?;
            let url = configuration.analytics_api_url.filter(|url| !url.is_empty());
            Ok(url.map(|url| Arc::new(Base::new(&url))))
        });
        base.await.cloned()
    }
}

fn points(response: MetricsResponse) -> Vec<MetricPoint> {
    let series = response.series.into_iter().flat_map(|series| {
        let name = series.metric_name;
        series.data_points.into_iter().map(move |point| MetricPoint {
            metric_name: Some(name.clone()),
            timestamp: point.timestamp,
            value: point.value,
        })
    });
    series.collect()
}

/// Returns a sample for each time at which something was measured.
fn samples(points: Vec<MetricPoint>) -> Vec<SandboxMetrics> {
    let mut samples: BTreeMap<Timestamp, SandboxMetrics> = BTreeMap::new();
    for MetricPoint { metric_name, timestamp, value } in points {
        let (Some(name), Some(timestamp), Some(value)) = (metric_name, timestamp, value) else { continue };
        let Some((_, field)) = FIELDS.iter().find(|(known, _)| *known == name) else { continue };
        let sample = samples.entry(timestamp).or_insert_with_key(|timestamp| SandboxMetrics {
            timestamp: timestamp.clone(),
            ..Default::default()
        });
        *field(sample) = value;
    }
    samples.into_values().collect()
}
