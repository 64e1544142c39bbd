//! `/proxy/{port}/…`: hands requests to programs of the sandbox that listen on a port.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::route;
use crate::forwarding::{NO_PROGRAM, ask_upgrade, asked_upgrade, join, remove_hop_headers};
use crate::request_body::RequestBody;
use crate::response::{self, Failure};

const PREFIX: &str = "/proxy/";

/// The port of the service's toolbox. Requests to it are requests to this one, which can run
/// commands: a preview of it needs the key, also where previews are public.
const TOOLBOX_PORT: u16 = 2280;

/// A listener of the sandbox answers at once, or its queue is full.
const CONNECTS_WITHIN: Duration = Duration::from_secs(10);

/// The methods that are passed on.
const METHODS: [Method; 9] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::HEAD,
    Method::OPTIONS,
    Method::DELETE,
    Method::CONNECT,
    Method::TRACE,
];

/// What is asked of which port.
#[derive(Debug, PartialEq, Eq)]
struct Target<'a> {
    port: &'a str,
    /// Path and query for the program; `None` when the slash after the port is missing.
    rest: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// The target of a request, byte for byte as it was written.
    fn of(uri: &'a Uri) -> Option<Self> {
        let whole = uri.path_and_query().map(PathAndQuery::as_str)?.strip_prefix(PREFIX)?;
        let end = whole.find(['/', '?']).unwrap_or(whole.len());
        let (port, rest) = whole.split_at(end);
        (end > 0).then_some(Self { port, rest: rest.starts_with('/').then_some(rest) })
    }
}

/// What a request to the toolbox's own port asks of it.
pub(super) fn own_uri(uri: &Uri) -> Option<Uri> {
    let target = Target::of(uri).filter(|target| target.port.parse() == Ok(TOOLBOX_PORT))?;
    target.rest?.parse().ok()
}

/// Whether a request is for a program of the sandbox.
pub(super) fn is_target(method: &Method, uri: &Uri) -> bool {
    METHODS.contains(method) && Target::of(uri).is_some()
}

/// Hands a request to a program. One that nobody takes gets an empty response (502).
pub(super) async fn forward(parts: Parts, body: RequestBody<Incoming>) -> Result<Response, Failure> {
    let uri = parts.uri.clone();
    let Some(Target { port, rest }) = Target::of(&uri) else {
        return Err(Failure::bad_request("not a port"));
    };
    if port.is_empty() || !port.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Failure::bad_request(format_args!(
            "{port:?} is not a port. Use /proxy/PORT/, with a number from 1 to 65535"
        )));
    }
    let Some(rest) = rest else {
        return Ok(route::redirect(&parts.method, &format!("{PREFIX}{port}/"), uri.query()));
    };
    let sent = match port.parse() {
        Ok(0) | Err(_) => Err(io::ErrorKind::InvalidInput.into()),
        Ok(port) => send(port, rest, parts, body).await,
    };
    sent.or_else(|error| {
        tracing::debug!(%error, port, "a program did not respond");
        let mut response = response::empty(StatusCode::BAD_GATEWAY);
        response.headers_mut().insert(NO_PROGRAM, HeaderValue::from_static("true"));
        Ok(response)
    })
}

async fn send(port: u16, rest: &str, mut parts: Parts, body: RequestBody<Incoming>) -> io::Result<Response> {
    let upgrade = asked_upgrade(&parts.headers);
    let client_side = parts.extensions.remove::<OnUpgrade>().filter(|_| upgrade.is_some());
    remove_hop_headers(&mut parts.headers);
    let host = HeaderValue::from_str(&format!("localhost:{port}")).map_err(io::Error::other)?;
    parts.headers.insert(header::HOST, host);
    if let Some(protocol) = upgrade {
        ask_upgrade(&mut parts.headers, protocol);
    }
    let mut request = Request::new(body);
    *request.method_mut() = parts.method;
    *request.uri_mut() = rest.parse().map_err(io::Error::other)?;
    *request.headers_mut() = parts.headers;
    let stream = timeout(CONNECTS_WITHIN, connect(port)).await??;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // Ends with the response, or when the client of it leaves.
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, port, "a connection to a program ended early");
        }
    });
    let mut response = sender.send_request(request).await.map_err(io::Error::other)?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let program_side = hyper::upgrade::on(&mut response);
        if let Some(client_side) = client_side {
            tokio::spawn(join(client_side, program_side));
        }
        return Ok(response.map(Body::new));
    }
    remove_hop_headers(response.headers_mut());
    Ok(response.map(Body::new))
}

/// Connects to `localhost`, which is the loopback address of either protocol.
async fn connect(port: u16) -> io::Result<TcpStream> {
    match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        Ok(stream) => Ok(stream),
        Err(_) => TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_after_the_port_stays_as_it_was_written() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        let target = |port, rest| Some(Target { port, rest });
        assert_eq!(Target::of(&uri("/proxy/80/%2Fa//b?x=%20")), target("80", Some("/%2Fa//b?x=%20")));
        assert_eq!(Target::of(&uri("/proxy/80")), target("80", None));
        assert_eq!(Target::of(&uri("/proxy/80?x=/")), target("80", None));
        assert_eq!(Target::of(&uri("/proxy//x")), None);
        assert_eq!(Target::of(&uri("/proxy")), None);
        assert_eq!(own_uri(&uri("/proxy/2280/version?a")), Some(uri("/version?a")));
        assert_eq!(own_uri(&uri("/proxy/2281/version")), None);
    }
}
