//! An HTTP proxy whose hosts are all one server.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// What the proxy does with requests.
#[derive(Clone, Debug)]
pub(crate) enum Policy {
    Allow,
    /// Requires this value of `Proxy-Authorization`, and responds with 407 otherwise.
    Require(String),
    /// Responds with 403.
    Refuse,
}

/// The proxy. It stops when dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    accept: JoinHandle<()>,
}

#[derive(Clone)]
struct Settings {
    policy: Policy,
    target: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

impl Proxy {
    /// Starts a proxy that connects to `target`, whatever host is requested.
    pub(crate) async fn start(target: SocketAddr, policy: Policy, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::default();
        let settings = Settings { policy, target, heads: Arc::clone(&heads) };
        let accept = tokio::spawn(async move {
            let mut running = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (settings, tls) = (settings.clone(), tls.clone());
                running.spawn(async move {
                    match tls {
                        None => serve(stream, settings).await,
                        Some(tls) => serve(tls.accept(stream).await?, settings).await,
                    }
                });
            }
        });
        Self { address, heads, accept }
    }

    /// Returns the URL, with credentials such as `me:secret@`.
    pub(crate) fn url(&self, scheme: &str, credentials: &str) -> String {
        format!("{scheme}://{credentials}{}", self.address_as("localhost"))
    }

    pub(crate) fn address_as(&self, host: &str) -> String {
        format!("{host}:{}", self.address.port())
    }

    /// Returns the head of the first request of each connection.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, settings: Settings) -> io::Result<()> {
    let mut received = Vec::new();
    while !received.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&received).into_owned();
    settings.heads.lock().unwrap().push(head.clone());
    let authorization = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned())
    });
    let status = match settings.policy {
        Policy::Require(wanted) if authorization.as_ref() != Some(&wanted) => {
            "407 Proxy Authentication Required"
        }
        Policy::Refuse => "403 Forbidden",
        _ => return forward(stream, &received, settings.target).await,
    };
    stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes()).await?;
    stream.shutdown().await
}

async fn forward(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    received: &[u8],
    target: SocketAddr,
) -> io::Result<()> {
    let mut server = TcpStream::connect(target).await?;
    if received.starts_with(b"CONNECT ") {
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    } else {
        server.write_all(received).await?;
    }
    copy_bidirectional(&mut stream, &mut server).await.map(drop)
}
