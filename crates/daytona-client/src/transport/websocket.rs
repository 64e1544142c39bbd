//! WebSockets over the shared transport, with the same proxies, certificates,
//! deadlines and errors as other calls.

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, Stream, StreamExt as _};
use http::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role};

use super::http_client::{HttpResponse, SendError};
use super::response::{ReadResponse, RequestContext};
use crate::error::{Error, ErrorKind};

/// An open WebSocket.
pub(crate) struct WebSocket {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    context: RequestContext,
}

/// A received message.
pub(crate) enum Received {
    /// A binary frame.
    Data(Bytes),
    /// A text frame.
    Text(Bytes),
    /// The peer closed the connection, with an optional code.
    Closed(Option<CloseFrame>),
}

/// Adds the headers of a WebSocket handshake.
pub(crate) fn ask_for(headers: &mut HeaderMap, protocols: &[HeaderValue]) {
    for protocol in protocols {
        headers.append(SEC_WEBSOCKET_PROTOCOL, protocol.clone());
    }
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    // Lower case: the toolbox compares it case-sensitively.
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    if let Ok(key) = HeaderValue::from_str(&generate_key()) {
        headers.insert(SEC_WEBSOCKET_KEY, key);
    }
}

impl ReadResponse for WebSocket {
    async fn read(response: HttpResponse, context: RequestContext) -> Result<Self, SendError> {
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
        receive(&mut self.stream, &self.context).await
    }

    /// Separates the two directions, so that both can be used at once.
    pub(crate) fn split(self) -> (WebSocketReader, WebSocketWriter) {
        let (sink, stream) = self.stream.split();
        (
            WebSocketReader { stream, context: self.context.clone() },
            WebSocketWriter { sink, context: self.context },
        )
    }

    /// Returns the next frame like [`WebSocket::receive`], `None` for a sign of life
    /// without data: a ping or a pong.
    pub(crate) async fn receive_any(&mut self) -> Result<Option<Received>, Error> {
        receive_any(&mut self.stream, &self.context).await
    }

    /// Sends a text frame.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection breaks.
    pub(crate) async fn send_text(&mut self, text: String) -> Result<(), Error> {
        self.stream.send(Message::text(text)).await.map_err(|error| broken(&self.context).with_source(error))
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
}

/// The receiving direction of a WebSocket.
pub(crate) struct WebSocketReader {
    stream: SplitStream<WebSocketStream<TokioIo<Upgraded>>>,
    context: RequestContext,
}

impl WebSocketReader {
    /// Returns the next data frame, or the close, as [`WebSocket::receive`] does.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection breaks without a close.
    pub(crate) async fn receive(&mut self) -> Result<Received, Error> {
        receive(&mut self.stream, &self.context).await
    }

    /// Returns the request, for error messages.
    pub(crate) fn context(&self) -> &RequestContext {
        &self.context
    }
}

/// The sending direction of a WebSocket.
pub(crate) struct WebSocketWriter {
    sink: SplitSink<WebSocketStream<TokioIo<Upgraded>>, Message>,
    context: RequestContext,
}

impl WebSocketWriter {
    /// Sends a binary frame. Waits until the connection has taken it.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection is closed or breaks.
    pub(crate) async fn send(&mut self, data: Bytes) -> Result<(), Error> {
        let sent = self.sink.send(Message::Binary(data)).await;
        sent.map_err(|error| {
            self.context.error(ErrorKind::Connection, "the connection is closed").with_source(error)
        })
    }

    /// Closes the connection. Best effort, since the peer may be gone.
    pub(crate) async fn close(&mut self) {
        let _ = self.sink.close().await;
    }
}

async fn receive(
    stream: &mut (impl Stream<Item = Result<Message, SocketError>> + Unpin),
    context: &RequestContext,
) -> Result<Received, Error> {
    loop {
        if let Some(received) = receive_any(stream, context).await? {
            return Ok(received);
        }
    }
}

async fn receive_any(
    stream: &mut (impl Stream<Item = Result<Message, SocketError>> + Unpin),
    context: &RequestContext,
) -> Result<Option<Received>, Error> {
    match stream.next().await {
        Some(Ok(Message::Binary(data))) => Ok(Some(Received::Data(data))),
        Some(Ok(Message::Text(text))) => Ok(Some(Received::Text(text.into()))),
        Some(Ok(Message::Close(frame))) => Ok(Some(Received::Closed(frame))),
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(broken(context).with_source(error)),
        None => Err(broken(context)),
    }
}

fn broken(context: &RequestContext) -> Error {
    context.error(ErrorKind::Connection, "the connection was lost before the stream ended")
}
