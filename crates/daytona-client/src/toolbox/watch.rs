//! Watching files for changes.

use std::collections::VecDeque;

use daytona_api::toolbox::files::{FileEvent, FileEvents, WATCH};

use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::transport::websocket::{Received, WebSocket};

/// The close code of a WebSocket that ended normally.
const CLOSED_NORMALLY: u16 = 1000;

impl Sandbox {
    /// Watches a file or folder, and with `is_recursive` everything below it:
    /// `GET /files/watch` over a WebSocket. Waits until no change is missed. Only the
    /// local server has this operation.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] on services without it,
    /// [`ErrorKind::FileNotFound`] when there is nothing at the path,
    /// [`ErrorKind::Conflict`] when there are too many folders or watches, and the
    /// errors of every call to a sandbox.
    pub async fn watch_files(
        &self,
        path: &str,
        is_recursive: bool,
        deadline: Deadline,
    ) -> Result<FileWatcher, Error> {
        let recursive = is_recursive.then_some("true");
        let call = self.call(&WATCH).with("path", path).with_some("recursive", recursive);
        let socket = call.upgrade(deadline).await.map_err(|error| {
            // Services before 0.136 do not say what is unknown.
            if error.kind() == ErrorKind::Unsupported {
                let message = "watching files is not supported by this service, only by the local server";
                return error.with_kind(ErrorKind::Unsupported, message.to_owned());
            }
            error
        })?;
        let mut watcher = FileWatcher { socket, events: VecDeque::new(), received: 0, has_ended: false };
        let ready = tokio::time::timeout_at(deadline.at(), watcher.receive()).await;
        ready.unwrap_or_else(|_| Err(watcher.socket.context().timeout()))?;
        Ok(watcher)
    }
}

/// Watches files. Dropping it closes the connection.
pub struct FileWatcher {
    socket: WebSocket,
    events: VecDeque<FileEvent>,
    received: u64,
    has_ended: bool,
}

impl FileWatcher {
    /// Returns the next change, or `None` once what is watched is gone. Nothing is lost
    /// when the future is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection breaks; the message contains the
    /// number of changes received.
    pub async fn next(&mut self) -> Result<Option<FileEvent>, Error> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if self.has_ended {
                return Ok(None);
            }
            let received = self.receive().await;
            received
                .map_err(|error| error.with_detail(&format!("{} changes were received", self.received)))?;
        }
    }

    /// Receives the next message.
    async fn receive(&mut self) -> Result<(), Error> {
        match self.socket.receive().await? {
            Received::Data(data) | Received::Text(data) => {
                let message: FileEvents = serde_json::from_slice(&data).map_err(|error| {
                    let what = format!("a change that is not valid JSON ({error})");
                    self.socket.context().unexpected_content(&what)
                })?;
                self.received += message.events.len() as u64;
                self.events.extend(message.events);
                Ok(())
            }
            Received::Closed(frame) => {
                let code = frame.as_ref().map(|frame| u16::from(frame.code));
                if code == Some(CLOSED_NORMALLY) {
                    self.has_ended = true;
                    return Ok(());
                }
                let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                let code = code.map_or_else(|| "no code".to_owned(), |code| format!("code {code}"));
                let message = format!("the service closed the connection with {code} {reason}");
                Err(self.socket.context().error(ErrorKind::Connection, message.trim_end()))
            }
        }
    }
}
