//! A client at a terminal, over a WebSocket.

use std::sync::Arc;

use daytona_api::toolbox::pty::{ControlMessage, PtyExit, Status};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::super::web_socket::{Socket, close, finish_closing};
use super::terminal::Terminal;
use super::viewers::View;

/// The largest message that a client may send.
pub(super) const LARGEST_MESSAGE: usize = 64 * 1024;

/// Why a connection ends.
enum End {
    /// No more output comes for this client.
    Output,
    /// The client has closed the connection.
    Closed,
    /// The client has sent a message that is too large.
    TooLarge,
    /// The connection is broken.
    Broken,
}

/// Passes output and input on until the shell exits or the client leaves.
pub(super) async fn serve(socket: Socket, terminal: Arc<Terminal>, mut view: View, wants_exit: bool) {
    let (mut sink, mut stream) = socket.split();
    let end = tokio::select! {
        end = send_output(&mut sink, &mut view) => end,
        end = receive_input(&mut stream, &terminal) => end,
    };
    // The two halves are of one socket.
    let Ok(mut socket) = sink.reunite(stream) else { return };
    match end {
        End::Output if view.is_slow() => close(socket, CloseCode::Policy, "slow consumer").await,
        End::Output => {
            let exit = terminal.exit().unwrap_or_default();
            if wants_exit && send_control(&mut socket, Status::Exited(exit.clone())).await.is_err() {
                return;
            }
            let code = if exit.exit_code == Some(0) { CloseCode::Normal } else { CloseCode::Error };
            close(socket, code, &reason(&exit)).await;
        }
        End::Closed => finish_closing(socket).await,
        End::TooLarge => {
            let limit = format!("a message may have {} KiB", LARGEST_MESSAGE / 1024);
            close(socket, CloseCode::Size, &limit).await;
        }
        End::Broken => {}
    }
}

/// Says why a client cannot be connected. The connection then ends without a close, as
/// that of the service does.
pub(super) async fn refuse(mut socket: Socket, reason: String) {
    let error = format!("Failed to connect to PTY session: {reason}");
    if let Err(error) = send_control(&mut socket, Status::Error { error }).await {
        tracing::debug!(%error, "a client left before it was refused");
    }
}

async fn send_output(sink: &mut SplitSink<Socket, Message>, view: &mut View) -> End {
    let connected = Message::text(text(Status::Connected));
    if sink.send(connected).await.is_err() {
        return End::Broken;
    }
    while let Some(chunk) = view.next().await {
        if sink.send(Message::binary(chunk)).await.is_err() {
            return End::Broken;
        }
    }
    End::Output
}

/// Types what the client sends, whatever it looks like. While the program does not read,
/// nothing is read from the client either.
async fn receive_input(stream: &mut SplitStream<Socket>, terminal: &Terminal) -> End {
    loop {
        let message = match stream.next().await {
            Some(Ok(Message::Text(text))) => text.into(),
            Some(Ok(Message::Binary(bytes))) => bytes,
            Some(Ok(Message::Close(_))) => return End::Closed,
            Some(Ok(_)) => continue,
            Some(Err(Error::Capacity(_))) => return End::TooLarge,
            Some(Err(_)) | None => return End::Broken,
        };
        if terminal.type_in(&message).await.is_err() {
            // The shell is exiting: its last output comes first.
            return std::future::pending().await;
        }
    }
}

async fn send_control(socket: &mut Socket, status: Status) -> Result<(), Error> {
    socket.send(Message::text(text(status))).await
}

/// A control message as JSON.
fn text(status: Status) -> String {
    // Cannot fail: the message has string keys only.
    serde_json::to_string(&ControlMessage::from(status)).unwrap_or_default()
}

/// How the shell exited, for the close.
fn reason(exit: &PtyExit) -> String {
    serde_json::to_string(exit).unwrap_or_default()
}
