//! The two operations that list sandboxes.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daytona_api::control_plane::sandbox::{Sandbox, SandboxNumberedPage, SandboxPage};
use serde::{Deserialize, Serialize};

use super::filter::{Filter, Query};
use super::registry::Registry;
use crate::control_plane::api_failure::ApiFailure;

/// Value of the sort key of a sandbox. Numbers are compared as numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
enum SortValue {
    Number(u32),
    Text(String),
}

/// Position of the last sandbox of a page; the next page starts after it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cursor {
    sort_value: SortValue,
    id: String,
}

/// `GET /sandbox`.
pub(in crate::control_plane) fn page(registry: &Registry, query: &str) -> Result<SandboxPage, ApiFailure> {
    let query = Query::parse(query);
    let sort = Sort::read(
        &query,
        "lastActivityAt",
        &["name", "cpu", "memoryGib", "diskGib", "lastActivityAt", "createdAt"],
    )?;
    let limit = limit(&query)?;
    let cursor = query.first("cursor").map(read_cursor).transpose()?;
    let mut found = select(registry, &Filter::read(&query)?);
    sort.apply(&mut found);
    if let Some(cursor) = cursor {
        let position = |sandbox: &Sandbox| {
            sort.order((&sort.value(sandbox), &sandbox.id), (&cursor.sort_value, &cursor.id))
        };
        found.retain(|sandbox| position(sandbox) == Ordering::Greater);
    }
    let next_cursor = if found.len() > limit {
        found.truncate(limit);
        found.last().map(|last| write_cursor(&Cursor { sort_value: sort.value(last), id: last.id.clone() }))
    } else {
        None
    };
    Ok(SandboxPage { items: found.into_iter().map(as_item).collect(), next_cursor })
}

/// `GET /sandbox/paginated`.
pub(in crate::control_plane) fn numbered_page(
    registry: &Registry,
    query: &str,
) -> Result<SandboxNumberedPage, ApiFailure> {
    let query = Query::parse(query);
    let known = &["id", "name", "state", "snapshot", "region", "updatedAt", "createdAt", "lastActivityAt"];
    let sort = Sort::read(&query, "createdAt", known)?;
    let limit = limit(&query)?;
    let page = query.number("page", 1..=usize::MAX)?.unwrap_or(1);
    let mut found = select(registry, &Filter::read(&query)?);
    sort.apply(&mut found);
    let total = found.len();
    let items = found.into_iter().skip((page - 1).saturating_mul(limit)).take(limit).collect();
    Ok(SandboxNumberedPage {
        items,
        total: total as u64,
        page: page as u64,
        total_pages: total.div_ceil(limit) as u64,
    })
}

fn select(registry: &Registry, filter: &Filter) -> Vec<Sandbox> {
    let entries = registry.lock();
    entries.iter().map(|entry| &entry.sandbox).filter(|sandbox| filter.admits(sandbox)).cloned().collect()
}

fn limit(query: &Query) -> Result<usize, ApiFailure> {
    Ok(query.number("limit", 1..=200)?.unwrap_or(100))
}

/// Omits the fields that list items lack. Clients recognize an item by the
/// missing `env`.
fn as_item(sandbox: Sandbox) -> Sandbox {
    Sandbox { env: None, volumes: None, build_info: None, backup_created_at: None, kvm: None, ..sandbox }
}

struct Sort {
    key: String,
    descending: bool,
}

impl Sort {
    fn read(query: &Query, default: &str, known: &[&str]) -> Result<Self, ApiFailure> {
        let key = query.first("sort").unwrap_or(default);
        if !known.contains(&key) {
            return Err(ApiFailure::bad_request(format!("sort must be one of: {}", known.join(", "))));
        }
        let descending = match query.first("order") {
            Some("asc") => false,
            Some("desc") | None => true,
            Some(_) => return Err(ApiFailure::bad_request("order must be one of: asc, desc")),
        };
        Ok(Self { key: key.to_owned(), descending })
    }

    fn value(&self, sandbox: &Sandbox) -> SortValue {
        let text = |text: Option<&str>| SortValue::Text(text.unwrap_or_default().to_owned());
        match self.key.as_str() {
            "cpu" => SortValue::Number(sandbox.cpu),
            "memoryGib" => SortValue::Number(sandbox.memory),
            "diskGib" => SortValue::Number(sandbox.disk),
            "id" => text(Some(&sandbox.id)),
            "name" => text(Some(&sandbox.name)),
            "state" => text(Some(sandbox.state.as_str())),
            "snapshot" => text(sandbox.snapshot.as_deref()),
            "region" => text(Some(&sandbox.target)),
            "updatedAt" => text(sandbox.updated_at.as_deref()),
            "createdAt" => text(sandbox.created_at.as_deref()),
            _ => text(sandbox.last_activity_at.as_deref()),
        }
    }

    fn order(&self, left: (&SortValue, &String), right: (&SortValue, &String)) -> Ordering {
        let ascending = left.cmp(&right);
        if self.descending { ascending.reverse() } else { ascending }
    }

    fn apply(&self, sandboxes: &mut [Sandbox]) {
        sandboxes.sort_by(|left, right| {
            self.order((&self.value(left), &left.id), (&self.value(right), &right.id))
        });
    }
}

fn write_cursor(cursor: &Cursor) -> String {
    // Numbers and strings can always be serialized.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

fn read_cursor(text: &str) -> Result<Cursor, ApiFailure> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| ApiFailure::bad_request("Invalid cursor"))
}
