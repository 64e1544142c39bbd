//! Terminals (PTY): interactive shells of a sandbox.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::{Bytes, BytesMut};
use daytona_api::Whole;
use daytona_api::toolbox::pty::{
    self, ControlMessage, ENVS_PROTOCOL, EXIT_CONTROL_PROTOCOL, PtyCreateRequest, PtyExit, PtyResizeRequest,
    PtySessionInfo, Status,
};
use futures_util::FutureExt as _;
use tokio::time::{timeout, timeout_at};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::cleanup::clean_up;
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::transport::websocket::{Received, WebSocket, WebSocketReader, WebSocketWriter};

const DEFAULT_COLS: u16 = 80;
const DEFAULT_ROWS: u16 = 24;
/// Maximum size of a chunk of output in bytes.
const BATCH: usize = 64 * 1024;
/// Size in bytes of the frames of a long input: services refuse those above 64 KiB.
const INPUT_FRAME: usize = 32 * 1024;
/// Time for the close after a message that the shell has exited.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for deleting a terminal that could not be connected.
const CLEANUP_TIMEOUT: Duration = Duration::from_secs(10);

/// Options for a new terminal.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_to_js = false))]
pub struct CreatePtyParams {
    /// Id of the new terminal.
    pub id: String,
    /// Working directory of the shell. Default: the sandbox's.
    pub cwd: Option<String>,
    /// Environment variables, in addition to the sandbox's. Default of `TERM`:
    /// `xterm-256color`.
    pub envs: Option<BTreeMap<String, String>>,
    /// Number of columns, at most 1000. Default: 80.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub cols: Option<Whole<u16>>,
    /// Number of rows, at most 1000. Default: 24.
    #[cfg_attr(feature = "napi", napi(ts_type = "number"))]
    pub rows: Option<Whole<u16>>,
}

impl Sandbox {
    /// Creates a terminal and connects to it: `GET /process/pty/create-connect` over a
    /// WebSocket. With services before 0.197, `POST /process/pty` and then
    /// [`Sandbox::connect_pty`]. No output is lost in either case: the shell starts when
    /// the connection is there.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when a terminal with this id exists, and the errors of
    /// [`Sandbox::connect_pty`].
    pub async fn create_pty(&self, params: CreatePtyParams, deadline: Deadline) -> Result<Pty, Error> {
        let cols = params.cols.map_or(DEFAULT_COLS, |cols| cols.0);
        let rows = params.rows.map_or(DEFAULT_ROWS, |rows| rows.0);
        let mut call = self
            .call(&pty::CREATE_CONNECT)
            .with("id", &params.id)
            .with("cols", cols.to_string())
            .with("rows", rows.to_string())
            .with_some("cwd", params.cwd.as_deref().filter(|cwd| !cwd.is_empty()))
            .offering(EXIT_CONTROL_PROTOCOL);
        if let Some(envs) = params.envs.as_ref().filter(|envs| !envs.is_empty()) {
            // Cannot fail: a map of strings.
            let json = serde_json::to_vec(envs).unwrap_or_default();
            call = call.offering(&format!("{ENVS_PROTOCOL}{}", BASE64_URL_SAFE_NO_PAD.encode(json)));
        }
        match call.upgrade(deadline).await {
            Ok(socket) => Pty::connected(socket, &params.id, deadline).await,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => {
                let CreatePtyParams { id, cwd, envs, .. } = params;
                let lazy_start = Some(true);
                let request =
                    PtyCreateRequest { id, cwd, envs, cols: Some(cols), rows: Some(rows), lazy_start };
                self.create_and_connect_pty(request, deadline).await
            }
            Err(error) => Err(error),
        }
    }

    async fn create_and_connect_pty(
        &self,
        request: PtyCreateRequest,
        deadline: Deadline,
    ) -> Result<Pty, Error> {
        self.call(&pty::CREATE).json(&request).send(deadline).await?;
        let mut created = Created { terminal: Some((self.clone(), request.id.clone())) };
        let connected = self.connect_pty(&request.id, deadline).await?;
        created.terminal = None;
        Ok(connected)
    }

    /// Connects to a terminal that exists: `GET /process/pty/{sessionId}/connect` over a
    /// WebSocket. Its output before that is not repeated. The deadline is that of the
    /// connection.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the terminal does not exist or its shell cannot
    /// start, and the errors of every call to a sandbox.
    pub async fn connect_pty(&self, session_id: &str, deadline: Deadline) -> Result<Pty, Error> {
        let call = self.call(&pty::CONNECT).with("sessionId", session_id).offering(EXIT_CONTROL_PROTOCOL);
        Pty::connected(call.upgrade(deadline).await?, session_id, deadline).await
    }

