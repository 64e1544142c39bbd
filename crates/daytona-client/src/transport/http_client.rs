//! HTTP over pooled connections.

use std::error::Error as StdError;
use std::time::Duration;
use std::{fmt, io};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::upgrade::Upgraded;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use super::connector::Connector;
use super::error_chain::chain;
use super::event_loop::ConnectionExecutor;
use super::request_body::RequestBody;

/// Commands hold a connection each for as long as they run, so as many are
/// kept for the next ones.
const IDLE_CONNECTIONS: usize = 512;
/// How much is read at once of a large response, at most. With less, more time is spent on
/// handing pieces on than on receiving them.
const READ_SIZE: usize = 1024 * 1024;
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// Sends requests, and keeps their connections for the next ones.
pub(crate) struct HttpClient {
    client: Client<Connector, RequestBody>,
}

impl HttpClient {
    pub(super) fn new(connector: Connector) -> Self {
        Self::driven_by(ConnectionExecutor::Runtime(TokioExecutor::new()), connector)
    }

    /// Sends requests over connections that this executor drives.
    pub(super) fn driven_by(executor: ConnectionExecutor, connector: Connector) -> Self {
        let client = Client::builder(executor)
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http1_max_buf_size(READ_SIZE)
            .build(connector);
        Self { client }
    }

    /// Sends a request and returns once the head of the response is there.
    pub(super) fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> impl Future<Output = Result<HttpResponse, SendError>> + Send + use<> {
        // Not in the asynchronous block, which each crate that awaits it compiles anew.
        let sent = self.client.request(request);
        async move { Ok(HttpResponse { response: sent.await? }) }
    }
}

/// The head of a response, whose body is read as it comes.
pub(crate) struct HttpResponse {
    response: http::Response<Incoming>,
}

impl HttpResponse {
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Returns the size of the body, if the service announced it.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.response.body().size_hint().exact()
    }

    /// Returns the next chunk of the body, or `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, SendError> {
        loop {
            let Some(frame) = self.response.body_mut().frame().await else { return Ok(None) };
            // The others are trailers.
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
    }

    /// Returns the connection, on which another protocol is spoken from now on.
    pub(crate) async fn upgrade(self) -> Result<TokioIo<Upgraded>, SendError> {
        Ok(TokioIo::new(hyper::upgrade::on(self.response).await?))
    }
}

/// Why a request has no response, or not a whole one.
#[derive(Debug)]
pub(crate) struct SendError {
    /// Whether no connection was established.
    is_connect: bool,
    source: Box<dyn StdError + Send + Sync>,
}

impl SendError {
    pub(super) fn is_connect(&self) -> bool {
        self.is_connect
    }

    pub(super) fn is_timeout(&self) -> bool {
        chain(self)
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|cause| cause.kind() == io::ErrorKind::TimedOut)
    }

    /// Returns whether the service said that it has not looked at the request, as one that is
    /// shut down does.
    pub(super) fn is_unprocessed(&self) -> bool {
        chain(self).filter_map(|cause| cause.downcast_ref::<h2::Error>()).any(|cause| {
            let is_end = cause.is_go_away() && cause.reason() == Some(h2::Reason::NO_ERROR);
            let is_refused = cause.is_reset() && cause.reason() == Some(h2::Reason::REFUSED_STREAM);
            cause.is_remote() && (is_end || is_refused)
        })
    }
}

impl From<legacy::Error> for SendError {
    fn from(error: legacy::Error) -> Self {
        Self { is_connect: error.is_connect(), source: error.into() }
    }
}

impl From<hyper::Error> for SendError {
    fn from(error: hyper::Error) -> Self {
        Self { is_connect: false, source: error.into() }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_connect { "cannot connect" } else { "the connection was lost" })
    }
}

impl StdError for SendError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
