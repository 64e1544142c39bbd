//! Connections that become WebSockets.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use daytona_api::toolbox::pty::ENVS_PROTOCOL;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

use super::call::Call;
use crate::response::Failure;

/// The largest message that a client may send.
const LARGEST_MESSAGE: usize = 1024 * 1024;

/// A subprotocol in which clients that cannot set headers tell their version.
pub(super) const VERSION_PROTOCOL: &str = "X-Daytona-SDK-Version~";

/// How long a client may take to confirm the end.
const CLOSES_WITHIN: Duration = Duration::from_secs(5);

/// A connection that speaks WebSocket.
pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// What becomes of a request for a WebSocket.
pub(super) struct Upgrade {
    upgrade: OnUpgrade,
    key: HeaderValue,
    protocol: Option<String>,
    largest_message: usize,
}

impl Upgrade {
    /// The upgrade that a request asks for; `None` when it is an ordinary one.
    pub(super) fn asked(call: &mut Call) -> Result<Option<Self>, Failure> {
        let wants = call.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"));
        if !wants {
            return Ok(None);
        }
        let Some(key) = call.headers.get(header::SEC_WEBSOCKET_KEY).cloned() else {
            return Err(Failure::bad_request("an upgrade to WebSocket needs a Sec-WebSocket-Key"));
        };
        if call.header("sec-websocket-version") != Some("13") {
            return Err(Failure::bad_request("Sec-WebSocket-Version must be 13"));
        }
        let Some(upgrade) = call.upgrade.take() else {
            return Err(Failure::bad_request("this connection cannot be upgraded"));
        };
        Ok(Some(Self { upgrade, key, protocol: chosen_protocol(call), largest_message: LARGEST_MESSAGE }))
    }

    /// Limits the messages that the client may send to this size.
    pub(super) fn with_largest_message(self, largest_message: usize) -> Self {
        Self { largest_message, ..self }
    }

    /// Switches the protocol and lets `serve` have the connection.
    pub(super) fn switch<Serving>(self, serve: impl FnOnce(Socket) -> Serving + Send + 'static) -> Response
    where
        Serving: Future<Output = ()> + Send + 'static,
    {
        tokio::spawn(async move {
            match self.upgrade.await {
                Ok(connection) => {
                    let config = WebSocketConfig::default()
                        .max_message_size(Some(self.largest_message))
                        .max_frame_size(Some(self.largest_message));
                    let io = TokioIo::new(connection);
                    serve(Socket::from_raw_socket(io, Role::Server, Some(config)).await).await;
                }
                Err(error) => tracing::debug!(%error, "a client left before its WebSocket was there"),
            }
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(self.key.as_bytes())) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        if let Some(protocol) = self.protocol.and_then(|protocol| HeaderValue::from_str(&protocol).ok()) {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        response
    }
}

/// The subprotocol of a connection: a client that offers some fails when none is
/// chosen. The service chooses the one with the version, if it is offered, and one with
/// variables, which may be secret, is better not repeated.
fn chosen_protocol(call: &Call) -> Option<String> {
    let rank = |protocol: &&str| match protocol {
        _ if protocol.starts_with(VERSION_PROTOCOL) => 0,
        _ if protocol.starts_with(ENVS_PROTOCOL) => 2,
        _ => 1,
    };
    offered_protocols(call).min_by_key(rank).map(str::to_owned)
}

/// The subprotocols that a client offers, best first.
pub(super) fn offered_protocols(call: &Call) -> impl Iterator<Item = &str> {
    let values = call.headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|protocol| !protocol.is_empty())
}

/// Says why the connection ends, and waits until the client has heard it: data
/// under way would be lost if the connection broke.
pub(super) async fn close(mut socket: Socket, code: CloseCode, reason: &str) {
    let frame = CloseFrame { code, reason: reason.into() };
    let goodbye = async {
        match socket.send(Message::Close(Some(frame))).await {
            Ok(()) => read_to_end(&mut socket).await,
            Err(error) => tracing::debug!(%error, "a WebSocket broke before it was closed"),
        }
    };
    // A client that never confirms the end is left.
    let _late = tokio::time::timeout(CLOSES_WITHIN, goodbye).await;
}

/// Confirms the end to a client that has closed the connection.
pub(super) async fn finish_closing(mut socket: Socket) {
    let _late = tokio::time::timeout(CLOSES_WITHIN, read_to_end(&mut socket)).await;
}

async fn read_to_end(socket: &mut Socket) {
    while let Some(Ok(_)) = socket.next().await {}
}
