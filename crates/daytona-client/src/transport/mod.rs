//! The one transport of the process: connections, deadlines, repeated requests.

mod broken;
pub(crate) mod call;
mod collected_body;
mod connection_limit;
mod connector;
mod error_chain;
pub(crate) mod event_loop;
mod execute_body;
mod http_client;
pub(crate) mod json;
pub(crate) mod loop_connections;
pub(crate) mod network;
mod proxy;
pub(crate) mod request;
pub(crate) mod request_body;
mod resolver;
pub(crate) mod response;
pub(crate) mod retry;
mod tls;
mod unusable;
pub(crate) mod url;
pub(crate) mod websocket;

use std::collections::BTreeMap;
use std::sync::Arc;

use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::OnceCell;
use tokio::time::timeout_at;

use crate::config::Config;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use broken::Way;
use connection_limit::limited;
use network::{Network, Protocol};
use request::Request;
use response::{ReadResponse, RequestContext, Response, StreamedResponse, refusal};
use retry::{Failure, Retries, retry_after};
use unusable::Unusable;
use url::Base;
use websocket::WebSocket;

/// Names the shapes of responses that this client reads: services since 0.167
/// look at it and split or merge outputs accordingly.
const CONTRACT_VERSION: &str = "0.218.0";
const SOURCE: &str = "daytona-native";
const BEARER: &str = "Bearer ";

/// Sends requests with one caller's credentials.
#[derive(Clone)]
pub(crate) struct Transport {
    shared: Arc<Shared>,
}

struct Shared {
    base: Arc<Base>,
    headers: HeaderMap,
    network: Network,
    /// Base URL of the analytics service, once it is known whether there is one.
    analytics: OnceCell<Option<Arc<Base>>>,
}

/// What went wrong with one attempt, and whether that can be repeated.
struct Attempt {
    failure: Option<Failure>,
    wait: Option<std::time::Duration>,
    error: Error,
}

impl Attempt {
    /// An attempt that exceeded the deadline, which is not repeated.
    fn late(request: &Request, deadline: Deadline) -> Self {
        Self { failure: None, wait: None, error: deadline.exceeded(request.name()) }
    }
}

impl Transport {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let shared = Shared {
            base: Arc::new(Base::new(&config.base_url()?)),
            headers: headers(&config.api_key, config.organization_id.as_deref())?,
            network: config.network.clone(),
            analytics: OnceCell::new(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Where the analytics service is, once that is known.
    pub(crate) fn analytics(&self) -> &OnceCell<Option<Arc<Base>>> {
        &self.shared.analytics
    }

    /// The control plane's base, without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        self.shared.base.as_str()
    }

    /// Sends a request to the control plane and reads the whole response.
    pub(crate) async fn fetch(&self, request: &Request, deadline: Deadline) -> Result<Response, Error> {
        self.fetch_at(&self.shared.base, request, deadline).await
    }

    /// Sends a request to the control plane; the body of the response is read as it comes.
    pub(crate) async fn stream(
        &self,
        request: &Request,
        deadline: Deadline,
    ) -> Result<StreamedResponse, Error> {
        self.repeat(&self.shared.base, request, deadline, Protocol::Any).await
    }

    /// Asks the control plane for a WebSocket.
    pub(crate) async fn upgrade(&self, request: &Request, deadline: Deadline) -> Result<WebSocket, Error> {
        self.upgrade_at(&self.shared.base, request, deadline).await
    }

    /// Sends a request to a service at `base` and reads the whole response.
    pub(crate) async fn fetch_at(
        &self,
        base: &Arc<Base>,
        request: &Request,
        deadline: Deadline,
    ) -> Result<Response, Error> {
        self.repeat(base, request, deadline, Protocol::Any).await
    }

    /// Sends a request to a service at `base` and returns once the head of the
    /// response is there; its body is read as it comes.
    pub(crate) async fn stream_at(
        &self,
        base: &Arc<Base>,
        request: &Request,
        deadline: Deadline,
    ) -> Result<StreamedResponse, Error> {
        self.repeat(base, request, deadline, Protocol::Any).await
    }

    /// Asks a service at `base` for a WebSocket.
    pub(crate) async fn upgrade_at(
        &self,
        base: &Arc<Base>,
        request: &Request,
        deadline: Deadline,
    ) -> Result<WebSocket, Error> {
        self.repeat(base, request, deadline, Protocol::WebSocket).await
    }

    async fn repeat<T: ReadResponse>(
        &self,
        base: &Arc<Base>,
        request: &Request,
        deadline: Deadline,
        protocol: Protocol,
    ) -> Result<T, Error> {
        request.check().map_err(|error| about(request, error))?;
        let path = request.path_and_query();
        let mut retries = Retries::new(request.repeat);
        loop {
            // Boxed: these are the largest parts of the future of every call, which is moved
            // several times before it is polled.
            let attempt = Box::pin(self.attempt(base, request, &path, deadline, protocol));
            // A call that waits for others to end is not idle.
            let attempt = limited(base, request, unless_stalled(request, deadline, attempt));
            let attempt = Box::pin(timeout_at(deadline.at(), attempt));
            // A timeout polls its future once even when it has passed already.
            let in_time = if deadline.remaining().is_zero() { None } else { attempt.await.ok() };
            // Whatever the service says of a body that ended too early.
            if let Some(error) = request.loss() {
                return Err(about(request, error.with_cost(retries.count, deadline.elapsed())));
            }
            let Attempt { failure, wait, error } = match in_time {
                Some(Ok(value)) => return Ok(value),
                Some(Err(attempt)) => attempt,
                None => Attempt::late(request, deadline),
            };
            let delay = failure.and_then(|failure| retries.next(failure, wait, &deadline));
            let Some(delay) = delay else {
                let error = error.with_cost(retries.count, deadline.elapsed());
                return Err(about(request, error.with_repeat(retries.may_have_arrived)));
            };
            tokio::time::sleep(delay).await;
        }
    }

