//! The one transport of the process: connections, deadlines, repeats.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout_at;

use crate::classify::Service;
use crate::config::Config;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::request::{Body, Request};
use crate::response::{ReadAnswer, Response, StreamedResponse, refusal};
use crate::retry::{Failure, Retries, retry_after};

/// Names the shapes of answers that this client reads: services since 0.167
/// look at it and split or merge outputs accordingly.
const CONTRACT_VERSION: &str = "0.218.0";
const SOURCE: &str = "daytona-native";
const BEARER: &str = "Bearer ";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Without TLS, and so without HTTP/2, each call holds a connection. Bounding
/// how many calls to control planes run at once in the process keeps hundreds
/// of creates from opening hundreds of sockets.
static CONTROL_PLANE_CALLS: Semaphore = Semaphore::const_new(48);
/// Commands hold a connection each for as long as they run, so as many are
/// kept for the next ones.
const IDLE_CONNECTIONS: usize = 512;

/// Sends requests with one caller's credentials.
#[derive(Clone)]
pub(crate) struct Transport {
    shared: Arc<Shared>,
}

struct Shared {
    base: String,
    headers: HeaderMap,
}

/// What went wrong with one attempt, and whether that can be repeated.
struct Attempt {
    failure: Option<Failure>,
    wait: Option<Duration>,
    error: Error,
}

impl Transport {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let shared = Shared {
            base: config.base_url()?,
            headers: headers(&config.api_key, config.organization_id.as_deref())?,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The control plane's base, without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        &self.shared.base
    }

    /// Sends a request to the control plane and reads the whole answer.
    pub(crate) async fn fetch(&self, request: &Request, deadline: Deadline) -> Result<Response, Error> {
        let _turn = self.turn(request, deadline).await?;
        self.fetch_at(&self.shared.base, request, deadline).await
    }

    /// A place among the calls that run at once; none is needed where they
    /// share a connection.
    async fn turn(
        &self,
        request: &Request,
        deadline: Deadline,
    ) -> Result<Option<SemaphorePermit<'_>>, Error> {
        if self.shared.base.starts_with("https:") {
            return Ok(None);
        }
        match timeout_at(deadline.at(), CONTROL_PLANE_CALLS.acquire()).await {
            Ok(turn) => Ok(turn.ok()),
            Err(_) => {
                let error = Error::timeout(&request.operation, deadline.limit());
                Err(about(request, error.with_cost(0, deadline.elapsed())))
            }
        }
    }

    /// Sends a request to a service at `base` and reads the whole answer.
    pub(crate) async fn fetch_at(
        &self,
        base: &str,
        request: &Request,
        deadline: Deadline,
    ) -> Result<Response, Error> {
        self.repeat(request, deadline, &request.url(base)).await
    }

    /// Sends a request to a service at `base` and returns once the answer's
    /// head is there; its body is read as it comes.
    pub(crate) async fn stream_at(
        &self,
        base: &str,
        request: &Request,
        deadline: Deadline,
    ) -> Result<StreamedResponse, Error> {
        self.repeat(request, deadline, &request.url(base)).await
    }

    async fn repeat<T: ReadAnswer>(
        &self,
        request: &Request,
        deadline: Deadline,
        url: &str,
    ) -> Result<T, Error> {
        let mut retries = Retries::new(request.safety);
        loop {
            let attempt = timeout_at(deadline.at(), self.attempt(request, url, deadline));
            // A time-out polls its future once even when it has passed already.
            let in_time = if deadline.remaining().is_zero() { None } else { attempt.await.ok() };
            let Attempt { failure, wait, error } = match in_time {
                Some(Ok(value)) => return Ok(value),
                Some(Err(attempt)) => attempt,
                None => Attempt {
                    failure: None,
                    wait: None,
                    error: Error::timeout(&request.operation, deadline.limit()),
                },
            };
            let delay = failure.and_then(|failure| retries.next(failure, wait, &deadline));
            let Some(delay) = delay else {
                return Err(about(request, error.with_cost(retries.count, deadline.elapsed())));
            };
            tokio::time::sleep(delay).await;
        }
    }

    async fn attempt<T: ReadAnswer>(
        &self,
        request: &Request,
        url: &str,
        deadline: Deadline,
    ) -> Result<T, Attempt> {
        let sent = self
            .send(request, url)
            .await
            .map_err(|error| broken(request, &self.place(request, url), error))?;
        if sent.status().is_success() {
            return T::read(sent, request, url, deadline)
                .await
                .map_err(|error| broken(request, &self.place(request, url), error));
        }
        let wait = retry_after(sent.headers());
        let limits = limit_headers(sent.headers());
        let status = sent.status().as_u16();
        let error = refusal(sent, request, url).await.with_headers(limits).without(self.key());
        Err(Attempt { failure: Some(Failure::Answered(status)), wait, error })
    }

    /// The key, to keep it out of messages.
    fn key(&self) -> &str {
        let bearer = self.shared.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        bearer.and_then(|value| value.strip_prefix(BEARER)).unwrap_or_default()
    }

    /// What was asked, as an error names it: the control plane by its address,
    /// a toolbox by its host.
    fn place(&self, request: &Request, url: &str) -> String {
        if request.service == Service::Toolbox { origin(url) } else { self.shared.base.clone() }
    }

    async fn send(&self, request: &Request, url: &str) -> Result<reqwest::Response, reqwest::Error> {
        let mut builder =
            http_client(url).request(request.method.clone(), url).headers(self.shared.headers.clone());
        builder = match &request.body {
            Body::None => builder,
            Body::Json(json) => builder
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(Bytes::clone(json)),
            Body::Upload(upload) => {
                builder.header(CONTENT_TYPE, upload.content_type()).body(upload.to_body())
            }
        };
        builder.send().await
    }
}

