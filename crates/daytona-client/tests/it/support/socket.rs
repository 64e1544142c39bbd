//! WebSockets of the scripted server.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::Response;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http_body_util::BodyExt as _;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use super::reply::{Body, Reply};

/// A WebSocket: frames, and how it ends.
#[derive(Clone)]
pub(crate) struct Socket {
    frames: Vec<String>,
    end: End,
}

#[derive(Clone, Copy)]
enum End {
    /// With this close code.
    Closed(u16),
    /// The connection is closed without a close frame.
    Cut,
    /// Nothing follows, and the connection stays open.
    Stuck,
}

impl From<Socket> for Reply {
    fn from(socket: Socket) -> Self {
        Self::Socket(socket)
    }
}

impl Socket {
    /// A WebSocket that sends these frames, and is closed with 1000. `MARK` stands for
    /// the mark of the last command, `OUT` and `ERR` for the markers of the log.
    pub(crate) fn of<'a>(frames: impl IntoIterator<Item = &'a str>) -> Self {
        Self { frames: frames.into_iter().map(str::to_owned).collect(), end: End::Closed(1000) }
    }

    pub(crate) fn then_close(mut self, code: u16) -> Self {
        self.end = End::Closed(code);
        self
    }

    pub(crate) fn then_cut(mut self) -> Self {
        self.end = End::Cut;
        self
    }

    pub(crate) fn then_stuck(mut self) -> Self {
        self.end = End::Stuck;
        self
    }

    pub(crate) fn switch(self, upgrade: OnUpgrade, key: &str, mark: &str) -> Response<Body> {
        let written = |frame: String| {
            frame.replace("OUT", "\x01\x01\x01").replace("ERR", "\x02\x02\x02").replace("MARK", mark)
        };
        let frames: Vec<Bytes> = self.frames.into_iter().map(|frame| written(frame).into()).collect();
        tokio::spawn(async move {
            let Ok(connection) = upgrade.await else { return };
            let io = TokioIo::new(connection);
            let mut stream = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
            for frame in frames {
                let _ = stream.send(Message::Binary(frame)).await;
            }
            match self.end {
                End::Cut => return,
                End::Closed(code) => {
                    let frame = CloseFrame { code: code.into(), reason: "".into() };
                    let _ = stream.close(Some(frame)).await;
                }
                End::Stuck => {}
            }
            // Until the client leaves.
            while let Some(Ok(_)) = stream.next().await {}
        });
        Response::builder()
            .status(101)
            .header(CONNECTION, "upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_ACCEPT, derive_accept_key(key.as_bytes()))
            .body(http_body_util::Empty::new().map_err(|impossible| match impossible {}).boxed_unsync())
            .unwrap()
    }
}
