//! Sessions: long-lived shells of a sandbox, and the logs of their commands.

use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use daytona_api::toolbox::session::{
    self, Command, CreateSessionRequest, STDERR_MARKER, STDOUT_MARKER, Session, SessionCommandLogsResponse,
    SessionExecuteRequest, SessionExecuteResponse, SessionSendInputRequest,
};
use futures_util::FutureExt as _;
use tokio::time::{timeout, timeout_at};

use super::log_chunk::{LogChunk, Output};
use super::text_decoder::{TextChunk, TextDecoders};
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::transport::websocket::{Received, WebSocket};

/// Time without output after which the client asks whether the command still
/// runs, because some services do not close a log stream.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum size of a chunk in bytes.
const BATCH: usize = 64 * 1024;
/// The close code of a WebSocket that ended normally.
const CLOSED_NORMALLY: u16 = 1000;

impl Sandbox {
    /// Creates a session: `POST /process/session`.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when a session with this id exists, and the errors of
    /// every call to a sandbox.
    pub async fn create_session(&self, session_id: &str, deadline: Deadline) -> Result<(), Error> {
        let body = CreateSessionRequest { session_id: session_id.to_owned() };
        self.call(&session::CREATE).json(&body).done(deadline).await
    }

    /// Returns all sessions except the entrypoint's: `GET /process/session`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn list_sessions(&self, deadline: Deadline) -> Result<Vec<Session>, Error> {
        self.call(&session::LIST).send(deadline).await
    }

    /// Returns a session with its commands: `GET /process/session/{sessionId}`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the session does not exist, and the errors of
    /// every call to a sandbox.
    pub async fn get_session(&self, session_id: &str, deadline: Deadline) -> Result<Session, Error> {
        self.call(&session::GET).with("sessionId", session_id).send(deadline).await
    }

    /// Returns the session of the sandbox's entrypoint:
    /// `GET /process/session/entrypoint`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the sandbox has no entrypoint, and the errors of
    /// every call to a sandbox.
    pub async fn get_entrypoint_session(&self, deadline: Deadline) -> Result<Session, Error> {
        self.call(&session::GET_ENTRYPOINT).send(deadline).await
    }

    /// Deletes a session and kills everything that runs in it:
    /// `DELETE /process/session/{sessionId}`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::get_session`].
    pub async fn delete_session(&self, session_id: &str, deadline: Deadline) -> Result<(), Error> {
        self.call(&session::DELETE).with("sessionId", session_id).done(deadline).await
    }

    /// Runs a command in a session: `POST /process/session/{sessionId}/exec`. Waits
    /// for a synchronous command to exit. The command belongs to the session and
    /// keeps running when the deadline passes or the future is dropped.
    ///
    /// # Errors
    /// The errors of [`Sandbox::get_session`].
    pub async fn execute_session_command(
        &self,
        session_id: &str,
        request: &SessionExecuteRequest,
        deadline: Deadline,
    ) -> Result<SessionExecuteResponse, Error> {
        let call = self.call(&session::EXECUTE).with("sessionId", session_id).json(request);
        let mut response = call.send(deadline).await?;
        // An asynchronous command has no output yet, and programs read it all the same.
        response.stdout.get_or_insert_default();
        response.stderr.get_or_insert_default();
        Ok(response)
    }

    /// Returns a command of a session:
    /// `GET /process/session/{sessionId}/command/{commandId}`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the session or the command does not exist, and
    /// the errors of every call to a sandbox.
    pub async fn get_session_command(
        &self,
        session_id: &str,
        command_id: &str,
        deadline: Deadline,
    ) -> Result<Command, Error> {
        let call = self.call(&session::GET_COMMAND).with("sessionId", session_id);
        call.with("commandId", command_id).send(deadline).await
    }

    /// Returns the log of a command so far:
    /// `GET /process/session/{sessionId}/command/{commandId}/logs`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::get_session_command`].
    pub async fn get_session_command_logs(
        &self,
        session_id: &str,
        command_id: &str,
        deadline: Deadline,
    ) -> Result<SessionCommandLogsResponse, Error> {
        let call = self.call(&session::GET_COMMAND_LOGS).with("sessionId", session_id);
        call.with("commandId", command_id).send(deadline).await
    }

    /// Returns the log of the entrypoint so far:
    /// `GET /process/session/entrypoint/logs`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::get_entrypoint_session`].
    pub async fn get_entrypoint_logs(&self, deadline: Deadline) -> Result<SessionCommandLogsResponse, Error> {
        self.call(&session::GET_ENTRYPOINT_LOGS).send(deadline).await
    }

    /// Follows the log of a command from its beginning until the command exits:
    /// `GET /process/session/{sessionId}/command/{commandId}/logs` over a WebSocket.
    ///
    /// # Errors
    /// The errors of [`Sandbox::get_session_command`].
    pub async fn follow_session_command_logs(
        &self,
        session_id: &str,
        command_id: &str,
        deadline: Deadline,
    ) -> Result<LogStream, Error> {
        let call = self.call(&session::GET_COMMAND_LOGS).with("sessionId", session_id);
        let socket = call.with("commandId", command_id).with("follow", "true").upgrade(deadline).await?;
        let command = Some((self.clone(), session_id.to_owned(), command_id.to_owned()));
        Ok(LogStream::new(socket, command))
    }

    /// Follows the log of the entrypoint from its beginning:
    /// `GET /process/session/entrypoint/logs` over a WebSocket.
    ///
    /// # Errors
    /// The errors of [`Sandbox::get_entrypoint_session`].
    pub async fn follow_entrypoint_logs(&self, deadline: Deadline) -> Result<LogStream, Error> {
        let socket =
            self.call(&session::GET_ENTRYPOINT_LOGS).with("follow", "true").upgrade(deadline).await?;
        Ok(LogStream::new(socket, None))
    }

    /// Sends input to a running command:
    /// `POST /process/session/{sessionId}/command/{commandId}/input`. The service
    /// adds a newline unless the input ends with one.
    ///
    /// # Errors
    /// [`ErrorKind::Gone`] or [`ErrorKind::CommandAlreadyCompleted`] when the
    /// command has exited, and the errors of [`Sandbox::get_session_command`].
    pub async fn send_session_command_input(
        &self,
        session_id: &str,
        command_id: &str,
        data: &str,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let call =
            self.call(&session::SEND_INPUT).with("sessionId", session_id).with("commandId", command_id);
        call.json(&SessionSendInputRequest { data: data.to_owned() }).done(deadline).await
    }
}

