//! WebSockets over the shared transport, with the same proxies, certificates,
//! deadlines and errors as other calls.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role};

use super::response::{ReadResponse, RequestContext};
use crate::error::{Error, ErrorKind};

/// An open WebSocket.
pub(crate) struct WebSocket {
    stream: WebSocketStream<reqwest::Upgraded>,
    context: RequestContext,
}

/// A received message.
pub(crate) enum Received {
    /// A data frame, text or binary.
    Data(Bytes),
    /// The peer closed the connection, with an optional code.
    Closed(Option<CloseFrame>),
}

/// Adds the headers of a WebSocket handshake.
pub(crate) fn ask_for(builder: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    builder
        .header(CONNECTION, "Upgrade")
        // Lower case: the toolbox compares it case-sensitively.
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, generate_key())
}

impl ReadResponse for WebSocket {
    async fn read(response: reqwest::Response, context: RequestContext) -> Result<Self, reqwest::Error> {
        let upgraded = response.upgrade().await?;
        let stream = WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await;
        Ok(Self { stream, context })
    }
}

impl WebSocket {
    /// Returns the next data frame, or the close. Replies to pings.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection breaks without a close.
    pub(crate) async fn receive(&mut self) -> Result<Received, Error> {
        loop {
            if let Some(received) = self.receive_any().await? {
                return Ok(received);
            }
        }
    }

    /// Returns the next frame like [`WebSocket::receive`], `None` for a sign of life
    /// without data: a ping or a pong.
    pub(crate) async fn receive_any(&mut self) -> Result<Option<Received>, Error> {
        match self.stream.next().await {
            Some(Ok(Message::Binary(data))) => Ok(Some(Received::Data(data))),
            Some(Ok(Message::Text(text))) => Ok(Some(Received::Data(text.into()))),
            Some(Ok(Message::Close(frame))) => Ok(Some(Received::Closed(frame))),
            Some(Ok(_)) => Ok(None),
            Some(Err(error)) => Err(self.broken().with_source(error)),
            None => Err(self.broken()),
        }
    }

    /// Sends a text frame.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection breaks.
    pub(crate) async fn send_text(&mut self, text: String) -> Result<(), Error> {
        self.stream.send(Message::text(text)).await.map_err(|error| self.broken().with_source(error))
    }

    /// Returns the request, for error messages.
    pub(crate) fn context(&self) -> &RequestContext {
        &self.context
    }

    /// Closes the connection. Best effort, since the peer may be gone.
    pub(crate) async fn close(&mut self) {
        let _ = self.stream.close(None).await;
        let _ = self.stream.flush().await;
    }

    fn broken(&self) -> Error {
        let message = "the connection was lost before the stream ended";
        self.context.error(ErrorKind::Connection, message)
    }
}
