//! HTTP client for the toolbox of one sandbox.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::UnixStream;
use tower_service::Service;

use crate::channel::Connector;

/// A pool of keep-alive connections to one toolbox. A shared pool could not tell
/// toolboxes apart, because all requests have the same authority.
#[derive(Clone, Debug)]
pub(super) struct ToolboxClient {
    client: Client<ToolboxConnector, Body>,
}

impl ToolboxClient {
    /// Creates a client for the toolbox at the other end of a channel.
    pub(super) fn new(connector: Connector) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(ToolboxConnector { connector: Arc::new(connector) });
        Self { client }
    }

    /// Sends a request; both bodies are streamed. Dropping the future or the
    /// response closes the connection.
    pub(super) async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>, Error> {
        self.client.request(request).await
    }
}

#[derive(Clone, Debug)]
struct ToolboxConnector {
    connector: Arc<Connector>,
}

impl Service<Uri> for ToolboxConnector {
    type Response = ToolboxStream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<ToolboxStream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let connector = Arc::clone(&self.connector);
        Box::pin(async move { Ok(ToolboxStream(TokioIo::new(connector.connect().await?))) })
    }
}

/// A connection that implements the traits of the pool.
struct ToolboxStream(TokioIo<UnixStream>);

impl Connection for ToolboxStream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for ToolboxStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl Write for ToolboxStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, parts)
    }
}
