//! Logs as they grow, over a WebSocket.

use std::io;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::super::log::LogReader;
use super::super::web_socket::{Socket, close, finish_closing};
use super::streams::{Splitter, marker_at_end};
use super::version::OutputForm;

/// How much of a log goes into one frame, at most.
const FRAME: usize = 16 * 1024;

/// Sends a log to its end. What the client sends counts for nothing; while it
/// does not read, nothing is read from the log either.
pub(super) async fn follow(mut socket: Socket, mut log: LogReader, form: OutputForm) {
    let mut frames = Frames::new(form);
    let mut buffer = vec![0; FRAME];
    loop {
        let read = tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Close(_))) => return finish_closing(socket).await,
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
            read = log.next(&mut buffer) => read,
        };
        let sent = match read {
            Ok(0) => {
                if send(&mut socket, frames.rest()).await.is_ok() {
                    close(socket, CloseCode::Normal, "").await;
                }
                return;
            }
            Ok(length) => send(&mut socket, frames.next(&buffer[..length])).await,
            Err(error) => return close(socket, CloseCode::Error, &error.to_string()).await,
        };
        if sent.is_err() {
            // The client is gone; the log stays for others.
            return;
        }
    }
}

async fn send(socket: &mut Socket, frame: Vec<u8>) -> io::Result<()> {
    if frame.is_empty() {
        return Ok(());
    }
    socket.send(Message::binary(frame)).await.map_err(io::Error::other)
}

/// Cuts a log into frames of which none ends in a marker or inside one.
enum Frames {
    Marked { held: Vec<u8> },
    Combined(Splitter),
}

impl Frames {
    fn new(form: OutputForm) -> Self {
        match form {
            OutputForm::Combined => Self::Combined(Splitter::default()),
            OutputForm::Marked | OutputForm::Split => Self::Marked { held: Vec::new() },
        }
    }

    fn next(&mut self, piece: &[u8]) -> Vec<u8> {
        match self {
            Self::Marked { held } => {
                let mut frame = std::mem::take(held);
                frame.extend_from_slice(piece);
                *held = frame.split_off(frame.len() - marker_at_end(&frame));
                frame
            }
            Self::Combined(splitter) => collected(|each| splitter.feed(piece, each)),
        }
    }

    /// What was held back, when nothing more comes.
    fn rest(&mut self) -> Vec<u8> {
        match self {
            Self::Marked { held } => std::mem::take(held),
            Self::Combined(splitter) => collected(|each| splitter.finish(each)),
        }
    }
}

type Each<'a> = &'a mut dyn FnMut(super::streams::Stream, &[u8]) -> Result<(), std::convert::Infallible>;

fn collected(feed: impl FnOnce(Each<'_>) -> Result<(), std::convert::Infallible>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Ok(()) = feed(&mut |_, part| {
        bytes.extend_from_slice(part);
        Ok(())
    });
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_frame_ends_in_a_marker_and_nothing_is_lost() {
        let log = b"\x01\x01\x01a\n\x02\x02\x02b\x01\n\x01\x01\x01\n\x02";
        for (form, whole) in [(OutputForm::Split, &log[..]), (OutputForm::Combined, b"a\nb\x01\n\n\x02")] {
            for cut in 0..log.len() {
                let mut frames = Frames::new(form);
                let parts = [frames.next(&log[..cut]), frames.next(&log[cut..])];
                assert!(parts.iter().all(|part| marker_at_end(part) == 0), "{cut}");
                assert_eq!([parts.concat(), frames.rest()].concat(), whole, "{cut}");
            }
        }
    }
}
