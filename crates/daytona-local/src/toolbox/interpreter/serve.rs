//! A run of code over a WebSocket.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daytona_api::toolbox::interpreter::{DEFAULT_CONTEXT, DEFAULT_TIMEOUT, EXECUTE, RunCodeRequest};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

use super::super::Toolbox;
use super::super::json_body;
use super::super::web_socket::{Socket, close, finish_closing};
use super::boundary;
use super::driver::{Event, Run};

/// How long a client may take to send the code.
const SENT_WITHIN: Duration = Duration::from_secs(60);

/// How often a client hears that its run is not forgotten.
const PING_EVERY: Duration = Duration::from_secs(3);

/// The messages of a run that wait for its client.
const WAITING: usize = 64;

/// The longest reason of a close, in bytes.
const LONGEST_REASON: usize = 123;

/// Why there is nothing to run.
enum Refusal {
    /// The client is told why.
    Close(CloseCode, String),
    /// The client has closed the connection.
    Closed,
    /// The client is gone.
    Gone,
}

/// Runs what a client sends, and passes on what comes of it.
pub(super) async fn serve(toolbox: Arc<Toolbox>, mut socket: Socket) {
    let unwanted = CancellationToken::new();
    let enqueued = match timeout(SENT_WITHIN, receive(&mut socket)).await {
        Ok(Ok(message)) => enqueue(&toolbox, &message, &unwanted),
        Ok(Err(refusal)) => Err(refusal),
        Err(_) => {
            Err(refuse(CloseCode::Policy, format!("no code was sent within {} s", SENT_WITHIN.as_secs())))
        }
    };
    match enqueued {
        Ok(events) => pass_on(socket, events, &unwanted).await,
        Err(Refusal::Close(code, reason)) => close(socket, code, short(&reason)).await,
        Err(Refusal::Closed) => finish_closing(socket).await,
        Err(Refusal::Gone) => {}
    }
}

fn refuse(code: CloseCode, reason: impl Into<String>) -> Refusal {
    Refusal::Close(code, reason.into())
}

/// The first message.
async fn receive(socket: &mut Socket) -> Result<Bytes, Refusal> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.into()),
            Some(Ok(Message::Binary(bytes))) => return Ok(bytes),
            Some(Ok(Message::Close(_))) => return Err(Refusal::Closed),
            Some(Ok(_)) => {}
            Some(Err(Error::Capacity(error))) => return Err(refuse(CloseCode::Size, error.to_string())),
            Some(Err(_)) | None => return Err(Refusal::Gone),
        }
    }
}

/// Puts a run at the end of the queue of its context.
fn enqueue(
    toolbox: &Toolbox,
    message: &[u8],
    unwanted: &CancellationToken,
) -> Result<mpsc::Receiver<Event>, Refusal> {
    let request: RunCodeRequest = json_body::read(message, &(EXECUTE.body_fields)())
        .map_err(|_| refuse(CloseCode::Protocol, "invalid JSON payload"))?;
    if request.code.is_empty() {
        return Err(refuse(CloseCode::Policy, "code is required"));
    }
    let seconds = u64::try_from(request.timeout.unwrap_or(DEFAULT_TIMEOUT.into()))
        .map_err(|_| refuse(CloseCode::Policy, "timeout must be greater than or equal to 0"))?;
    let id = request.context_id.filter(|id| !id.is_empty());
    let id = id.as_deref().unwrap_or(DEFAULT_CONTEXT);
    let not_found = || refuse(CloseCode::Policy, format!("context not found: {id}"));
    let context = toolbox
        .contexts
        .find(id, || super::place(toolbox, toolbox.work_dir.clone()))
        .ok_or_else(not_found)?;
    let (events, receiver) = mpsc::channel(WAITING);
    let run = Run {
        code: request.code,
        variables: request.envs.unwrap_or_default(),
        timeout: (seconds > 0).then(|| Duration::from_secs(seconds.min(u32::MAX.into()))),
        events,
        unwanted: unwanted.clone(),
    };
    match context.enqueue(run) {
        Ok(()) => Ok(receiver),
        Err(TrySendError::Full(_)) => {
            Err(refuse(CloseCode::Policy, "too many runs wait in this context; use several contexts"))
        }
        Err(TrySendError::Closed(_)) => Err(not_found()),
    }
}

/// Sends the events of a run. A client that closes the connection ends the run; one
/// that is lost does not.
async fn pass_on(mut socket: Socket, mut events: mpsc::Receiver<Event>, unwanted: &CancellationToken) {
    let mut pings = interval(PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let sent = tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Close(_))) => {
                    unwanted.cancel();
                    return finish_closing(socket).await;
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
            event = events.recv() => match event {
                Some(Event::Message(text)) => socket.send(Message::text(text)).await,
                Some(Event::End { code, reason }) => return close(socket, code, short(&reason)).await,
                None => return close(socket, CloseCode::Error, "the interpreter was lost").await,
            },
            _ = pings.tick() => socket.send(Message::Ping(Bytes::new())).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

/// As much of a reason as fits.
fn short(reason: &str) -> &str {
    &reason[..boundary(reason, LONGEST_REASON)]
}
