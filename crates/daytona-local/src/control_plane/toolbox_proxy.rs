//! `/toolbox/{sandboxId}/…`: hands requests to the toolbox of a sandbox.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::State;
use daytona_api::control_plane::sandbox::SandboxState;
use daytona_api::source;
use http::request::Parts;
use http::uri::{PathAndQuery, Uri};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::ControlPlane;
use super::api_key::bearer;
use super::sandbox::registry::{Entry, OpenRequest};
use super::sandbox_token::{has_token, remove_tokens};
use super::signed_url::{Refusal, SignedRequest};
use super::toolbox_client::ToolboxClient;
use crate::forwarding::{ask_upgrade, asked_upgrade, join, remove_hop_headers};
use crate::response::{Failure, empty};
use axum::response::Response;

const PREFIX: &str = "/toolbox/";
const SKIP_ACTIVITY: HeaderName = HeaderName::from_static("x-daytona-skip-last-activity-update");
const NOT_STARTED: &str = "bad request: failed to resolve container IP after 3 attempts: \
                           no IP address found. Is the Sandbox started?";
const WRONG_SIGNATURE: &str = "the signature of the URL is not valid. The signing key may have been replaced: \
                               make a new URL";

/// Answers everything that is not a route of the control plane.
pub(super) async fn handle(State(plane): State<Arc<ControlPlane>>, request: Request<Body>) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    match pass_on(&plane, request, &path).await {
        Ok(response) => response,
        Err(failure) => failure.to_response(source::PROXY, &method, &path),
    }
}

async fn pass_on(plane: &Arc<ControlPlane>, request: Request<Body>, path: &str) -> Result<Response, Failure> {
    let (id, route) = split(path).ok_or_else(|| Failure {
        status: StatusCode::NOT_FOUND,
        code: "NOT_FOUND",
        message: "not found: not found".to_owned(),
    })?;
    let (mut parts, body) = request.into_parts();
    let (toolbox, signed_uri) = admit(plane, &parts, id, route)?;
    let counts = parts.headers.get(&SKIP_ACTIVITY).is_none_or(|value| value.as_bytes() != b"true");
    let open = OpenRequest::begin(&plane.registry, id, counts);
    remove_tokens(&mut parts);
    parts.headers.remove(header::AUTHORIZATION);
    let uri = signed_uri.map_or_else(|| toolbox_uri(&parts.uri, id), Ok)?;
    let destination = Destination { toolbox, uri, id, is_program: is_below_proxy(path, id) };
    forward(destination, Request::from_parts(parts, body), open).await
}

/// The sandbox's id and the path for its toolbox, both as they were written.
fn split(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(PREFIX)?;
    let slash = rest.find('/')?;
    (slash > 0).then(|| rest.split_at(slash))
}

/// Returns the toolbox of a request that has the key or the sandbox's token, or is signed,
/// and the address there of a signed one.
fn admit(
    plane: &ControlPlane,
    parts: &Parts,
    id: &str,
    route: &str,
) -> Result<(ToolboxClient, Option<Uri>), Failure> {
    let query = parts.uri.query().unwrap_or_default();
    let has_key = bearer(&parts.headers).is_some();
    let signed = SignedRequest::read(&parts.method, route, query).filter(|_| !has_key);
    let Some(signed) = signed else {
        if !has_key && !has_token(id, &parts.headers, &parts.uri) {
            return Err(unauthorized("missing authentication"));
        }
        return Ok((admit_key(plane, parts, id)?, None));
    };
    let entries = plane.registry.lock();
    // The same for an unknown sandbox as for a wrong key.
    let entry = entries.by_id(id).ok_or_else(|| unauthorized(WRONG_SIGNATURE))?;
    signed.check(&entry.signing_key).map_err(|refusal| {
        unauthorized(match refusal {
            Refusal::WrongSignature => WRONG_SIGNATURE,
            Refusal::Expired => "the signed URL has expired. Make a new one",
        })
    })?;
    Ok((running_toolbox(entry)?, Some(signed.toolbox_uri().map_err(Failure::bad_request)?)))
}

/// A wrong key or token and an unknown sandbox get the same response: who has none may
/// not learn which sandboxes exist.
fn admit_key(plane: &ControlPlane, parts: &Parts, id: &str) -> Result<ToolboxClient, Failure> {
    let (headers, uri) = (&parts.headers, &parts.uri);
    let refused = || {
        unauthorized(match bearer(headers) {
            Some(_) => "authentication failed: Bearer token is invalid",
            None => "authentication failed: the token of the sandbox is invalid",
        })
    };
    let entries = plane.registry.lock();
    let entry = entries.by_id(id).ok_or_else(refused)?;
    if !plane.key.admits(headers) && entry.token.sent_by(id, headers, uri).is_none() {
        return Err(refused());
    }
    running_toolbox(entry)
}