/// A live log. Dropping it closes the connection; the command keeps running.
pub struct LogStream {
    socket: WebSocket,
    demultiplexer: Demultiplexer,
    /// The followed command, to ask whether it still runs.
    command: Option<(Sandbox, String, String)>,
    texts: TextDecoders,
    received: u64,
    /// How the log ended, once it has.
    end: Option<Result<(), Error>>,
}

impl LogStream {
    fn new(socket: WebSocket, command: Option<(Sandbox, String, String)>) -> Self {
        let (demultiplexer, texts) = (Demultiplexer::default(), TextDecoders::default());
        Self { socket, demultiplexer, command, texts, received: 0, end: None }
    }

    /// Returns the next chunk, or `None` once the command has exited and everything
    /// was read.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection breaks before the end;
    /// [`ErrorKind::Timeout`] at the deadline. The message contains the number of
    /// bytes received.
    pub async fn next(&mut self) -> Result<Option<LogChunk>, Error> {
        loop {
            // Combines what has already arrived, up to a maximum.
            while self.end.is_none() && self.demultiplexer.len() < BATCH {
                let Some(received) = self.receive().now_or_never() else { break };
                self.accept(received);
            }
            if let Some(chunk) = self.demultiplexer.next_run() {
                return Ok(Some(chunk));
            }
            match self.end.take() {
                None => {}
                Some(Ok(())) => {
                    self.end = Some(Ok(()));
                    return Ok(None);
                }
                Some(Err(error)) => {
                    self.end = Some(Ok(()));
                    return Err(error.with_detail(&self.progress()));
                }
            }
            let deadline = self.socket.context().deadline();
            let received = timeout_at(deadline.at(), self.receive()).await;
            let received = received.unwrap_or_else(|_| Err(self.socket.context().timeout()));
            self.accept(received);
        }
    }