    async fn attempt<T: ReadResponse>(
        &self,
        base: &Arc<Base>,
        request: &Request,
        path: &str,
        deadline: Deadline,
        protocol: Protocol,
    ) -> Result<T, Attempt> {
        let network = &self.shared.network;
        let mut way = Way { request, base, network, proxy: None };
        let route = network.route(base, protocol).map_err(|reason| way.unusable(reason))?;
        way.proxy = route.proxy.as_deref();
        let Some(uri) = base.uri(path) else { return Err(way.unusable(Unusable::invalid_url())) };
        let mut headers = self.headers(request, protocol);
        // In a tunnel, the proxy was told before.
        if let Some(proxy) = way.proxy.filter(|_| !base.is_secure)
            && let Some(authorization) = proxy.authorization()
        {
            headers.insert(PROXY_AUTHORIZATION, authorization);
        }
        let mut message = http::Request::new(request.body.to_send());
        *message.method_mut() = request.operation.method.clone();
        *message.uri_mut() = uri;
        *message.headers_mut() = headers;
        let sent = route.client.send(message).await.map_err(|error| way.broken(error))?;
        let status = sent.status();
        if status.is_success()
            || (protocol == Protocol::WebSocket && status == http::StatusCode::SWITCHING_PROTOCOLS)
        {
            let context = RequestContext::new(base, request, deadline);
            return T::read(sent, context).await.map_err(|error| way.broken(error));
        }
        if let Some(proxy) = way.proxy.filter(|_| status == http::StatusCode::PROXY_AUTHENTICATION_REQUIRED) {
            return Err(way.rejected_by_proxy(proxy));
        }
        let wait = retry_after(sent.headers());
        let limits = limit_headers(sent.headers());
        let error = refusal(sent, request, &base.join(path)).await.with_headers(limits).without(self.key());
        Err(Attempt { failure: Some(Failure::Answered(status.as_u16())), wait, error })
    }

    /// The key, to keep it out of messages.
    fn key(&self) -> &str {
        let bearer = self.shared.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        bearer.and_then(|value| value.strip_prefix(BEARER)).unwrap_or_default()
    }

    /// Returns the headers of a request.
    fn headers(&self, request: &Request, protocol: Protocol) -> HeaderMap {
        let mut headers = self.shared.headers.clone();
        if let Some(content_type) = request.body.content_type() {
            headers.insert(CONTENT_TYPE, content_type);
        }
        if protocol == Protocol::WebSocket {
            websocket::ask_for(&mut headers, &request.protocols);
        }
        headers
    }
}

fn headers(api_key: &SecretString, organization_id: Option<&str>) -> Result<HeaderMap, Error> {
    let invalid = |what: &str| {
        let message = format!("{what} contains characters that are not allowed in an HTTP header");
        Error::new(ErrorKind::InvalidArgument, "create the client", message)
    };
    // Keys are often read from files, which end with a newline.
    let api_key = api_key.expose_secret().trim();
    if api_key.is_empty() {
        return Err(Error::new(ErrorKind::Authentication, "create the client", "the API key is blank"));
    }
    let mut bearer =
        HeaderValue::from_str(&format!("{BEARER}{api_key}")).map_err(|_| invalid("the API key"))?;
    bearer.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, bearer);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers
        .insert(USER_AGENT, HeaderValue::from_static(concat!("daytona-native/", env!("CARGO_PKG_VERSION"))));
    headers.insert(HeaderName::from_static("x-daytona-source"), HeaderValue::from_static(SOURCE));
    headers
        .insert(HeaderName::from_static("x-daytona-sdk-version"), HeaderValue::from_static(CONTRACT_VERSION));
    if let Some(id) = organization_id {
        let value = HeaderValue::from_str(id.trim()).map_err(|_| invalid("the organization's id"))?;
        headers.insert(HeaderName::from_static("x-daytona-organization-id"), value);
    }
    Ok(headers)
}

/// The headers that say how much may be sent; no others leave this module.
fn limit_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .filter(|(name, _)| {
            name.as_str().starts_with("retry-after") || name.as_str().starts_with("x-ratelimit-")
        })
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

/// Ends an attempt that waits for data longer than its deadline allows.
async fn unless_stalled<T>(
    request: &Request,
    deadline: Deadline,
    attempt: impl Future<Output = Result<T, Attempt>>,
) -> Result<T, Attempt> {
    let Some(idle) = deadline.idle() else { return attempt.await };
    tokio::select! {
        biased;
        ended = attempt => ended,
        () = request.body.stalled(idle) => Err(Attempt::late(request, deadline)),
    }
}

/// Puts the sandbox concerned into an error.
fn about(request: &Request, error: Error) -> Error {
    match &request.sandbox_id {
        Some(id) => error.with_sandbox(id),
        None => error,
    }
}
