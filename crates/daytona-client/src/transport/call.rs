//! Calls of operations of the service.

use std::marker::PhantomData;
use std::sync::Arc;

use daytona_api::toolbox::process::ExecuteResponse;
use daytona_api::{Endpoint, Repeat, Service};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Transport;
use super::request::{Body, Request};
use super::response::{Response, StreamedResponse};
use super::retry::{Before, before};
use super::url::Base;
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::transfer::upload::UploadBody;

/// More bytes than the response to a command has besides its output.
const FIELDS: usize = 64 * 1024;

/// An operation that is about to be called, with the types of its request body
/// and its response.
pub(crate) struct Call<Input, Output> {
    target: Target,
    request: Request,
    types: PhantomData<fn(Input) -> Output>,
}

/// The recipient of a call.
enum Target {
    Service(Transport),
    Sandbox(Sandbox),
    /// A service at another address than that of the API.
    Other(Transport, Arc<Base>),
}

impl Transport {
    /// Calls an operation of the control plane.
    pub(crate) fn call<Input, Output>(
        &self,
        endpoint: &'static Endpoint<Input, Output>,
    ) -> Call<Input, Output>
    where
        Input: DeserializeOwned,
        Output: DeserializeOwned,
    {
        let request = Request::new(endpoint.operation());
        Call { target: Target::Service(self.clone()), request, types: PhantomData }
    }
}

impl Sandbox {
    /// Calls an operation of this sandbox, at the control plane or its toolbox.
    pub(crate) fn call<Input, Output>(
        &self,
        endpoint: &'static Endpoint<Input, Output>,
    ) -> Call<Input, Output>
    where
        Input: DeserializeOwned,
        Output: DeserializeOwned,
    {
        let mut request = Request::new(endpoint.operation());
        request.sandbox_id = Some(self.id().to_owned());
        let target = match endpoint.service {
            Service::Toolbox => Target::Sandbox(self.clone()),
            Service::ControlPlane | Service::Analytics => {
                request = request.with("sandboxIdOrName", self.id()).with("sandboxId", self.id());
                Target::Service(self.transport().clone())
            }
        };
        Call { target, request, types: PhantomData }
    }
}

impl<Input, Output> Call<Input, Output> {
    /// Calls the service at this address instead of the one of the API.
    pub(crate) fn at(mut self, base: Arc<Base>) -> Self {
        let transport = match self.target {
            Target::Service(transport) | Target::Other(transport, _) => transport,
            Target::Sandbox(sandbox) => sandbox.transport().clone(),
        };
        self.target = Target::Other(transport, base);
        self
    }

    /// Accepts null as the response, which means nothing.
    pub(crate) fn optional(self) -> Call<Input, Option<Output>> {
        Call { target: self.target, request: self.request, types: PhantomData }
    }

    /// Sets a parameter of the path or the query.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.request = self.request.with(name, value);
        self
    }

    /// Sets a parameter if there is a value.
    pub(crate) fn with_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Offers a subprotocol for a WebSocket.
    pub(crate) fn offering(mut self, protocol: &str) -> Self {
        self.request = self.request.offering(protocol);
        self
    }

    /// Sets the sandbox's id for error messages.
    pub(crate) fn about(mut self, sandbox_id: &str) -> Self {
        self.request.sandbox_id = Some(sandbox_id.to_owned());
        self
    }

    /// Sets the JSON body of the request.
    pub(crate) fn json(mut self, body: &Input) -> Self
    where
        Input: Serialize,
    {
        // Cannot fail: wire types are structs with string keys.
        self.request.body = Body::Json(serde_json::to_vec(body).unwrap_or_default().into());
        self
    }

    /// Sets the files to upload as the body of the request.
    pub(crate) fn upload(mut self, body: UploadBody) -> Self {
        self.request.body = Body::Upload(body);
        self
    }

    /// Sets a body that is written while it is sent.
    pub(crate) fn streamed(mut self, body: crate::transfer::upload_stream::StreamedBody) -> Self {
        self.request.body = Body::Streamed(body);
        self.request.repeat = Repeat::Never;
        self
    }

    /// Allows retries of this call although the operation is not idempotent.
    pub(crate) fn repeatable(mut self) -> Self {
        self.request.repeat = Repeat::Safe;
        self
    }

    /// Sets how many bytes of the output are needed, if not all of them.
    pub(crate) fn output_limit(mut self, bytes: Option<usize>) -> Self {
        // An escape takes up to six bytes for a byte.
        self.request.response_limit = bytes.map(|bytes| bytes.saturating_mul(6).saturating_add(FIELDS));
        self
    }

    /// Sends the request and reads the whole response.
    pub(crate) async fn fetch(&self, deadline: Deadline) -> Result<Response, Error> {
        match &self.target {
            Target::Service(transport) => transport.fetch(&self.request, deadline).await,
            Target::Sandbox(sandbox) => sandbox.fetch(&self.request, deadline).await,
            Target::Other(transport, base) => transport.fetch_at(base, &self.request, deadline).await,
        }
    }

    /// Sends the request and streams the body of the response.
    pub(crate) async fn stream(&self, deadline: Deadline) -> Result<StreamedResponse, Error> {
        match &self.target {
            Target::Service(transport) => transport.stream(&self.request, deadline).await,
            Target::Sandbox(sandbox) => sandbox.stream(&self.request, deadline).await,
            Target::Other(transport, base) => transport.stream_at(base, &self.request, deadline).await,
        }
    }

    /// Opens a WebSocket.
    pub(crate) async fn upgrade(&self, deadline: Deadline) -> Result<super::websocket::WebSocket, Error> {
        match &self.target {
            Target::Service(transport) => transport.upgrade(&self.request, deadline).await,
            Target::Sandbox(sandbox) => sandbox.upgrade(&self.request, deadline).await,
            Target::Other(transport, base) => transport.upgrade_at(base, &self.request, deadline).await,
        }
    }

    /// Sends the request and deserializes the JSON body of the response.
    pub(crate) async fn send(&self, deadline: Deadline) -> Result<Output, Error>
    where
        Output: DeserializeOwned + Send + 'static,
    {
        self.fetch(deadline).await?.json().await
    }
}

impl<Input> Call<Input, ExecuteResponse> {
    /// Sends the request and deserializes the result of the command while it is received.
    pub(crate) async fn execute(mut self, deadline: Deadline) -> Result<ExecuteResponse, Error> {
        self.request.is_execute = true;
        self.fetch(deadline).await?.execute_response().await
    }
}

impl<Input> Call<Input, ()> {
    /// Sends the request and ignores the body of the response. Succeeds also when the
    /// response to a retry says that an earlier attempt had its effect.
    pub(crate) async fn done(&self, deadline: Deadline) -> Result<(), Error> {
        match self.fetch(deadline).await {
            Ok(_) => Ok(()),
            Err(error) if before(self.request.repeat, &error) == Before::Done => Ok(()),
            Err(error) => Err(error),
        }
    }
}
