//! Lists of sandboxes, page by page.

use std::collections::BTreeMap;

use daytona_api::Whole;
use daytona_api::control_plane::sandbox::{self, SandboxPage};

use super::daytona::Daytona;
use super::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::transport::response::Response;

/// Sandboxes per page of a list; the maximum that the service allows.
const PAGE_SIZE: u32 = 200;

/// Which sandboxes to list, and in which order. Absent properties match every sandbox.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_to_js = false))]
pub struct SandboxQuery {
    /// Sandboxes of a page, 1 to 200. Default: 200.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub limit: Option<Whole<u32>>,
    /// Start of the id, in any letter case.
    pub id: Option<String>,
    /// Start of the name, in any letter case.
    pub name: Option<String>,
    /// Labels that the sandboxes must have.
    pub labels: Option<BTreeMap<String, String>>,
    /// States, of which the sandboxes must have one.
    pub states: Option<Vec<String>>,
    /// Names of snapshots, of which the sandboxes must have one.
    pub snapshots: Option<Vec<String>>,
    /// Regions, of which the sandboxes must have one.
    pub targets: Option<Vec<String>>,
    /// Least number of CPU cores.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub min_cpu: Option<Whole<u32>>,
    /// Largest number of CPU cores.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub max_cpu: Option<Whole<u32>>,
    /// Least memory in GiB.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub min_memory_gib: Option<Whole<u32>>,
    /// Largest memory in GiB.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub max_memory_gib: Option<Whole<u32>>,
    /// Least disk in GiB.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub min_disk_gib: Option<Whole<u32>>,
    /// Largest disk in GiB.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub max_disk_gib: Option<Whole<u32>>,
    /// Whether previews need no key.
    pub is_public: Option<bool>,
    /// Whether they can be recovered from an error state.
    pub is_recoverable: Option<bool>,
    /// Time of creation, at or after; RFC 3339, as all times here.
    pub created_at_after: Option<String>,
    /// Time of creation, at or before.
    pub created_at_before: Option<String>,
    /// Time of the last use, at or after.
    pub last_activity_after: Option<String>,
    /// Time of the last use, at or before.
    pub last_activity_before: Option<String>,
    /// Time of the automatic deletion, at or after.
    pub auto_destroy_at_after: Option<String>,
    /// Time of the automatic deletion, at or before.
    pub auto_destroy_at_before: Option<String>,
    /// What to sort by: `name`, `cpu`, `memoryGib`, `diskGib`, `lastActivityAt` or `createdAt`.
    pub sort: Option<String>,
    /// `asc` or `desc`.
    pub order: Option<String>,
}

impl SandboxQuery {
    /// Returns the labels as a query parameter.
    fn labels_parameter(&self) -> Option<String> {
        let labels = self.labels.as_ref().filter(|labels| !labels.is_empty())?;
        // Cannot fail: a map of strings is always serializable.
        Some(serde_json::to_string(labels).unwrap_or_default())
    }

    /// Returns the query parameters besides labels, cursor and page size.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let lists = [("states", &self.states), ("snapshots", &self.snapshots), ("regionIds", &self.targets)];
        let lists = lists
            .into_iter()
            .flat_map(|(name, values)| values.iter().flatten().map(move |value| (name, value.clone())));
        let numbers = [
            ("minCpu", self.min_cpu),
            ("maxCpu", self.max_cpu),
            ("minMemoryGiB", self.min_memory_gib),
            ("maxMemoryGiB", self.max_memory_gib),
            ("minDiskGiB", self.min_disk_gib),
            ("maxDiskGiB", self.max_disk_gib),
        ];
        let numbers = numbers.into_iter().filter_map(|(name, value)| Some((name, value?.0.to_string())));
        let flags = [("isPublic", self.is_public), ("isRecoverable", self.is_recoverable)];
        let flags = flags.into_iter().filter_map(|(name, value)| Some((name, value?.to_string())));
        let texts = [
            ("id", &self.id),
            ("name", &self.name),
            ("createdAtAfter", &self.created_at_after),
            ("createdAtBefore", &self.created_at_before),
            ("lastEventAfter", &self.last_activity_after),
            ("lastEventBefore", &self.last_activity_before),
            ("autoDestroyAtAfter", &self.auto_destroy_at_after),
            ("autoDestroyAtBefore", &self.auto_destroy_at_before),
            ("sort", &self.sort),
            ("order", &self.order),
        ];
        let texts = texts.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        lists.chain(numbers).chain(flags).chain(texts).collect()
    }
}

/// The sandboxes that match a query, page by page.
pub struct SandboxPages {
    daytona: Daytona,
    query: SandboxQuery,
    next: Next,
}

/// The page that comes next.
#[derive(Clone, Debug)]
enum Next {
    First,
    After(String),
    /// Of a service that numbers its pages.
    Number(u64),
    None,
}

impl Daytona {
    /// Returns the sandboxes that match a query, page by page: `GET /sandbox`, or
    /// `GET /sandbox/paginated` on services that have no other list. Sends no request.
    #[must_use]
    pub fn pages(&self, query: SandboxQuery) -> SandboxPages {
        SandboxPages { daytona: self.clone(), query, next: Next::First }
    }

