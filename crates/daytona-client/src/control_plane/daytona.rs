//! The client of the control plane.

use std::collections::BTreeMap;

use daytona_api::control_plane::sandbox::{self, Sandbox as SandboxData};
use futures_util::{StreamExt as _, stream};

use super::sandbox::Sandbox;
use crate::config::Config;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::transport::Transport;
use crate::transport::response::Response;

/// How many sandboxes are deleted at once, so that the service does not throttle most of them.
const DELETES: usize = 8;

/// The client of one organization's sandboxes.
#[derive(Clone)]
pub struct Daytona {
    pub(crate) transport: Transport,
    target: Option<String>,
}

/// The result of [`Daytona::delete_all`].
#[derive(Debug, Default)]
pub struct DeleteAllReport {
    /// Ids of the deleted sandboxes.
    pub deleted: Vec<String>,
    /// Ids of the sandboxes that could not be deleted, and the errors.
    pub failed: Vec<(String, Error)>,
}

impl Daytona {
    /// Creates a client with this configuration. Sends no request.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] when the API URL or the key is invalid.
    pub fn new(config: Config) -> Result<Self, Error> {
        Ok(Self { transport: Transport::new(&config)?, target: config.target })
    }

    /// Returns the API URL of the control plane.
    #[must_use]
    pub fn api_url(&self) -> &str {
        self.transport.base()
    }

    /// Returns the region for new sandboxes.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// Returns a sandbox by id or name, in any state: `GET /sandbox/{id}`.
    ///
    /// # Errors
    /// [`ErrorKind::SandboxNotFound`], [`ErrorKind::InvalidArgument`] for an empty
    /// string, and the errors of every call to the control plane.
    pub async fn get(&self, id_or_name: &str, deadline: Deadline) -> Result<Sandbox, Error> {
        if id_or_name.trim().is_empty() {
            let message = "the id or name of a sandbox must not be empty";
            return Err(Error::new(ErrorKind::InvalidArgument, sandbox::GET.name, message));
        }
        let call = self.transport.call(&sandbox::GET).with("sandboxIdOrName", id_or_name).about(id_or_name);
        self.handle(call.fetch(deadline).await?).await
    }

    /// Returns the handle of the sandbox in a response.
    pub(crate) async fn handle(&self, response: Response) -> Result<Sandbox, Error> {
        let without_id = response.unexpected_content("a sandbox without an id");
        let data: SandboxData = response.json().await?;
        if data.id.is_empty() {
            return Err(without_id);
        }
        Ok(Sandbox::new(self.transport.clone(), data))
    }

    /// Deletes the sandboxes with these labels, from all pages, a few at once. Those
    /// that the service throttles are deleted later, as long as it deletes others.
    /// The report contains the failures.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] without a label, since that would delete
    /// every sandbox; the errors of [`Daytona::list`].
    pub async fn delete_all(
        &self,
        labels: &BTreeMap<String, String>,
        deadline: Deadline,
    ) -> Result<DeleteAllReport, Error> {
        if labels.is_empty() {
            let message = "labels must not be empty, because every sandbox of the organization would match. Pass at least one label";
            return Err(Error::new(ErrorKind::InvalidArgument, "delete sandboxes by label", message));
        }
        let sandboxes = self.list(labels, deadline).await?;
        let mut results = BTreeMap::new();
        let mut waiting: Vec<_> = sandboxes.iter().cloned().enumerate().collect();
        while !waiting.is_empty() {
            let deletes = stream::iter(waiting)
                .map(|(index, sandbox)| async move { (index, sandbox.delete(deadline).await) })
                .buffer_unordered(DELETES);
            let round: BTreeMap<_, _> = deletes.collect().await;
            let throttled = round.iter().filter(|(_, result)| is_throttled(result)).map(|(index, _)| *index);
            let throttled: Vec<_> = throttled.collect();
            // Without progress, more requests are futile.
            let again = if throttled.len() < round.len() { throttled } else { Vec::new() };
            waiting = again.into_iter().map(|index| (index, sandboxes[index].clone())).collect();
            results.extend(round);
        }
        let mut report = DeleteAllReport::default();
        for (sandbox, result) in sandboxes.iter().zip(results.into_values()) {
            match result {
                Ok(()) => report.deleted.push(sandbox.id().to_owned()),
                Err(error) => report.failed.push((sandbox.id().to_owned(), error)),
            }
        }
        Ok(report)
    }
}

fn is_throttled(result: &Result<(), Error>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == ErrorKind::RateLimited)
}
