//! What sandboxes used over time: a sample every ten seconds while a sandbox is started,
//! measured by its toolbox.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use daytona_api::Timestamp as Time;
use daytona_api::control_plane::sandbox::SandboxState;
use daytona_api::control_plane::telemetry::{
    CPU_LIMIT, CPU_UTILIZATION, DISK_TOTAL, DISK_USAGE, MEMORY_CACHE, MEMORY_LIMIT, MEMORY_USAGE,
    MetricDataPoint, MetricSeries, MetricsResponse,
};
use daytona_api::toolbox::system::{self, SystemMetrics};
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, Request, header};
use http_body_util::{BodyExt as _, Limited};
use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::filter::Query;
use super::registry::Entries;
use crate::control_plane::ControlPlane;
use crate::control_plane::api_failure::ApiFailure;
use crate::control_plane::toolbox_client::ToolboxClient;

const INTERVAL: Duration = Duration::from_secs(10);
/// Samples of a sandbox that are kept: those of the last hour.
const MOST_SAMPLES: usize = 360;
/// Sandboxes that are measured at the same time.
const AT_ONCE: usize = 4;
/// A toolbox that takes longer has no sample.
const MEASURES_WITHIN: Duration = Duration::from_secs(5);
/// The longest response of a toolbox.
const LONGEST_RESPONSE: usize = 4096;
/// A sample that is younger is as good as a new one.
const FRESH: Duration = Duration::from_secs(1);

/// A metric and how to read it from a sample.
type Metric = (&'static str, fn(&SystemMetrics) -> f64);

const METRICS: &[Metric] = &[
    (CPU_UTILIZATION, |sample| sample.cpu_used_pct),
    (CPU_LIMIT, |sample| sample.cpu_count.into()),
    (MEMORY_USAGE, |sample| sample.mem_used as f64),
    (MEMORY_LIMIT, |sample| sample.mem_total as f64),
    (MEMORY_CACHE, |sample| sample.mem_cache as f64),
    (DISK_USAGE, |sample| sample.disk_used as f64),
    (DISK_TOTAL, |sample| sample.disk_total as f64),
];

/// The latest samples of a sandbox, oldest first. Times are the server's.
#[derive(Debug, Default)]
pub(in crate::control_plane) struct Samples(VecDeque<(Timestamp, SystemMetrics)>);

impl Samples {
    fn add(&mut self, at: Timestamp, sample: SystemMetrics) {
        // In order, whatever the clock does.
        let at = self.0.back().map_or(at, |(last, _)| at.max(*last));
        if self.0.len() >= MOST_SAMPLES {
            self.0.pop_front();
        }
        self.0.push_back((at, sample));
    }

    /// Whether there is a sample shortly before this time.
    fn is_fresh(&self, at: Timestamp) -> bool {
        let ages = self.0.iter().rev().map(|(taken, _)| at.duration_since(*taken));
        ages.filter_map(|age| Duration::try_from(age).ok()).any(|age| age < FRESH)
    }

    /// The values of some metrics in a range of time; without names, of all.
    fn series(&self, from: Timestamp, to: Timestamp, names: &[String]) -> Vec<MetricSeries> {
        let in_range = || self.0.iter().filter(move |(at, _)| (from..=to).contains(at));
        let wanted = METRICS.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|n| n == name));
        let series = wanted.map(|(name, value)| {
            let point = |(at, sample): &(Timestamp, SystemMetrics)| MetricDataPoint {
                timestamp: Some(Time(format!("{at:.3}"))),
                value: Some(value(sample)),
            };
            MetricSeries { metric_name: (*name).to_owned(), data_points: in_range().map(point).collect() }
        });
        series.filter(|series| !series.data_points.is_empty()).collect()
    }
}

/// Measures all started sandboxes, again and again, until it is dropped.
pub(in crate::control_plane) async fn run(plane: Arc<ControlPlane>) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let started: Vec<String> = {
            let entries = plane.registry.lock();
            let is_started = |state: &SandboxState| *state == SandboxState::Started;
            let started = entries.iter().filter(|entry| is_started(&entry.sandbox.state));
            started.map(|entry| entry.sandbox.id.clone()).collect()
        };
        stream::iter(started).for_each_concurrent(AT_ONCE, |id| plane.measure(id, None)).await;
    }
}

