//! Stops, archives and deletes sandboxes that are idle, and deletes those whose time is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daytona_api::control_plane::sandbox::SandboxState;
use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};

use super::registry::Entry;
use crate::control_plane::ControlPlane;

const CHECK_INTERVAL: Duration = Duration::from_secs(1);

enum Due {
    Stop,
    Archive,
    Delete,
}

/// Checks for idle sandboxes, and saves what has changed, every second until it is dropped.
pub(in crate::control_plane) async fn run(plane: Arc<ControlPlane>) {
    let mut ticks = interval(CHECK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let due: Vec<(String, Due)> = {
            let entries = plane.registry.lock();
            entries
                .iter()
                .filter_map(|entry| Some((entry.sandbox.id.clone(), due(entry, Instant::now())?)))
                .collect()
        };
        for (id, due) in due {
            // Fails when another operation on the sandbox has started meanwhile.
            let result = match due {
                Due::Stop => plane.stop(&id).await,
                Due::Archive => plane.archive(&id).await,
                Due::Delete => plane.delete(&id).await,
            };
            if result.is_err() {
                tracing::debug!(sandbox = id, "skipped an idle sandbox: another operation is in progress");
            }
        }
        plane.save_or_warn().await;
    }
}

fn due(entry: &Entry, now: Instant) -> Option<Due> {
    let is_over = |minutes: Option<i64>, since: Instant| {
        minutes.and_then(|minutes| u64::try_from(minutes).ok()).filter(|minutes| *minutes > 0).is_some_and(
            |minutes| now.duration_since(since) >= Duration::from_secs(minutes.saturating_mul(60)),
        )
    };
    let sandbox = &entry.sandbox;
    if is_past(sandbox.auto_destroy_at.as_deref(), Timestamp::now()) {
        return Some(Due::Delete);
    }
    match sandbox.state {
        SandboxState::Started if entry.open_requests == 0 => {
            is_over(sandbox.auto_stop_interval, entry.last_activity).then_some(Due::Stop)
        }
        SandboxState::Stopped if is_over(sandbox.auto_delete_interval, entry.since) => Some(Due::Delete),
        SandboxState::Stopped => is_over(sandbox.auto_archive_interval, entry.since).then_some(Due::Archive),
        SandboxState::Archived => is_over(sandbox.auto_delete_interval, entry.since).then_some(Due::Delete),
        _ => None,
    }
}

/// Whether a time of day has come.
fn is_past(time: Option<&str>, now: Timestamp) -> bool {
    time.and_then(|time| time.parse::<Timestamp>().ok()).is_some_and(|time| time <= now)
}

#[cfg(test)]
mod tests {
    use daytona_api::control_plane::sandbox::Sandbox;

    use super::*;
    use crate::control_plane::preview::previews::Previews;
    use crate::control_plane::sandbox_token::SandboxToken;
    use crate::control_plane::signed_url::SigningKey;

    fn entry(state: SandboxState, stop: i64, archive: i64, delete: i64) -> Entry {
        Entry {
            sandbox: Sandbox {
                state,
                auto_stop_interval: Some(stop),
                auto_archive_interval: Some(archive),
                auto_delete_interval: Some(delete),
                ..Sandbox::default()
            },
            host_id: None,
            signing_key: SigningKey::random().unwrap(),
            token: SandboxToken::random().unwrap(),
            previews: Previews::default(),
            running: None,
            last_activity: Instant::now(),
            since: Instant::now(),
            open_requests: 0,
            is_saved: false,
            samples: Default::default(),
        }
    }

    fn after(entry: &Entry, minutes: u64) -> Option<Due> {
        due(entry, Instant::now() + Duration::from_secs(minutes * 60))
    }

    #[test]
    fn an_idle_sandbox_stops_but_not_while_a_request_lasts() {
        let mut idle = entry(SandboxState::Started, 15, 60, -1);
        assert!(after(&idle, 14).is_none());
        assert!(matches!(after(&idle, 15), Some(Due::Stop)));
        idle.open_requests = 1;
        assert!(after(&idle, 15).is_none());
        assert!(after(&entry(SandboxState::Started, 0, 60, -1), 1_000_000).is_none());
    }

    #[test]
    fn a_sandbox_whose_time_is_over_is_deleted_also_while_it_is_used() {
        let mut used = entry(SandboxState::Started, 15, 60, -1);
        used.open_requests = 1;
        used.sandbox.auto_destroy_at = Some("2999-01-01T00:00:00.000Z".to_owned());
        assert!(after(&used, 1).is_none());
        used.sandbox.auto_destroy_at = Some("2020-01-01T00:00:00.000Z".to_owned());
        assert!(matches!(after(&used, 0), Some(Due::Delete)));
        used.sandbox.auto_destroy_at = Some("some day".to_owned());
        assert!(after(&used, 1).is_none());
    }

    #[test]
    fn an_interval_of_any_size_is_waited_for() {
        for minutes in [1 << 62, i64::MAX] {
            for state in [SandboxState::Started, SandboxState::Stopped, SandboxState::Archived] {
                assert!(after(&entry(state, minutes, minutes, minutes), 1_000_000).is_none());
            }
        }
    }

    #[test]
    fn a_stopped_sandbox_is_archived_then_deleted() {
        let stopped = entry(SandboxState::Stopped, 15, 60, 90);
        assert!(after(&stopped, 59).is_none());
        assert!(matches!(after(&stopped, 60), Some(Due::Archive)));
        assert!(matches!(after(&stopped, 90), Some(Due::Delete)));
        assert!(after(&entry(SandboxState::Archived, 15, 60, -1), 1_000_000).is_none());
    }
}