    /// Returns the next chunk as a string, see [`LogStream::next`]. Characters that are
    /// split between chunks are put together.
    ///
    /// # Errors
    /// The errors of [`LogStream::next`].
    pub async fn next_text(&mut self) -> Result<Option<TextChunk>, Error> {
        loop {
            let Some(chunk) = self.next().await? else { return Ok(self.texts.finish()) };
            if let Some(text) = self.texts.decode(chunk) {
                return Ok(Some(text));
            }
        }
    }

    /// Stores received data, or the end of the log until all data before it is read.
    fn accept(&mut self, received: Result<Option<Bytes>, Error>) {
        match received {
            Ok(Some(data)) => {
                self.received += data.len() as u64;
                self.demultiplexer.push(&data);
            }
            Ok(None) => self.finish(Ok(())),
            Err(error) => self.finish(Err(error)),
        }
    }

    fn finish(&mut self, end: Result<(), Error>) {
        self.end = Some(end);
        self.demultiplexer.finish();
    }

    /// Returns the number of bytes received so far, including markers.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Closes the connection.
    pub async fn close(&mut self) {
        self.finish(Ok(()));
        self.socket.close().await;
    }

    /// Receives the next bytes of the log, `None` at its end.
    async fn receive(&mut self) -> Result<Option<Bytes>, Error> {
        let mut has_ended = false;
        loop {
            match timeout(IDLE_TIMEOUT, self.socket.receive()).await {
                Ok(Ok(Received::Data(data) | Received::Text(data))) => return Ok(Some(data)),
                Ok(Ok(Received::Closed(frame))) => {
                    let code = frame.as_ref().map(|frame| u16::from(frame.code));
                    if code.is_none_or(|code| code == CLOSED_NORMALLY) {
                        return Ok(None);
                    }
                    let code = code.unwrap_or_default();
                    let message = format!("the service closed the log stream with code {code}");
                    return Err(self.socket.context().error(ErrorKind::Connection, message));
                }
                Ok(Err(error)) => return Err(error),
                // The service stores a command's output before its exit code, so
                // nothing more will come.
                Err(_) if has_ended => return Ok(None),
                Err(_) => has_ended = has_ended_now(self.command.as_ref()).await,
            }
        }
    }

    /// Says how far the log was received.
    pub(crate) fn progress(&self) -> String {
        format!("{} bytes of the log were received", self.received)
    }
}

async fn has_ended_now(command: Option<&(Sandbox, String, String)>) -> bool {
    let Some((sandbox, session_id, command_id)) = command else { return false };
    let command = sandbox.get_session_command(session_id, command_id, Deadline::after(IDLE_TIMEOUT)).await;
    command.is_ok_and(|command| command.exit_code.is_some())
}

/// Separates the two streams of a log: bytes belong to the stream of the last
/// marker, and a marker may be split between two frames.
#[derive(Default)]
struct Demultiplexer {
    buffer: BytesMut,
    /// The stream of the bytes at the start of the buffer.
    current: Option<Output>,
    is_finished: bool,
}

impl Demultiplexer {
    fn push(&mut self, data: &[u8]) {
        self.buffer.extend_from_slice(data);
    }

    /// Marks the end of the input: a partial marker at the end is output.
    fn finish(&mut self) {
        self.is_finished = true;
    }

    fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Returns the next bytes of one stream without markers, as many as follow each
    /// other: every line of a log has its own marker. Bytes before the first marker
    /// belong to no stream and are discarded.
    fn next_run(&mut self) -> Option<LogChunk> {
        let mut run = Vec::with_capacity(self.buffer.len());
        let (mut read, mut of) = (0, None);
        while run.len() < BATCH {
            let rest = self.buffer.get(read..).unwrap_or_default();
            let marker = next_marker(rest);
            let end = match marker {
                Some((at, _)) => at,
                None if self.is_finished => rest.len(),
                None => rest.len() - partial_marker(rest),
            };
            if end > 0 && self.current.is_some() {
                if of.is_some() && of != self.current {
                    break;
                }
                of = self.current;
                run.extend_from_slice(&rest[..end]);
            }
            read += end;
            let Some((_, output)) = marker else { break };
            read += STDOUT_MARKER.len();
            self.current = Some(output);
        }
        self.buffer.advance(read);
        // Where lines of both streams alternate, most of the space is not needed.
        if run.capacity() / 2 > run.len() {
            run.shrink_to_fit();
        }
        of.map(|output| LogChunk { output, data: run.into() })
    }
}

fn next_marker(bytes: &[u8]) -> Option<(usize, Output)> {
    memchr::memchr2_iter(STDOUT_MARKER[0], STDERR_MARKER[0], bytes).find_map(|at| {
        let rest = bytes.get(at..)?;
        if rest.starts_with(&STDOUT_MARKER) {
            Some((at, Output::Stdout))
        } else if rest.starts_with(&STDERR_MARKER) {
            Some((at, Output::Stderr))
        } else {
            None
        }
    })
}

/// Returns the number of bytes at the end that may be the start of a marker.
fn partial_marker(bytes: &[u8]) -> usize {
    [STDOUT_MARKER, STDERR_MARKER]
        .iter()
        .flat_map(|marker| [&marker[..2], &marker[..1]])
        .find(|part| bytes.ends_with(part))
        .map_or(0, <[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demultiplexed(frames: &[&[u8]]) -> (String, String) {
        let mut demultiplexer = Demultiplexer::default();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut drain = |demultiplexer: &mut Demultiplexer| {
            while let Some(chunk) = demultiplexer.next_run() {
                match chunk.output {
                    Output::Stdout => stdout.extend_from_slice(&chunk.data),
                    Output::Stderr => stderr.extend_from_slice(&chunk.data),
                }
            }
        };
        for frame in frames {
            demultiplexer.push(frame);
            drain(&mut demultiplexer);
        }
        demultiplexer.finish();
        drain(&mut demultiplexer);
        (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }

    #[test]
    fn lines_are_assigned_to_their_streams_however_frames_are_split() {
        let log = b"lost\x01\x01\x01one\n\x02\x02\x02two\n\x01\x01\x01three\x01\n";
        let expected = ("one\nthree\x01\n".to_owned(), "two\n".to_owned());
        assert_eq!(demultiplexed(&[log]), expected);
        for cut in 1..log.len() {
            let (first, second) = log.split_at(cut);
            assert_eq!(demultiplexed(&[first, second]), expected, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = log.chunks(1).collect();
        assert_eq!(demultiplexed(&bytes), expected);
    }

    #[test]
    fn consecutive_lines_of_one_stream_are_combined() {
        let mut demultiplexer = Demultiplexer::default();
        demultiplexer.push(b"\x01\x01\x01a\n\x01\x01\x01b\n\x02\x02\x02c\n");
        let runs: Vec<_> = std::iter::from_fn(|| demultiplexer.next_run()).collect();
        let run = |output, data: &'static str| LogChunk { output, data: data.into() };
        assert_eq!(runs, [run(Output::Stdout, "a\nb\n"), run(Output::Stderr, "c\n")]);
    }

    #[test]
    fn a_partial_marker_at_the_end_is_output() {
        assert_eq!(demultiplexed(&[b"\x01\x01\x01a\x02\x02"]).0, "a\x02\x02");
    }
}
