//! What sandboxes used over time: a sample every ten seconds while a sandbox is started,
//! measured by its toolbox.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use daytona_api::control_plane::sandbox::SandboxState;
use daytona_api::control_plane::telemetry::MetricsResponse;
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
/// Sandboxes that are measured at the same time.
const AT_ONCE: usize = 4;
/// A toolbox that takes longer has no sample.
const MEASURES_WITHIN: Duration = Duration::from_secs(5);
/// The longest response of a toolbox.
const LONGEST_RESPONSE: usize = 4096;

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