impl ControlPlane {
    /// `GET /sandbox/{s}/telemetry/metrics`.
    pub(in crate::control_plane) async fn metrics(
        &self,
        id_or_name: &str,
        query: &str,
    ) -> Result<MetricsResponse, ApiFailure> {
        let id = self.registry.lock().find(id_or_name)?.sandbox.id.clone();
        let query = Query::parse(query);
        let time = |name| {
            let missing = || ApiFailure::bad_request(format!("{name} must be a valid ISO 8601 date"));
            query.time(name)?.ok_or_else(missing)
        };
        let (from, to) = (time("from")?, time("to")?);
        let names: Vec<String> = query
            .all("metricNames")
            .iter()
            .flat_map(|names| names.split(','))
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        // Clients ask for samples until the present, which is a little earlier when the request
        // arrives, and a new sandbox has none yet.
        let (now, last) = (Timestamp::now(), to.min(Timestamp::now()));
        let is_until_now = !Duration::try_from(now.duration_since(to)).is_ok_and(|age| age >= INTERVAL);
        let is_fresh =
            |entries: &Entries<'_>| entries.find(&id).is_ok_and(|entry| entry.samples.is_fresh(last));
        if is_until_now && !is_fresh(&self.registry.lock()) {
            self.measure(id.clone(), Some(last)).await;
        }
        let entries = self.registry.lock();
        Ok(MetricsResponse { series: entries.find(&id)?.samples.series(from, to, &names) })
    }

    /// Adds a sample of a sandbox, of this time or the present, if it is started and its
    /// toolbox responds.
    async fn measure(&self, id: String, at: Option<Timestamp>) {
        let toolbox = {
            let entries = self.registry.lock();
            entries.by_id(&id).and_then(|entry| Some(entry.running.as_ref()?.toolbox.clone()))
        };
        let Some(toolbox) = toolbox else { return };
        match timeout(MEASURES_WITHIN, sample(&toolbox)).await {
            Ok(Some(sample)) => {
                if let Some(entry) = self.registry.lock().by_id_mut(&id) {
                    entry.samples.add(at.unwrap_or_else(Timestamp::now), sample);
                }
            }
            Ok(None) | Err(_) => tracing::debug!(sandbox = id, "a sandbox was not measured"),
        }
    }
}

/// Lets a toolbox measure its sandbox.
async fn sample(toolbox: &ToolboxClient) -> Option<SystemMetrics> {
    let uri = format!("http://toolbox{}", system::GET_METRICS.path);
    let mut request = Request::get(uri).body(Body::empty()).ok()?;
    request.headers_mut().insert(header::HOST, HeaderValue::from_static("toolbox"));
    let response = toolbox.send(request).await.ok()?;
    // A program of the sandbox can be in the place of the toolbox.
    let body = Limited::new(response.into_body(), LONGEST_RESPONSE).collect().await.ok()?;
    serde_json::from_slice(&body.to_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_kept_for_an_hour_and_selected_by_time_and_name() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut samples = Samples::default();
        for second in 0..400 {
            samples.add(at(second), SystemMetrics { cpu_count: 2, ..SystemMetrics::default() });
        }
        let all = samples.series(at(0), at(1000), &[]);
        assert_eq!((all.len(), all[0].data_points.len()), (7, MOST_SAMPLES));
        let one = samples.series(at(398), at(399), &[CPU_LIMIT.to_owned(), "other".to_owned()]);
        assert_eq!(one[0].data_points[1].timestamp.as_ref().unwrap().0, "1970-01-01T00:06:39.000Z");
        assert_eq!((one.len(), one[0].data_points.len(), one[0].data_points[0].value), (1, 2, Some(2.0)));
        assert!(samples.series(at(1000), at(2000), &[]).is_empty());
    }
}
