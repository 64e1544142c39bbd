//! How services are reached: proxies, trusted certificates, and the connection pools.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use std::{fmt, io};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::error_chain::root_cause;
use super::proxy::{Proxies, Proxy};
use super::resolver::Resolver;
use super::unusable::Unusable;
use super::url::Base;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Commands hold a connection each for as long as they run, so as many are
/// kept for the next ones.
const IDLE_CONNECTIONS: usize = 512;
/// The variable of Node.js that names certificates to trust besides the system's.
pub(crate) const EXTRA_CERTIFICATES: &str = "NODE_EXTRA_CA_CERTS";

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.1 or HTTP/2, as the service prefers.
    Any,
    /// A WebSocket, which begins as HTTP/1.1.
    WebSocket,
}

/// How services are reached: through which proxies, and with which certificates besides the
/// system's. Holds the connections, which clones share.
#[derive(Clone)]
pub struct Network {
    shared: Arc<Shared>,
}

struct Shared {
    proxies: Arc<Proxies>,
    /// The file of [`EXTRA_CERTIFICATES`].
    certificates: Option<PathBuf>,
    direct: Client,
    proxied: Client,
    secure: Client,
    secure_http1: Client,
}

type Client = OnceLock<reqwest::Client>;

/// The connections to a service, and the proxy on the way to it.
pub(crate) struct Route<'a> {
    pub(crate) client: &'a reqwest::Client,
    pub(crate) proxy: Option<Arc<Proxy>>,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The proxies may have passwords.
        f.debug_struct("Network").field("certificates", &self.shared.certificates).finish_non_exhaustive()
    }
}

impl Network {
    /// Returns the network of this process, as the environment says: `HTTP_PROXY`,
    /// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` in lower and upper case, and
    /// `NODE_EXTRA_CA_CERTS`. The environment is read once. All clients of the process
    /// share the connections.
    #[must_use]
    pub fn of_process() -> Self {
        static PROCESS: OnceLock<Network> = OnceLock::new();
        PROCESS
            .get_or_init(|| {
                let read = |name: &str| std::env::var_os(name);
                Self::new(Proxies::from_variables(&read).or_system(), read(EXTRA_CERTIFICATES))
            })
            .clone()
    }

    /// Creates a network with these variables instead of those of the environment. It has
    /// connections of its own.
    #[must_use]
    pub fn from_variables(read: impl Fn(&str) -> Option<OsString>) -> Self {
        Self::new(Proxies::from_variables(&read), read(EXTRA_CERTIFICATES))
    }

    fn new(proxies: Proxies, certificates: Option<OsString>) -> Self {
        let shared = Shared {
            proxies: Arc::new(proxies),
            certificates: certificates.filter(|path| !path.is_empty()).map(PathBuf::from),
            direct: OnceLock::new(),
            proxied: OnceLock::new(),
            secure: OnceLock::new(),
            secure_http1: OnceLock::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Returns the file with certificates to trust besides the system's.
    pub(crate) fn certificates(&self) -> Option<&Path> {
        self.shared.certificates.as_deref()
    }

    /// Returns the connections to a service.
    ///
    /// Loading the system's certificates takes milliseconds, so plain HTTP, which
    /// the local server speaks, has a pool that does without.
    pub(crate) fn route(&self, base: &Base, protocol: Protocol) -> Result<Route<'_>, Unusable> {
        let shared = &self.shared;
        let proxy = base.parsed().map_or(Ok(None), |url| shared.proxies.of(url))?;
        let is_proxy_secure = proxy.as_ref().is_some_and(|proxy| proxy.is_secure());
        let client = match (base.is_secure, protocol) {
            (true, Protocol::Any) => once(&shared.secure, || self.secure(builder()))?,
            // Plain HTTP has no tunnel, so what is spoken with the proxy is HTTP/1.1 too.
            (false, _) if !is_proxy_secure && proxy.is_some() => {
                once(&shared.proxied, || build(without_certificates(self.with_proxies(builder()))))?
            }
            (false, _) if !is_proxy_secure => {
                once(&shared.direct, || build(without_certificates(builder())))?
            }
            _ => once(&shared.secure_http1, || self.secure(builder().http1_only()))?,
        };
        Ok(Route { client, proxy })
    }

    fn secure(&self, builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Unusable> {
        let mut builder = self.with_proxies(builder);
        if let Some(path) = self.certificates() {
            builder = builder.tls_certs_merge(read_certificates(path)?);
        }
        build(builder)
    }

    fn with_proxies(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        let proxies = Arc::clone(&self.shared.proxies);
        builder.proxy(reqwest::Proxy::custom(move |url| {
            // An unusable proxy fails the request before.
            proxies.of(url).ok().flatten().map(|proxy| proxy.url().clone())
        }))
    }
}

/// Returns the client, which is made at its first use. A failure is not kept, since a
/// missing file may appear.
fn once(
    client: &Client,
    make: impl FnOnce() -> Result<reqwest::Client, Unusable>,
) -> Result<&reqwest::Client, Unusable> {
    match client.get() {
        Some(client) => Ok(client),
        None => make().map(|made| client.get_or_init(|| made)),
    }
}

fn without_certificates(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    let no_roots = rustls::ClientConfig::builder()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    builder.tls_backend_preconfigured(no_roots)
}

/// Returns a builder of direct connections.
fn builder() -> reqwest::ClientBuilder {
    // Fails only when the embedding program has installed a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .dns_resolver(Resolver)
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .pool_idle_timeout(Duration::from_secs(50))
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .redirect(reqwest::redirect::Policy::none())
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Unusable> {
    builder.build().map_err(|error| {
        Unusable::new(format!(
            "TLS cannot be set up: {}. Install the certificates of the system (package ca-certificates), or set {EXTRA_CERTIFICATES} to a PEM file with certificates to trust",
            root_cause(&error)
        ))
    })
}

/// Reads the certificates of a PEM file.
fn read_certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, Unusable> {
    let unusable = |reason: &str| {
        Unusable::new(format!(
            "the certificates to trust cannot be read from {} ({EXTRA_CERTIFICATES}): {reason}. Set {EXTRA_CERTIFICATES} to a PEM file with certificates, or unset it",
            path.display()
        ))
    };
    let pem = std::fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => unusable("the file does not exist"),
        io::ErrorKind::PermissionDenied => unusable("permission denied"),
        _ => unusable(&error.to_string()),
    })?;
    let mut certificates = Vec::new();
    for (index, der) in CertificateDer::pem_slice_iter(&pem).enumerate() {
        let invalid = || unusable(&format!("certificate {} in it is not valid", index + 1));
        let der = der.map_err(|_| invalid())?;
        rustls::RootCertStore::empty().add(der.clone()).map_err(|_| invalid())?;
        certificates.push(reqwest::Certificate::from_der(&der).map_err(|_| invalid())?);
    }
    if certificates.is_empty() {
        return Err(unusable("it contains no certificate in PEM format"));
    }
    Ok(certificates)
}