pub(super) fn unauthorized(message: &str) -> Failure {
    Failure {
        status: StatusCode::UNAUTHORIZED,
        code: "UNAUTHORIZED",
        message: format!("unauthorized: {message}"),
    }
}

pub(super) fn running_toolbox(entry: &Entry) -> Result<ToolboxClient, Failure> {
    match (&entry.sandbox.state, &entry.running) {
        (SandboxState::Started, Some(running)) => Ok(running.toolbox.clone()),
        (SandboxState::Archived | SandboxState::Destroying | SandboxState::Error, _) => {
            Err(Failure::bad_request(format!(
                "failed to get runner info: the sandbox is {}",
                entry.sandbox.state
            )))
        }
        _ => Err(Failure {
            status: StatusCode::BAD_REQUEST,
            code: "BAD_REQUEST",
            message: NOT_STARTED.to_owned(),
        }),
    }
}

/// Where a request is sent.
pub(super) struct Destination<'a> {
    pub(super) toolbox: ToolboxClient,
    /// The address there.
    pub(super) uri: Uri,
    /// Id of the sandbox.
    pub(super) id: &'a str,
    /// Whether the response is that of a program of the sandbox.
    pub(super) is_program: bool,
}

/// Sends a request to a toolbox and returns the response, both as they come.
pub(super) async fn forward(
    destination: Destination<'_>,
    mut request: Request<Body>,
    open: OpenRequest,
) -> Result<Response, Failure> {
    let Destination { toolbox, uri, id, is_program } = destination;
    let upgrade = asked_upgrade(request.headers());
    let client_side = upgrade.is_some().then(|| hyper::upgrade::on(&mut request));
    *request.uri_mut() = uri;
    remove_hop_headers(request.headers_mut());
    request.headers_mut().insert(header::HOST, HeaderValue::from_static("toolbox"));
    if let Some(protocol) = upgrade {
        ask_upgrade(request.headers_mut(), protocol);
    }
    let broken = Arc::new(OnceLock::new());
    let mut response = match toolbox.send(request.map(|body| observed(body, &broken))).await {
        Ok(response) => response,
        Err(error) => {
            if let Some(reason) = broken.get() {
                return Err(Failure::bad_request(format_args!("the request body cannot be read: {reason}")));
            }
            tracing::debug!(%error, sandbox = id, "the toolbox did not respond");
            return Ok(empty(StatusCode::BAD_GATEWAY));
        }
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        if let Some(client_side) = client_side {
            let toolbox_side = hyper::upgrade::on(&mut response);
            tokio::spawn(async move {
                join(client_side, toolbox_side).await;
                drop(open);
            });
        }
        return Ok(response.map(Body::new));
    }
    remove_hop_headers(response.headers_mut());
    if !is_program {
        prefix_location(response.headers_mut(), id);
    }
    Ok(response.map(|body| Body::new(CountedBody { body, _open: open })))
}

/// A body that keeps the reason when the client breaks it off.
fn observed(body: Body, broken: &Arc<OnceLock<String>>) -> Body {
    let broken = Arc::clone(broken);
    Body::new(body.map_err(move |error| {
        broken.get_or_init(|| error.to_string());
        error
    }))
}

/// The same path and query, byte for byte, without the sandbox.
fn toolbox_uri(uri: &Uri, id: &str) -> Result<Uri, Failure> {
    let whole = uri.path_and_query().map_or("", PathAndQuery::as_str);
    let rest = whole.get(PREFIX.len() + id.len()..).unwrap_or("/");
    Uri::builder()
        .scheme("http")
        .authority("toolbox")
        .path_and_query(rest)
        .build()
        .map_err(|error| Failure::bad_request(format!("not a path: {error}")))
}

/// Whether a path leads to a program of the sandbox: `/proxy/{port}/`.
fn is_below_proxy(path: &str, id: &str) -> bool {
    let rest = path.get(PREFIX.len() + id.len()..).and_then(|rest| rest.strip_prefix("/proxy/"));
    rest.is_some_and(|rest| rest.contains('/'))
}

/// The toolbox redirects by paths of its own.
fn prefix_location(headers: &mut HeaderMap, id: &str) {
    let moved = headers
        .get(header::LOCATION)
        .and_then(|location| location.to_str().ok())
        .filter(|location| location.starts_with('/'))
        .and_then(|location| HeaderValue::from_str(&format!("{PREFIX}{id}{location}")).ok());
    if let Some(location) = moved {
        headers.insert(header::LOCATION, location);
    }
}

/// A response that counts as a request under way until it is read or dropped.
struct CountedBody {
    body: Incoming,
    _open: OpenRequest,
}

impl HttpBody for CountedBody {
    type Data = bytes::Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