    /// Returns all terminals: `GET /process/pty`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn list_pty_sessions(&self, deadline: Deadline) -> Result<Vec<PtySessionInfo>, Error> {
        Ok(self.call(&pty::LIST).send(deadline).await?.sessions)
    }

    /// Returns a terminal: `GET /process/pty/{sessionId}`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the terminal does not exist, and the errors of every
    /// call to a sandbox.
    pub async fn get_pty_session(
        &self,
        session_id: &str,
        deadline: Deadline,
    ) -> Result<PtySessionInfo, Error> {
        self.call(&pty::GET).with("sessionId", session_id).send(deadline).await
    }

    /// Changes the size of a terminal: `POST /process/pty/{sessionId}/resize`.
    ///
    /// # Errors
    /// [`ErrorKind::Gone`] when the terminal does not exist or has ended, and the errors
    /// of every call to a sandbox.
    pub async fn resize_pty_session(
        &self,
        session_id: &str,
        cols: u16,
        rows: u16,
        deadline: Deadline,
    ) -> Result<PtySessionInfo, Error> {
        let call = self.call(&pty::RESIZE).with("sessionId", session_id);
        call.json(&PtyResizeRequest { cols, rows }).send(deadline).await
    }

    /// Kills everything that runs in a terminal, and deletes it:
    /// `DELETE /process/pty/{sessionId}`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::get_pty_session`].
    pub async fn kill_pty_session(&self, session_id: &str, deadline: Deadline) -> Result<(), Error> {
        self.call(&pty::DELETE).with("sessionId", session_id).done(deadline).await
    }
}

/// A terminal that is deleted unless it is connected.
struct Created {
    terminal: Option<(Sandbox, String)>,
}

impl Drop for Created {
    fn drop(&mut self) {
        if let Some((sandbox, id)) = self.terminal.take() {
            // Best effort: the caller has the error that led to this.
            let _ = clean_up(
                async move { sandbox.kill_pty_session(&id, Deadline::after(CLEANUP_TIMEOUT)).await },
            );
        }
    }
}

/// A connection to a terminal. Dropping both parts closes it; the terminal remains.
pub struct Pty {
    /// What the terminal prints.
    pub output: PtyOutput,
    /// What is typed.
    pub input: PtyInput,
}

/// The output of a terminal from the connection on.
pub struct PtyOutput {
    socket: WebSocketReader,
    session_id: String,
    /// Output that is not read yet.
    waiting: BytesMut,
    received: u64,
    /// How the shell exited, once that is known.
    exit: Option<PtyExit>,
    /// How the output ended, once it has.
    end: Option<Result<(), Error>>,
}

/// The input of a terminal.
pub struct PtyInput {
    socket: WebSocketWriter,
    session_id: String,
}

impl Pty {
    /// Waits until the service says that the client is connected.
    async fn connected(socket: WebSocket, session_id: &str, deadline: Deadline) -> Result<Self, Error> {
        let (reader, writer) = socket.split();
        let mut output = PtyOutput {
            socket: reader,
            session_id: session_id.to_owned(),
            waiting: BytesMut::new(),
            received: 0,
            exit: None,
            end: None,
        };
        let connected = timeout_at(deadline.at(), output.wait_for_connection()).await;
        connected.unwrap_or_else(|_| Err(output.socket.context().timeout()))?;
        Ok(Self { output, input: PtyInput { socket: writer, session_id: session_id.to_owned() } })
    }
}

impl PtyOutput {
    async fn wait_for_connection(&mut self) -> Result<(), Error> {
        loop {
            match self.socket.receive().await? {
                Received::Data(data) => self.store(&data),
                Received::Text(text) => match control(&text) {
                    Some(Status::Connected) => return Ok(()),
                    Some(Status::Error { error }) => return Err(self.refused(error)),
                    // It has started and exited at once.
                    Some(Status::Exited(exit)) => {
                        self.exited(exit);
                        return Ok(());
                    }
                    None => self.store(&text),
                },
                Received::Closed(frame) => {
                    let reason = frame.map(|frame| frame.reason.to_string()).filter(|text| !text.is_empty());
                    let reason = reason.map(|reason| closing(&reason).error.unwrap_or(reason));
                    return Err(self
                        .refused(reason.unwrap_or_else(|| "the service closed the connection".to_owned())));
                }
            }
        }
    }

