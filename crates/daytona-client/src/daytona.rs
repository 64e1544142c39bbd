//! The client of the control plane.

use std::collections::BTreeMap;

use daytona_api::path;
use daytona_api::sandbox::{Sandbox as SandboxData, SandboxNumberedPage, SandboxPage};
use futures_util::future::join_all;
use http::Method;

use crate::classify::Service;
use crate::config::Config;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::request::Request;
use crate::response::Response;
use crate::sandbox::Sandbox;
use crate::transport::Transport;

/// Sandboxes in one page of a list; the most that the service gives.
const PAGE: &str = "200";

/// The client of one organization's sandboxes.
#[derive(Clone)]
pub struct Daytona {
    pub(crate) transport: Transport,
    target: Option<String>,
}

/// What [`Daytona::delete_all`] did.
#[derive(Debug, Default)]
pub struct DeleteAllReport {
    /// Ids of the sandboxes that are deleted.
    pub deleted: Vec<String>,
    /// Ids of those that are still there, and why.
    pub failed: Vec<(String, Error)>,
}

impl Daytona {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for an address or a key that cannot be used.
    pub fn new(config: Config) -> Result<Self, Error> {
        Ok(Self { transport: Transport::new(&config)?, target: config.target })
    }

    /// The control plane's address.
    #[must_use]
    pub fn api_url(&self) -> &str {
        self.transport.base()
    }

    /// Region for new sandboxes.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// A sandbox by its id or name: `GET /sandbox/{id}`.
    ///
    /// # Errors
    /// [`ErrorKind::SandboxNotFound`], and those of every call to the control plane.
    pub async fn get(&self, id_or_name: &str, deadline: Deadline) -> Result<Sandbox, Error> {
        if id_or_name.trim().is_empty() {
            let message = "the id or name of a sandbox must not be empty";
            return Err(Error::new(ErrorKind::InvalidArgument, "find the sandbox", message));
        }
        let path = path::sandbox(id_or_name);
        let request = Request::new(Service::Sandbox, Method::GET, path, "find the sandbox").about(id_or_name);
        self.handle(self.transport.fetch(&request, deadline).await?).await
    }

    /// The handle of the sandbox that an answer shows.
    pub(crate) async fn handle(&self, answer: Response) -> Result<Sandbox, Error> {
        let nameless = answer.wrong_shape("no sandbox");
        let data: SandboxData = answer.json().await?;
        if data.id.is_empty() {
            return Err(nameless);
        }
        Ok(Sandbox::new(self.transport.clone(), data))
    }

    /// All sandboxes that carry these labels, of all pages: `GET /sandbox`, or
    /// `GET /sandbox/paginated` where the service has no other list.
    ///
    /// # Errors
    /// Those of every call to the control plane.
    pub async fn list(
        &self,
        labels: &BTreeMap<String, String>,
        deadline: Deadline,
    ) -> Result<Vec<Sandbox>, Error> {
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let request = list_request(path::SANDBOXES, labels).query_some("cursor", cursor.as_deref());
            let page = match self.transport.fetch(&request, deadline).await {
                Ok(answer) => page(answer).await?,
                Err(error) if error.kind() == ErrorKind::Unsupported => {
                    return self.list_numbered(labels, deadline).await;
                }
                Err(error) => return Err(error),
            };
            found.extend(page.items);
            cursor = page.next_cursor.filter(|next| !next.is_empty());
            if cursor.is_none() {
                break;
            }
        }
        Ok(self.handles(found))
    }

    async fn list_numbered(
        &self,
        labels: &BTreeMap<String, String>,
        deadline: Deadline,
    ) -> Result<Vec<Sandbox>, Error> {
        let mut found = Vec::new();
        for number in 1.. {
            let request = list_request(path::SANDBOXES_PAGINATED, labels).query("page", number.to_string());
            let page: SandboxNumberedPage = self.transport.fetch(&request, deadline).await?.json().await?;
            found.extend(page.items);
            if number >= page.total_pages {
                break;
            }
        }
        Ok(self.handles(found))
    }

    /// Deletes all sandboxes that carry these labels, of all pages, side by
    /// side, and says what could not be deleted.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] without a label, since that would delete
    /// everything; those of [`Daytona::list`].
    pub async fn delete_all(
        &self,
        labels: &BTreeMap<String, String>,
        deadline: Deadline,
    ) -> Result<DeleteAllReport, Error> {
        if labels.is_empty() {
            let message = "at least one label is needed: none would match every sandbox of the organization";
            return Err(Error::new(ErrorKind::InvalidArgument, "delete sandboxes by label", message));
        }
        let sandboxes = self.list(labels, deadline).await?;
        let results = join_all(sandboxes.iter().map(|sandbox| sandbox.delete(deadline))).await;
        let mut report = DeleteAllReport::default();
        for (sandbox, result) in sandboxes.iter().zip(results) {
            match result {
                Ok(()) => report.deleted.push(sandbox.id().to_owned()),
                Err(error) => report.failed.push((sandbox.id().to_owned(), error)),
            }
        }
        Ok(report)
    }

    fn handles(&self, found: Vec<SandboxData>) -> Vec<Sandbox> {
        found.into_iter().map(|data| Sandbox::new(self.transport.clone(), data)).collect()
    }
}

fn list_request(path: &str, labels: &BTreeMap<String, String>) -> Request {
    let request =
        Request::new(Service::ControlPlane, Method::GET, path, "list sandboxes").query("limit", PAGE);
    // A map of texts always serialises.
    let labels = (!labels.is_empty()).then(|| serde_json::to_string(labels).unwrap_or_default());
    request.query_some("labels", labels)
}

/// Services before 0.180 answer with a bare array, which is the whole list.
async fn page(answer: Response) -> Result<SandboxPage, Error> {
    if answer.body.trim_ascii_start().starts_with(b"[") {
        return Ok(SandboxPage { items: answer.json().await?, next_cursor: None });
    }
    answer.json().await
}
