//! What a sandbox uses, now and over time.

use http::Method;
use serde_json::{Value, json};

use crate::server::Server;
use crate::toolbox::Toolbox;

/// The values of a metric.
fn values(response: &Value, name: &str) -> Vec<f64> {
    let series = response["series"].as_array().unwrap();
    let found = series.iter().find(|series| series["metricName"] == name);
    let points = found.map(|series| series["dataPoints"].as_array().unwrap().clone()).unwrap_or_default();
    points.iter().map(|point| point["value"].as_f64().unwrap()).collect()
}

#[tokio::test]
async fn a_toolbox_measures_its_sandbox() {
    let toolbox = Toolbox::start();
    let metrics = toolbox.get("/system/metrics").await.json();
    for field in ["cpuCount", "memTotal", "memUsed", "diskTotal", "diskUsed", "timestampUnix"] {
        assert!(metrics[field].as_u64().is_some_and(|value| value > 0), "{field}: {metrics}");
    }
    assert!(
        metrics["diskFree"].is_u64() && metrics["memCache"].is_u64() && metrics["cpuUsedPct"].is_number()
    );
    assert!(metrics["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn limits_and_use_of_a_sandbox_are_its_own() {
    let server = Server::start(&[]);
    let image = json!({"dockerfileContent": "FROM scratch\n"});
    let body = json!({"buildInfo": image, "cpu": 2, "memory": 1, "disk": 3});
    let (busy, idle) = (server.create(body.clone()).await, server.create(body).await);
    let metrics = async |id: &str| {
        let path = format!("/toolbox/{id}/system/metrics");
        server.send(Method::GET, &path, Some(server.key()), None).await.json
    };
    // Spends a second of time on a processor, in a child that has ended when it is measured.
    let spend = "python3 -c 'import time
while time.process_time() < 1: pass'";
    let held =
        "python3 -c 'x = b\"x\" * (64 << 20); print(1, flush=True); import time; time.sleep(600)' > held 2> /dev/null &
until grep -q 1 held; do sleep 0.01; done";
    server.run(&busy, spend).await;
    server.run(&busy, held).await;
    let (busy_now, idle_now) = (metrics(&busy).await, metrics(&idle).await);
    let percent = |metrics: &Value| metrics["cpuUsedPct"].as_f64().unwrap();
    assert!(percent(&busy_now) > percent(&idle_now), "{busy_now} {idle_now}");
    assert!(busy_now["memUsed"].as_u64().unwrap() > 64 << 20, "{busy_now}");
    assert!(idle_now["memUsed"].as_u64().unwrap() < 64 << 20, "{idle_now}");
    assert_eq!((&busy_now["cpuCount"], &busy_now["memTotal"]), (&json!(2), &json!(1 << 30)));
}

#[tokio::test]
async fn the_control_plane_keeps_samples() {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let ask = async |query: &str| server.get(&format!("/sandbox/{id}/telemetry/metrics?{query}")).await;
    for query in ["", "from=2026-01-01T00:00:00Z", "from=x&to=2026-01-01T00:00:00Z"] {
        let refused = ask(query).await;
        assert_eq!(refused.status, 400, "{query}");
        assert!(refused.json["message"].as_str().unwrap().ends_with("must be a valid ISO 8601 date"));
    }
    let from = "2020-01-01T00:00:00Z";
    let now = || format!("{:.3}", jiff::Timestamp::now());
    let all = ask(&format!("from={from}&to={}", now())).await.json;
    assert_eq!(all["series"].as_array().unwrap().len(), 7, "{all}");
    assert_eq!(values(&all, "daytona.sandbox.cpu.limit").first(), Some(&1.0));
    let names = "metricNames=daytona.sandbox.memory.usage&metricNames=daytona.sandbox.memory.limit";
    let some = ask(&format!("from={from}&to={}&{names}", now())).await.json;
    assert_eq!(some["series"].as_array().unwrap().len(), 2, "{some}");
    assert!(values(&some, "daytona.sandbox.memory.usage")[0] > 0.0);
    let before = ask(&format!("from={from}&to={from}")).await.json;
    assert_eq!(before, json!({"series": []}));
    // Samples of a stopped sandbox remain, and no more are taken.
    server.post(&format!("/sandbox/{id}/stop"), json!({})).await;
    let count =
        values(&ask(&format!("from={from}&to={}", now())).await.json, "daytona.sandbox.cpu.limit").len();
    let again =
        values(&ask(&format!("from={from}&to={}", now())).await.json, "daytona.sandbox.cpu.limit").len();
    assert!(count > 0 && count == again);
    assert_eq!(
        server.get(&format!("/sandbox/nope/telemetry/metrics?from={from}&to={from}")).await.status,
        404
    );
}
