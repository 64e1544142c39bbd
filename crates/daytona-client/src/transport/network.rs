//! How services are reached: proxies, trusted certificates, and the connection pools.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;

use super::connector::Connector;
use super::http_client::HttpClient;
use super::loop_connections;
use super::proxy::{Proxies, Proxy};
use super::tls::{EXTRA_CERTIFICATES, no_trust, trust};
use super::unusable::Unusable;
use super::url::Base;

const HTTP_1: &[u8] = b"http/1.1";
const HTTP_2: &[u8] = b"h2";

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

type Client = OnceLock<Arc<HttpClient>>;

/// The connections to a service, and the proxy on the way to it.
pub(crate) struct Route {
    pub(crate) client: Arc<HttpClient>,
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
    pub(crate) fn route(&self, base: &Base, protocol: Protocol) -> Result<Route, Unusable> {
        let shared = &self.shared;
        let proxy = shared.proxies.of(base.parsed().ok_or_else(Unusable::invalid_url)?)?;
        let is_proxy_secure = proxy.as_ref().is_some_and(|proxy| proxy.is_secure());
        let client = match (base.is_secure, protocol) {
            (true, Protocol::Any) => once(&shared.secure, || {
                Ok(self.through_proxies(trust(self.certificates(), &[HTTP_2, HTTP_1])?))
            })?,
            // Plain HTTP has no tunnel, so what is spoken with the proxy is HTTP/1.1 too.
            (false, _) if !is_proxy_secure && proxy.is_some() => {
                once(&shared.proxied, || Ok(self.through_proxies(no_trust()?)))?
            }
            (false, _) if !is_proxy_secure => match loop_connections::current() {
                Some(client) if protocol == Protocol::Any => client,
                _ => once(&shared.direct, || Ok(HttpClient::new(Connector::new(no_trust()?, None))))?,
            },
            _ => once(&shared.secure_http1, || {
                Ok(self.through_proxies(trust(self.certificates(), &[HTTP_1])?))
            })?,
        };
        Ok(Route { client, proxy })
    }

    fn through_proxies(&self, tls: ClientConfig) -> HttpClient {
        HttpClient::new(Connector::new(tls, Some(Arc::clone(&self.shared.proxies))))
    }
}

/// Returns the client, which is made at its first use. A failure is not kept, since a
/// missing file may appear.
fn once(
    client: &Client,
    make: impl FnOnce() -> Result<HttpClient, Unusable>,
) -> Result<Arc<HttpClient>, Unusable> {
    let client = match client.get() {
        Some(client) => client,
        None => make().map(|made| client.get_or_init(|| Arc::new(made)))?,
    };
    Ok(Arc::clone(client))
}
