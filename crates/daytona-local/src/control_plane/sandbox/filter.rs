//! Filters of the list operations.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use daytona_api::control_plane::sandbox::{Sandbox, SandboxState};
use jiff::Timestamp;

use crate::control_plane::api_failure::ApiFailure;

/// The name and value pairs of a query string, in order.
pub(in crate::control_plane) struct Query(Vec<(String, String)>);

impl Query {
    pub(in crate::control_plane) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub(in crate::control_plane) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Returns all values of a name, which may be repeated or end in brackets.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let bare = |key: &str| key.split_once('[').map_or(key.to_owned(), |(bare, _)| bare.to_owned());
        self.0.iter().filter(|(key, _)| bare(key) == name).map(|(_, value)| value.clone()).collect()
    }

    pub(in crate::control_plane) fn number(
        &self,
        name: &str,
        allowed: RangeInclusive<usize>,
    ) -> Result<Option<usize>, ApiFailure> {
        let Some(text) = self.first(name) else { return Ok(None) };
        text.parse().ok().filter(|number| allowed.contains(number)).map(Some).ok_or_else(|| {
            ApiFailure::bad_request(format!(
                "{name} must be a whole number from {} to {}",
                allowed.start(),
                allowed.end()
            ))
        })
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, ApiFailure> {
        match self.first(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(ApiFailure::bad_request(format!("{name} must be true or false"))),
        }
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, ApiFailure> {
        let read = |text: &str| {
            text.parse().map_err(|_| ApiFailure::bad_request(format!("{name} must be a valid ISO 8601 date")))
        };
        self.first(name).map(read).transpose()
    }
}

/// Inclusive bounds of a number or a time.
struct Bounds<T> {
    least: Option<T>,
    most: Option<T>,
}

impl<T: PartialOrd> Bounds<T> {
    fn admit(&self, value: Option<T>) -> bool {
        if self.least.is_none() && self.most.is_none() {
            return true;
        }
        value.is_some_and(|value| {
            self.least.as_ref().is_none_or(|least| value >= *least)
                && self.most.as_ref().is_none_or(|most| value <= *most)
        })
    }
}

/// The conditions of a list request.
pub(in crate::control_plane) struct Filter {
    id: Option<String>,
    name: Option<String>,
    labels: BTreeMap<String, String>,
    states: Vec<SandboxState>,
    snapshots: Vec<String>,
    targets: Vec<String>,
    public: Option<bool>,
    recoverable: Option<bool>,
    resources: [Bounds<usize>; 3],
    created: Bounds<Timestamp>,
    used: Bounds<Timestamp>,
    destroyed: Bounds<Timestamp>,
}

impl Filter {
    pub(in crate::control_plane) fn read(query: &Query) -> Result<Self, ApiFailure> {
        let labels = query.first("labels").map(read_labels).transpose()?.unwrap_or_default();
        let mut targets = query.all("regionIds");
        targets.extend(query.all("regions"));
        let bounds = |least: &str, most: &str| -> Result<Bounds<usize>, ApiFailure> {
            Ok(Bounds {
                least: query.number(least, 1..=usize::MAX)?,
                most: query.number(most, 1..=usize::MAX)?,
            })
        };
        let times = |least: &str, most: &str| -> Result<Bounds<Timestamp>, ApiFailure> {
            Ok(Bounds { least: query.time(least)?, most: query.time(most)? })
        };
        Ok(Self {
            id: query.first("id").map(str::to_lowercase),
            name: query.first("name").map(str::to_lowercase),
            labels,
            states: read_states(query)?,
            snapshots: query.all("snapshots"),
            targets,
            public: query.flag("isPublic")?,
            recoverable: query.flag("isRecoverable")?,
            resources: [
                bounds("minCpu", "maxCpu")?,
                bounds("minMemoryGiB", "maxMemoryGiB")?,
                bounds("minDiskGiB", "maxDiskGiB")?,
            ],
            created: times("createdAtAfter", "createdAtBefore")?,
            used: times("lastEventAfter", "lastEventBefore")?,
            destroyed: times("autoDestroyAtAfter", "autoDestroyAtBefore")?,
        })
    }

    pub(in crate::control_plane) fn admits(&self, sandbox: &Sandbox) -> bool {
        let starts = |text: &str, prefix: &Option<String>| {
            prefix.as_ref().is_none_or(|prefix| text.to_lowercase().starts_with(prefix))
        };
        let among = |list: &[String], text: &str| list.is_empty() || list.iter().any(|item| item == text);
        let time = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
        let resources = [sandbox.cpu, sandbox.memory, sandbox.disk];
        starts(&sandbox.id, &self.id)
            && starts(&sandbox.name, &self.name)
            && self.labels.iter().all(|(key, value)| sandbox.labels.get(key) == Some(value))
            && (self.states.is_empty() || self.states.contains(&sandbox.state))
            && among(&self.snapshots, sandbox.snapshot.as_deref().unwrap_or_default())
            && among(&self.targets, &sandbox.target)
            && self.public.is_none_or(|public| sandbox.public == public)
            && self.recoverable.is_none_or(|recoverable| sandbox.recoverable == Some(recoverable))
            && self
                .resources
                .iter()
                .zip(resources)
                .all(|(bounds, number)| bounds.admit(usize::try_from(number).ok()))
            && self.created.admit(time(&sandbox.created_at))
            && self.used.admit(time(&sandbox.last_activity_at))
            && self.destroyed.admit(time(&sandbox.auto_destroy_at))
    }
}

fn read_labels(text: &str) -> Result<BTreeMap<String, String>, ApiFailure> {
    serde_json::from_str(text).map_err(|_| ApiFailure::bad_request("Invalid labels JSON"))
}

fn read_states(query: &Query) -> Result<Vec<SandboxState>, ApiFailure> {
    let read = |text: &String| match SandboxState::from(text.as_str()) {
        SandboxState::Other(_) | SandboxState::Destroyed => {
            Err(ApiFailure::bad_request(format!("states: {text} is not a state that can be listed")))
        }
        state => Ok(state),
    };
    query.all("states").iter().map(read).collect()
}
