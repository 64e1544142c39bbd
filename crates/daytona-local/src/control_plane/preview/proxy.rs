//! Hands requests to the address of a preview to the program of the sandbox.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::any;
use daytona_api::control_plane::preview::PROTECTED_PORTS;
use daytona_api::source;
use http::request::Parts;
use http::uri::{PathAndQuery, Uri};
use http::{HeaderName, HeaderValue, Request, StatusCode, header};

use crate::control_plane::sandbox::registry::OpenRequest;
use crate::control_plane::sandbox_token::{SentBy, has_token, remove_tokens};
use crate::control_plane::toolbox_client::ToolboxClient;
use crate::control_plane::toolbox_proxy::{Destination, forward, running_toolbox, unauthorized};
use crate::control_plane::{ControlPlane, request_log};
use crate::forwarding::NO_PROGRAM;
use crate::response::Failure;

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What the address of a preview leads to.
pub(super) struct PreviewedPort {
    pub(super) plane: Weak<ControlPlane>,
    pub(super) sandbox_id: String,
    pub(super) port: u16,
    pub(super) address: SocketAddr,
}

/// Answers all requests to the address of a preview.
pub(super) fn router(previewed: PreviewedPort) -> Router {
    Router::new().fallback(any(handle)).layer(from_fn(request_log::log)).with_state(Arc::new(previewed))
}

async fn handle(State(previewed): State<Arc<PreviewedPort>>, request: Request<Body>) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    match previewed.pass_on(request).await {
        Ok(response) => response,
        Err(failure) => failure.to_response(source::PROXY, &method, &path),
    }
}

impl PreviewedPort {
    async fn pass_on(&self, request: Request<Body>) -> Result<Response, Failure> {
        let Some(plane) = self.plane.upgrade() else { return Err(Failure::internal("the server is ending")) };
        let (mut parts, body) = request.into_parts();
        let admitted = self.admit(&plane, &parts)?;
        remove_tokens(&mut parts);
        if plane.key.admits(&parts.headers) {
            // The program must not see it. Another one is for the program.
            parts.headers.remove(header::AUTHORIZATION);
        }
        if let Some(host) = parts.headers.get(header::HOST).cloned() {
            parts.headers.insert(FORWARDED_HOST, host);
        }
        parts.headers.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
        let destination = Destination {
            toolbox: admitted.toolbox,
            uri: self.uri(&parts.uri)?,
            id: &self.sandbox_id,
            is_program: true,
        };
        let open = OpenRequest::begin(&plane.registry, &self.sandbox_id, true);
        let mut response = forward(destination, Request::from_parts(parts, body), open).await?;
        if response.status() == StatusCode::BAD_GATEWAY && response.headers().contains_key(NO_PROGRAM) {
            return Err(self.no_program());
        }
        if let Some(cookie) = admitted.cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(response)
    }

    fn admit(&self, plane: &ControlPlane, parts: &Parts) -> Result<Admitted, Failure> {
        let entries = plane.registry.lock();
        let entry =
            entries.by_id(&self.sandbox_id).ok_or_else(|| Failure::not_found("the sandbox was deleted"))?;
        let is_signed = entry.previews.is_signed(self.address).ok_or_else(|| {
            unauthorized("the signed preview URL has expired. Get a new one with getSignedPreviewUrl()")
        })?;
        let sent = entry.token.sent_by(&self.sandbox_id, &parts.headers, &parts.uri);
        let is_open = is_signed || entry.sandbox.public && !PROTECTED_PORTS.contains(&self.port);
        if !is_open && sent.is_none() && !plane.key.admits(&parts.headers) {
            return Err(unauthorized(if has_token(&self.sandbox_id, &parts.headers, &parts.uri) {
                "authentication failed: the token of the preview is not valid. getPreviewLink() returns the current one"
            } else {
                "missing authentication: send the token of getPreviewLink() as the header X-Daytona-Preview-Token or \
                 the query parameter DAYTONA_SANDBOX_AUTH_KEY, or use the URL of getSignedPreviewUrl()"
            }));
        }
        let cookie = (sent == Some(SentBy::Query)).then(|| entry.token.cookie(&self.sandbox_id)).flatten();
        Ok(Admitted { toolbox: running_toolbox(entry)?, cookie })
    }

    /// The address of the program for the toolbox, byte for byte.
    fn uri(&self, uri: &Uri) -> Result<Uri, Failure> {
        let whole = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let slash = if whole.starts_with('/') { "" } else { "/" };
        let uri = format!("http://toolbox/proxy/{}{slash}{whole}", self.port).parse();
        uri.map_err(|error| Failure::bad_request(format_args!("not a path: {error}")))
    }

    fn no_program(&self) -> Failure {
        Failure {
            status: StatusCode::BAD_GATEWAY,
            code: "BAD_GATEWAY",
            message: format!(
                "bad gateway: no program of sandbox {} responds on port {}. Start one that listens there; if it was \
                 just started, try again",
                self.sandbox_id, self.port
            ),
        }
    }
}

/// What a request that may pass needs.
struct Admitted {
    toolbox: ToolboxClient,
    /// For a browser that has opened a URL with the token.
    cookie: Option<HeaderValue>,
}