fn headers(api_key: &SecretString, organization_id: Option<&str>) -> Result<HeaderMap, Error> {
    let invalid = |what: &str| {
        let message = format!("{what} has characters that cannot be sent in a header");
        Error::new(ErrorKind::InvalidArgument, "use the credentials", message)
    };
    let mut bearer = HeaderValue::from_str(&format!("{BEARER}{}", api_key.expose_secret()))
        .map_err(|_| invalid("the API key"))?;
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
        let value = HeaderValue::from_str(id).map_err(|_| invalid("the organization's id"))?;
        headers.insert(HeaderName::from_static("x-daytona-organization-id"), value);
    }
    Ok(headers)
}

/// One pool of connections for every sandbox and every client of the process.
///
/// Loading the system's certificates takes milliseconds, so plain HTTP, which
/// the local server speaks, has a client that does without. What is on this
/// machine is never asked for through a proxy.
fn http_client(url: &str) -> &'static reqwest::Client {
    static LOOPBACK: OnceLock<reqwest::Client> = OnceLock::new();
    static PLAIN: OnceLock<reqwest::Client> = OnceLock::new();
    static SECURE: OnceLock<reqwest::Client> = OnceLock::new();
    if url.starts_with("https:") {
        SECURE.get_or_init(|| build(builder(), extra_certificates()))
    } else if is_loopback(url) {
        LOOPBACK.get_or_init(|| build(without_certificates(builder()).no_proxy(), Vec::new()))
    } else {
        PLAIN.get_or_init(|| build(without_certificates(builder()), Vec::new()))
    }
}

fn is_loopback(url: &str) -> bool {
    let host =
        reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn without_certificates(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    let no_roots = rustls::ClientConfig::builder()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    builder.tls_backend_preconfigured(no_roots)
}

fn builder() -> reqwest::ClientBuilder {
    // Fails only when the embedding program has installed a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .pool_idle_timeout(Duration::from_secs(50))
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .redirect(reqwest::redirect::Policy::none())
}

#[expect(clippy::expect_used, reason = "fails only without a TLS provider, and one was installed")]
fn build(builder: reqwest::ClientBuilder, certificates: Vec<reqwest::Certificate>) -> reqwest::Client {
    let builder = if certificates.is_empty() { builder } else { builder.tls_certs_merge(certificates) };
    builder.build().expect("a TLS provider is installed")
}

/// The certificates that Node.js is told to trust besides the system's.
fn extra_certificates() -> Vec<reqwest::Certificate> {
    std::env::var_os("NODE_EXTRA_CA_CERTS")
        .and_then(|path| std::fs::read(path).ok())
        .and_then(|pem| reqwest::Certificate::from_pem_bundle(&pem).ok())
        .unwrap_or_default()
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

fn broken(request: &Request, place: &str, error: reqwest::Error) -> Attempt {
    let is_connect = error.is_connect();
    let cause = root_cause(&error);
    let message = if is_connect {
        format!("no connection to {place}: {cause}")
    } else {
        format!("the connection to {place} broke before the whole answer came: {cause}")
    };
    let is_own = is_connect && request.service != Service::Toolbox;
    let message = if is_own { format!("{message}. Is the API URL right?") } else { message };
    let error = Error::new(ErrorKind::Connection, request.operation.clone(), message)
        .with_unsent(is_connect)
        .with_source(error.without_url());
    let failure = if is_connect { Failure::NotConnected } else { Failure::Broken };
    Attempt { failure: Some(failure), wait: None, error }
}

/// Puts the sandbox concerned into an error.
fn about(request: &Request, error: Error) -> Error {
    match &request.sandbox_id {
        Some(id) => error.with_sandbox(id),
        None => error,
    }
}

/// Scheme, host and port of a URL.
pub(crate) fn origin(url: &str) -> String {
    reqwest::Url::parse(url).map_or_else(
        |_| "the service".to_owned(),
        |url| {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
        },
    )
}

/// The innermost cause in words that a person knows.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused; nothing listens there".to_owned(),
        Some(io::ErrorKind::ConnectionReset) => "connection reset".to_owned(),
        Some(io::ErrorKind::TimedOut) => "timed out".to_owned(),
        _ => cause.to_string(),
    }
}
