//! The connection pools of the process.

use std::sync::OnceLock;
use std::time::Duration;

use super::url::Base;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Commands hold a connection each for as long as they run, so as many are
/// kept for the next ones.
const IDLE_CONNECTIONS: usize = 512;

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.1 or HTTP/2, as the service prefers.
    Any,
    /// A WebSocket, which begins as HTTP/1.1.
    WebSocket,
}

/// One pool of connections for every sandbox and every client of the process.
///
/// Loading the system's certificates takes milliseconds, so plain HTTP, which
/// the local server speaks, has a client that does without. What is on this
/// machine is never asked for through a proxy.
pub(crate) fn http_client(base: &Base, protocol: Protocol) -> &'static reqwest::Client {
    static LOOPBACK: OnceLock<reqwest::Client> = OnceLock::new();
    static PLAIN: OnceLock<reqwest::Client> = OnceLock::new();
    static SECURE: OnceLock<reqwest::Client> = OnceLock::new();
    static SECURE_WEBSOCKET: OnceLock<reqwest::Client> = OnceLock::new();
    match (base.is_secure, protocol) {
        (true, Protocol::Any) => SECURE.get_or_init(|| build(builder(), extra_certificates())),
        (true, Protocol::WebSocket) => {
            SECURE_WEBSOCKET.get_or_init(|| build(builder().http1_only(), extra_certificates()))
        }
        (false, _) if base.is_loopback => {
            LOOPBACK.get_or_init(|| build(without_certificates(builder()).no_proxy(), Vec::new()))
        }
        (false, _) => PLAIN.get_or_init(|| build(without_certificates(builder()), Vec::new())),
    }
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
