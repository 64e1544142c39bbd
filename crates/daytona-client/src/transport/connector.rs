//! Opens connections: directly or through a proxy, with TLS or without.

use std::error::Error as StdError;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;
use url::Url;

use super::proxy::{Proxies, Proxy};
use super::resolver::Resolver;

/// Of the whole connection, with the proxy and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection is trusted, and how long a peer may leave data unconfirmed
/// before the connection counts as lost.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 3;
#[cfg(target_os = "linux")]
const UNCONFIRMED: Duration = Duration::from_secs(30);

type BoxError = Box<dyn StdError + Send + Sync>;
type BoxFuture<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// Opens connections to services.
#[derive(Clone)]
pub(super) struct Connector {
    https: HttpsConnector<Way>,
}

impl Connector {
    /// `tls` is that of services. `proxies` is `None` for direct connections.
    pub(super) fn new(tls: ClientConfig, proxies: Option<Arc<Proxies>>) -> Self {
        let mut http = HttpConnector::new_with_resolver(Resolver);
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        http.set_keepalive(Some(KEEPALIVE));
        http.set_keepalive_interval(Some(KEEPALIVE));
        http.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        #[cfg(target_os = "linux")]
        http.set_tcp_user_timeout(Some(UNCONFIRMED));
        // What is spoken with a proxy is HTTP/1.1.
        let mut proxy_tls = tls.clone();
        proxy_tls.alpn_protocols.clear();
        let to_proxy = HttpsConnector::from((http.clone(), proxy_tls));
        let way = Way { http, to_proxy, proxies };
        Self { https: HttpsConnector::from((way, tls)) }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<WayStream>;
    type Error = BoxError;
    type Future = BoxFuture<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, service: Uri) -> Self::Future {
        let connecting = self.https.call(service);
        Box::pin(async move {
            let connected = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await;
            connected.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
        })
    }
}

/// Opens the way to a service: a connection to it, to a proxy, or a tunnel through a proxy.
#[derive(Clone)]
struct Way {
    http: HttpConnector<Resolver>,
    to_proxy: HttpsConnector<HttpConnector<Resolver>>,
    proxies: Option<Arc<Proxies>>,
}

impl Way {
    /// Returns the proxy for a service. One that is unusable has failed the request before.
    fn proxy(&self, service: &Uri) -> Option<Arc<Proxy>> {
        let proxies = self.proxies.as_ref()?;
        proxies.of(&Url::parse(&service.to_string()).ok()?).ok().flatten()
    }

    async fn open(mut self, service: Uri) -> Result<WayStream, BoxError> {
        let Some(proxy) = self.proxy(&service) else {
            let stream = MaybeHttpsStream::Http(self.http.call(service).await?);
            return Ok(WayStream { stream, is_proxy: false });
        };
        if service.scheme() != Some(&Scheme::HTTPS) {
            let stream = self.to_proxy.call(proxy.uri()?).await?;
            return Ok(WayStream { stream, is_proxy: true });
        }
        let mut tunnel = Tunnel::new(proxy.uri()?, self.to_proxy);
        if let Some(authorization) = proxy.authorization() {
            tunnel = tunnel.with_auth(authorization);
        }
        Ok(WayStream { stream: tunnel.call(service).await?, is_proxy: false })
    }
}

impl Service<Uri> for Way {
    type Response = WayStream;
    type Error = BoxError;
    type Future = BoxFuture<WayStream>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Both connectors always are.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, service: Uri) -> Self::Future {
        Box::pin(self.clone().open(service))
    }
}

/// The way to a service, on which nothing was spoken with it yet.
pub(super) struct WayStream {
    stream: MaybeHttpsStream<TokioIo<TcpStream>>,
    /// Whether requests are sent to a proxy, which needs their whole URL.
    is_proxy: bool,
}

impl Connection for WayStream {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.is_proxy)
    }
}

impl Read for WayStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for WayStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }
}