    /// Returns the next output, or `None` once the shell has exited and everything was
    /// read.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection ends before the shell has exited. The
    /// message contains the number of bytes received.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            // Combines what has already arrived, up to a maximum.
            while self.end.is_none() && self.waiting.len() < BATCH {
                let Some(received) = self.receive().now_or_never() else { break };
                self.accept(received);
            }
            if !self.waiting.is_empty() {
                return Ok(Some(self.waiting.split().freeze()));
            }
            match self.end.take() {
                Some(end) => {
                    self.end = Some(Ok(()));
                    return end.map(|()| None);
                }
                None => {
                    let received = self.receive().await;
                    self.accept(received);
                }
            }
        }
    }

    /// Returns how the shell exited, once the output has ended.
    #[must_use]
    pub fn exit(&self) -> Option<&PtyExit> {
        self.exit.as_ref()
    }

    /// Receives the next frame. What comes after the shell's exit may be late.
    async fn receive(&mut self) -> Result<Received, Error> {
        if self.exit.is_none() {
            return self.socket.receive().await;
        }
        timeout(CLOSE_TIMEOUT, self.socket.receive()).await.unwrap_or(Ok(Received::Closed(None)))
    }

    /// Stores output, or how the output ended until all before it is read.
    fn accept(&mut self, received: Result<Received, Error>) {
        match received {
            Ok(Received::Data(data)) => self.store(&data),
            Ok(Received::Text(text)) => match control(&text) {
                Some(Status::Exited(exit)) => self.exited(exit),
                Some(Status::Error { error }) => self.end = Some(Err(self.lost(&error))),
                Some(Status::Connected) => {}
                None => self.store(&text),
            },
            Ok(Received::Closed(frame)) => self.end = Some(self.closed(frame)),
            // Everything was sent before the service said that the shell has exited.
            Err(_) if self.exit.is_some() => self.end = Some(Ok(())),
            Err(error) => self.end = Some(Err(self.lost(error.message()).with_source(error))),
        }
    }

    /// Stores how the shell exited; without a code, the close has it.
    fn exited(&mut self, exit: PtyExit) {
        self.exit = Some(exit).filter(|exit| exit.exit_code.is_some());
    }

    fn store(&mut self, data: &[u8]) {
        self.received += data.len() as u64;
        self.waiting.extend_from_slice(data);
    }

    /// Reads how the shell exited from the close, unless a message has said it.
    fn closed(&mut self, frame: Option<CloseFrame>) -> Result<(), Error> {
        if self.exit.is_some() {
            return Ok(());
        }
        let Some(frame) = frame else {
            return Err(self.lost("the service closed the connection without an exit code"));
        };
        let closing = closing(&frame.reason);
        if closing.exit_code.is_some() {
            self.exit = Some(closing);
            return Ok(());
        }
        let code = u16::from(frame.code);
        let reason = closing.error.unwrap_or_else(|| frame.reason.to_string());
        let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        Err(self.lost(&format!(
            "the service closed the connection with code {code}{reason}, without an exit code"
        )))
    }

    fn refused(&self, reason: String) -> Error {
        self.socket.context().error(ErrorKind::Connection, reason)
    }

    /// Returns the error of a connection that ended before the shell has exited.
    fn lost(&self, reason: &str) -> Error {
        let error = self.socket.context().error(ErrorKind::Connection, reason);
        let progress = format!(
            "{} bytes of output were received. The terminal may still run: connect to it again",
            self.received
        );
        error.with_operation(format!("read from terminal {:?}", self.session_id)).with_detail(&progress)
    }
}

impl PtyInput {
    /// Sends input. Waits while the terminal does not take it.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection is closed or breaks, and
    /// [`ErrorKind::Timeout`] at the deadline; a part of the input may have been sent.
    pub async fn send(&mut self, mut data: Bytes, deadline: Deadline) -> Result<(), Error> {
        let operation = format!("write to terminal {:?}", self.session_id);
        let send = async {
            while !data.is_empty() {
                let frame = data.split_to(data.len().min(INPUT_FRAME));
                self.socket.send(frame).await?;
            }
            Ok(())
        };
        match timeout_at(deadline.at(), send).await {
            Ok(sent) => sent.map_err(|error: Error| error.with_operation(operation)),
            Err(_) => Err(deadline.exceeded(operation)),
        }
    }

    /// Closes the connection. The terminal remains.
    pub async fn close(&mut self) {
        self.socket.close().await;
    }
}

/// Returns what a text frame says about the terminal; `None` for output.
fn control(text: &[u8]) -> Option<Status> {
    serde_json::from_slice::<ControlMessage>(text).ok().map(|message| message.status)
}

/// Reads the reason of a close.
fn closing(reason: &str) -> PtyExit {
    serde_json::from_str(reason).unwrap_or_default()
}