    /// Returns the sandboxes with these labels from all pages, see [`Daytona::pages`].
    ///
    /// # Errors
    /// The errors of every call to the control plane.
    pub async fn list(
        &self,
        labels: &BTreeMap<String, String>,
        deadline: Deadline,
    ) -> Result<Vec<Sandbox>, Error> {
        let query = SandboxQuery { labels: Some(labels.clone()), ..SandboxQuery::default() };
        let mut pages = self.pages(query);
        let mut found = Vec::new();
        while let Some(page) = pages.next(deadline).await? {
            found.extend(page);
        }
        Ok(found)
    }
}

impl SandboxPages {
    /// Returns the sandboxes of the next page, or `None` after the last one. A page that
    /// failed is requested again by the next call.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when the service is too old for filters other than
    /// labels, and the errors of every call to the control plane.
    pub async fn next(&mut self, deadline: Deadline) -> Result<Option<Vec<Sandbox>>, Error> {
        let (page, next) = match self.next.clone() {
            Next::None => return Ok(None),
            Next::Number(number) => self.numbered(number, deadline).await?,
            Next::First => match self.after(None, deadline).await {
                Err(error) if error.kind() == ErrorKind::Unsupported && error.status().is_some() => {
                    self.numbered(1, deadline).await?
                }
                page => page?,
            },
            Next::After(cursor) => self.after(Some(cursor), deadline).await?,
        };
        self.next = next;
        let transport = &self.daytona.transport;
        Ok(Some(page.into_iter().map(|data| Sandbox::new(transport.clone(), data)).collect()))
    }

    async fn after(&self, cursor: Option<String>, deadline: Deadline) -> Result<Page, Error> {
        let limit = self.query.limit.map_or(PAGE_SIZE, |Whole(limit)| limit);
        let call = self.daytona.transport.call(&sandbox::LIST).with("limit", limit.to_string());
        let call = call.with_some("labels", self.query.labels_parameter()).with_some("cursor", cursor);
        let parameters = self.query.parameters().into_iter();
        let call = parameters.fold(call, |call, (name, value)| call.with(name, value));
        let response = call.fetch(deadline).await?;
        if is_bare_array(&response) {
            self.refuse_filters()?;
            return Ok((response.json().await?, Next::None));
        }
        let page: SandboxPage = response.json().await?;
        let cursor = page.next_cursor.filter(|next| !next.is_empty());
        Ok((page.items, cursor.map_or(Next::None, Next::After)))
    }

    async fn numbered(&self, number: u64, deadline: Deadline) -> Result<Page, Error> {
        self.refuse_filters()?;
        let call = self.daytona.transport.call(&sandbox::LIST_NUMBERED).with("limit", PAGE_SIZE.to_string());
        let call = call.with_some("labels", self.query.labels_parameter()).with("page", number.to_string());
        let page = call.send(deadline).await?;
        let is_last = number >= page.total_pages;
        Ok((page.items, if is_last { Next::None } else { Next::Number(number + 1) }))
    }

    /// Refuses what an old service would ignore.
    fn refuse_filters(&self) -> Result<(), Error> {
        let Some((name, _)) = self.query.parameters().into_iter().next() else { return Ok(()) };
        let message = format!(
            "this service is too old to filter and sort by {name}. List the sandboxes by labels, and filter the result"
        );
        Err(Error::new(ErrorKind::Unsupported, sandbox::LIST.name, message))
    }
}

type Page = (Vec<daytona_api::control_plane::sandbox::Sandbox>, Next);

/// Returns whether the response is that of a service before 0.180, which returns the
/// whole list as an array.
fn is_bare_array(response: &Response) -> bool {
    response.bytes().trim_ascii_start().starts_with(b"[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_is_a_parameter_of_the_operation() {
        let text = || Some("x".to_owned());
        let list = || Some(vec!["a".to_owned(), "b".to_owned()]);
        let number = Some(Whole(3));
        let query = SandboxQuery {
            limit: number,
            id: text(),
            name: text(),
            labels: None,
            states: list(),
            snapshots: list(),
            targets: list(),
            min_cpu: number,
            max_cpu: number,
            min_memory_gib: number,
            max_memory_gib: number,
            min_disk_gib: number,
            max_disk_gib: number,
            is_public: Some(true),
            is_recoverable: Some(false),
            created_at_after: text(),
            created_at_before: text(),
            last_activity_after: text(),
            last_activity_before: text(),
            auto_destroy_at_after: text(),
            auto_destroy_at_before: text(),
            sort: text(),
            order: text(),
        };
        let parameters = query.parameters();
        // Each list has two values; labels, limit and cursor are added to the call.
        assert_eq!(parameters.len(), sandbox::LIST.optional.len() - 3 + 3);
        assert!(parameters.iter().all(|(name, _)| sandbox::LIST.optional.contains(name)));
        assert!(SandboxQuery::default().parameters().is_empty());
    }
}
