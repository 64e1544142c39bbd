//! The latest samples of what a sandbox used.

use std::collections::VecDeque;
use std::time::Duration;

use daytona_api::Timestamp as Time;
use daytona_api::control_plane::telemetry::{
    CPU_LIMIT, CPU_UTILIZATION, DISK_TOTAL, DISK_USAGE, MEMORY_CACHE, MEMORY_LIMIT, MEMORY_USAGE,
    MetricDataPoint, MetricSeries,
};
use daytona_api::toolbox::system::SystemMetrics;
use jiff::Timestamp;

/// Samples of a sandbox that are kept: those of the last hour.
const MOST_SAMPLES: usize = 360;
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
    /// Adds a sample and drops the oldest of too many.
    pub(super) fn add(&mut self, at: Timestamp, sample: SystemMetrics) {
        // In order, whatever the clock does.
        let at = self.0.back().map_or(at, |(last, _)| at.max(*last));
        if self.0.len() >= MOST_SAMPLES {
            self.0.pop_front();
        }
        self.0.push_back((at, sample));
    }

    /// Whether there is a sample shortly before this time.
    pub(super) fn is_fresh(&self, at: Timestamp) -> bool {
        let ages = self.0.iter().rev().map(|(taken, _)| at.duration_since(*taken));
        ages.filter_map(|age| Duration::try_from(age).ok()).any(|age| age < FRESH)
    }

    /// The values of some metrics in a range of time; without names, of all.
    pub(super) fn series(&self, from: Timestamp, to: Timestamp, names: &[String]) -> Vec<MetricSeries> {
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
