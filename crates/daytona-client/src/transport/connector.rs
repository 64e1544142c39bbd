//! Opens connections: directly or through a proxy, with TLS or without.

use std::error::Error as StdError;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Weak};
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

use super::event_loop::{EventLoop, LoopStream};
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
        Self::opening(tls, proxies, None)
    }

    /// Opens direct connections that live on an event loop. `tls` is not used: they have none.
    pub(super) fn on_loop(tls: ClientConfig, event_loop: Weak<dyn EventLoop>) -> Self {
        Self::opening(tls, None, Some(event_loop))
    }

    fn opening(
        tls: ClientConfig,
        proxies: Option<Arc<Proxies>>,
        event_loop: Option<Weak<dyn EventLoop>>,
    ) -> Self {
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
        let way = Way { http, to_proxy, proxies, event_loop };
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
    /// Where direct connections live, if not on the runtime.
    event_loop: Option<Weak<dyn EventLoop>>,
}

impl Way {
    /// Returns the proxy for a service. One that is unusable has failed the request before.
    fn proxy(&self, service: &Uri) -> Option<Arc<Proxy>> {
        let proxies = self.proxies.as_ref()?;
        proxies.of(&Url::parse(&service.to_string()).ok()?).ok().flatten()
    }

    async fn open(mut self, service: Uri) -> Result<WayStream, BoxError> {
        let Some(proxy) = self.proxy(&service) else {
            let stream = self.http.call(service).await?;
            let Some(event_loop) = &self.event_loop else {
                return Ok(WayStream::of_service(MaybeHttpsStream::Http(stream)));
            };
            return Ok(WayStream::Loop(TokioIo::new(LoopStream::new(event_loop, stream.into_inner())?)));
        };
        if service.scheme() != Some(&Scheme::HTTPS) {
            let stream = self.to_proxy.call(proxy.uri()?).await?;
            return Ok(WayStream::Runtime { stream: Box::new(stream), is_proxy: true });
        }
        let mut tunnel = Tunnel::new(proxy.uri()?, self.to_proxy);
        if let Some(authorization) = proxy.authorization() {
            tunnel = tunnel.with_auth(authorization);
        }
        Ok(WayStream::of_service(tunnel.call(service).await?))
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
pub(super) enum WayStream {
    Runtime {
        stream: Box<MaybeHttpsStream<TokioIo<TcpStream>>>,
        /// Whether requests are sent to a proxy, which needs their whole URL.
        is_proxy: bool,
    },
    Loop(TokioIo<LoopStream>),
}

impl WayStream {
    fn of_service(stream: MaybeHttpsStream<TokioIo<TcpStream>>) -> Self {
        Self::Runtime { stream: Box::new(stream), is_proxy: false }
    }
}

impl Connection for WayStream {
    fn connected(&self) -> Connected {
        match self {
            Self::Runtime { stream, is_proxy } => stream.connected().proxy(*is_proxy),
            Self::Loop(_) => Connected::new(),
        }
    }
}

impl Read for WayStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Runtime { stream, .. } => Pin::new(&mut **stream).poll_read(context, buffer),
            Self::Loop(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl Write for WayStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Runtime { stream, .. } => Pin::new(&mut **stream).poll_write(context, bytes),
            Self::Loop(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Runtime { stream, .. } => Pin::new(&mut **stream).poll_flush(context),
            Self::Loop(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Runtime { stream, .. } => Pin::new(&mut **stream).poll_shutdown(context),
            Self::Loop(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Runtime { stream, .. } => stream.is_write_vectored(),
            Self::Loop(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Runtime { stream, .. } => Pin::new(&mut **stream).poll_write_vectored(context, buffers),
            Self::Loop(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
        }
    }
}
