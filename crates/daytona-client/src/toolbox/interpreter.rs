//! The code interpreter: Python that keeps its state between two runs.

use std::collections::BTreeMap;
use std::time::Duration;

use daytona_api::Text;
use daytona_api::toolbox::interpreter::{
    self, CreateContextRequest, INTERRUPTED, InterpreterContext, RunCodeMessage, RunCodeRequest, control,
    message,
};
use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::cleanup::clean_up;
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::transport::websocket::{Received, WebSocket};

/// The close code of a WebSocket that ended normally.
const CLOSED_NORMALLY: u16 = 1000;
/// The close code when the interpreter has exited.
const GONE: u16 = 1001;
/// How long the service may take to end code after its timeout: it interrupts the
/// code, and kills it two seconds later.
const GRACE: Duration = Duration::from_secs(5);
/// How long the service may take to confirm the close of a run that is not wanted
/// any more.
const CLOSES_WITHIN: Duration = Duration::from_secs(2);
/// Maximum number of messages, and about the maximum size in bytes, of a batch.
const BATCH: (usize, usize) = (256, 256 * 1024);

impl Sandbox {
    /// Creates a context with a state of its own:
    /// `POST /process/interpreter/context`. `cwd` is its working directory, by default
    /// the sandbox's.
    ///
    /// # Errors
    /// [`ErrorKind::InternalServer`] when the interpreter cannot be started, for example
    /// because the working directory does not exist, and the errors of every call to a
    /// sandbox.
    pub async fn create_interpreter_context(
        &self,
        cwd: Option<String>,
        deadline: Deadline,
    ) -> Result<InterpreterContext, Error> {
        let body = CreateContextRequest { cwd, language: None };
        self.call(&interpreter::CREATE_CONTEXT).json(&body).send(deadline).await
    }

    /// Returns all contexts except the default one:
    /// `GET /process/interpreter/context`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn list_interpreter_contexts(
        &self,
        deadline: Deadline,
    ) -> Result<Vec<InterpreterContext>, Error> {
        Ok(self.call(&interpreter::LIST_CONTEXTS).send(deadline).await?.contexts)
    }

    /// Deletes a context and kills its interpreter:
    /// `DELETE /process/interpreter/context/{id}`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the context does not exist,
    /// [`ErrorKind::BadRequest`] for the default context, and the errors of every call
    /// to a sandbox.
    pub async fn delete_interpreter_context(&self, id: &str, deadline: Deadline) -> Result<(), Error> {
        self.call(&interpreter::DELETE_CONTEXT).with("id", id).done(deadline).await
    }

    /// Runs code and returns its output: `GET /process/interpreter/execute` over a
    /// WebSocket. An exception of the code is a result. See
    /// [`Sandbox::open_code`] about the deadline.
    ///
    /// # Errors
    /// The errors of [`Sandbox::open_code`] and of [`CodeStream::next`].
    pub async fn run_code(&self, run: &RunCode, deadline: Deadline) -> Result<ExecutionResult, Error> {
        let mut stream = self.open_code(run, deadline).await?;
        let mut result = ExecutionResult::default();
        while let Some(message) = stream.next().await? {
            match message {
                CodeMessage::Stdout(text) => result.stdout.push_str(&text),
                CodeMessage::Stderr(text) => result.stderr.push_str(&text),
                CodeMessage::Error(error) => result.error = Some(error),
            }
        }
        Ok(result)
    }

    /// Starts code and returns what it writes while it runs:
    /// `GET /process/interpreter/execute` over a WebSocket.
    ///
    /// The timeout of `deadline`, in whole seconds and rounded up, is that of the code:
    /// the service interrupts the code when it has run for so long. The time until it
    /// runs, because other code runs in the context, does not count. Dropping the stream
    /// closes the connection; whether that ends the code depends on the service.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for blank code, and the errors of every call to a
    /// sandbox.
    pub async fn open_code(&self, run: &RunCode, deadline: Deadline) -> Result<CodeStream, Error> {
        let operation = interpreter::EXECUTE.operation();
        if run.code.trim().is_empty() {
            let error = Error::new(ErrorKind::InvalidArgument, operation.name, "code is required, not blank");
            return Err(error.with_sandbox(self.id()));
        }
        let seconds = deadline.whole_seconds();
        let request = RunCodeRequest {
            code: run.code.clone(),
            context_id: run.context_id.clone(),
            envs: run.envs.clone().filter(|envs| !envs.is_empty()),
            timeout: Some(seconds.unwrap_or(0).into()),
        };
        let mut socket = self.call(&interpreter::EXECUTE).upgrade(deadline).await?;
        // Cannot fail: wire types are structs with string keys.
        let request = serde_json::to_string(&request).unwrap_or_default();
        // Before the service can begin to count: it must not be ahead of the clock here.
        let sent = Instant::now();
        match timeout_at(deadline.at(), socket.send_text(request)).await {
            Ok(written) => written?,
            Err(_) => return Err(socket.context().timeout()),
        }
        let limit = seconds.map(|seconds| Duration::from_secs(seconds.into()));
        let runtime = Handle::current();
        Ok(CodeStream { socket: Some(socket), limit, sent, received: 0, last: None, runtime })
    }
}

/// Code to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunCode {
    /// The code.
    pub code: String,
    /// The id of the context. `None`: the default one.
    pub context_id: Option<String>,
    /// Environment variables for this run, in addition to the context's.
    pub envs: Option<BTreeMap<String, String>>,
}

/// The result of code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ExecutionResult {
    /// Standard output.
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub stdout: Text,
    /// Standard error.
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub stderr: Text,
    /// The exception that the code ended with; absent when it did not.
    pub error: Option<ExecutionError>,
}

/// An exception that ended code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ExecutionError {
    /// Class of the exception, such as `ValueError`. `KeyboardInterrupt` also when the
    /// code was interrupted before its timeout, because its context was deleted.
    pub name: String,
    /// Message of the exception.
    pub value: String,
    /// Traceback, without the frames of modules.
    pub traceback: String,
}

/// What running code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeMessage {
    /// Standard output.
    Stdout(Text),
    /// Standard error.
    Stderr(Text),
    /// The exception that it ended with.
    Error(ExecutionError),
}

/// Running code. Dropping it before the end closes the connection, so that a service
/// can interrupt the code.
pub struct CodeStream {
    /// `None` once the run has ended.
    socket: Option<WebSocket>,
    /// How long the code may run.
    limit: Option<Duration>,
    sent: Instant,
    /// Bytes of output.
    received: u64,
    /// What to return after the last batch.
    last: Option<Error>,
    /// Where the connection is closed: this may be dropped outside a runtime.
    runtime: Handle,
}

impl CodeStream {
    /// Returns the next message, or `None` once the code has ended and everything was
    /// read.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] when the code has run for longer than its timeout;
    /// [`ErrorKind::Connection`] when the connection breaks, the interpreter exits, or
    /// the service does not run the code, with the number of bytes received in the
    /// message.
    pub async fn next(&mut self) -> Result<Option<CodeMessage>, Error> {
        if let Some(error) = self.last.take() {
            return Err(error);
        }
        loop {
            // A sign of life: other code may still run in the context.
            let wait = self.limit.map_or(Deadline::MAX, |limit| limit + GRACE);
            let Some(socket) = self.socket.as_mut() else { return Ok(None) };
            let received = match timeout(wait, socket.receive_any()).await {
                Ok(Ok(received)) => received,
                Ok(Err(error)) => return Err(self.fail(error)),
                Err(_) => {
                    let error = socket.context().error(
                        ErrorKind::Timeout,
                        format!("the service sent nothing for {} s", wait.as_secs()),
                    );
                    // Closed in the background: the service may still listen.
                    return Err(error.with_detail(&self.progress()));
                }
            };
            match received {
                None => {}
                Some(Received::Data(data) | Received::Text(data)) => match self.understand(&data) {
                    Ok(Some(message)) => return Ok(Some(message)),
                    Ok(None) => {}
                    Err(error) => return Err(self.fail(error)),
                },
                Some(Received::Closed(frame)) => return self.closed(frame),
            }
        }
    }

    /// Returns the next messages: at least one, and with it those that have arrived
    /// already. None once the code has ended and everything was read.
    ///
    /// # Errors
    /// The errors of [`CodeStream::next`].
    pub async fn next_batch(&mut self) -> Result<Vec<CodeMessage>, Error> {
        let Some(first) = self.next().await? else { return Ok(Vec::new()) };
        let mut batch = vec![first];
        let end = self.received + BATCH.1 as u64;
        while batch.len() < BATCH.0 && self.received < end {
            match self.next().now_or_never() {
                Some(Ok(Some(message))) => batch.push(message),
                Some(Err(error)) => {
                    self.last = Some(error);
                    break;
                }
                Some(Ok(None)) | None => break,
            }
        }
        Ok(batch)
    }

    /// Reads a message. Types of messages that are not known are skipped.
    fn understand(&mut self, data: &[u8]) -> Result<Option<CodeMessage>, Error> {
        let Ok(said) = serde_json::from_slice::<RunCodeMessage>(data) else {
            let Some(socket) = &self.socket else { return Ok(None) };
            return Err(socket.context().unexpected_content("a message that does not match the API"));
        };
        match said.kind.as_str() {
            message::STDOUT | message::STDERR => {
                self.received += said.text.len() as u64;
                let is_error = said.kind == message::STDERR;
                Ok(Some(if is_error {
                    CodeMessage::Stderr(said.text)
                } else {
                    CodeMessage::Stdout(said.text)
                }))
            }
            message::ERROR => Ok(Some(CodeMessage::Error(ExecutionError {
                name: said.name.into(),
                value: said.value.into(),
                traceback: said.traceback.into(),
            }))),
            // "interrupted" is not the end: the code of the close says why.
            message::CONTROL if said.text == control::COMPLETED => {
                self.socket = None;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Returns what the close of the connection means.
    fn closed(&mut self, frame: Option<CloseFrame>) -> Result<Option<CodeMessage>, Error> {
        let Some(socket) = self.socket.take() else { return Ok(None) };
        let context = socket.context();
        let (code, reason) = frame.map_or((None, String::new()), |frame| {
            (Some(u16::from(frame.code)), frame.reason.as_str().to_owned())
        });
        let elapsed = self.sent.elapsed();
        match code {
            Some(CLOSED_NORMALLY) => Ok(None),
            Some(INTERRUPTED) if self.limit.is_some_and(|limit| elapsed >= limit) => {
                let seconds = self.limit.unwrap_or_default().as_secs();
                let message = format!("timed out after {seconds} s. Pass a larger timeout, or 0 for none");
                Err(context.error(ErrorKind::Timeout, message))
            }
            Some(INTERRUPTED) => Ok(Some(CodeMessage::Error(ExecutionError {
                name: "KeyboardInterrupt".to_owned(),
                value: String::new(),
                traceback: "KeyboardInterrupt\n".to_owned(),
            }))),
            code => {
                let why = if reason.is_empty() { "the service closed the connection" } else { &reason };
                let code_of_close =
                    code.map_or_else(|| "no close code".to_owned(), |code| format!("close code {code}"));
                let lost = match code {
                    Some(GONE) => ". The interpreter has exited, and the state of its context is lost",
                    _ => "",
                };
                let error = context.error(ErrorKind::Connection, format!("{why} ({code_of_close}){lost}"));
                Err(error.with_detail(&self.progress()))
            }
        }
    }

    /// Ends the stream with an error.
    fn fail(&mut self, error: Error) -> Error {
        self.socket = None;
        error.with_detail(&self.progress())
    }

    fn progress(&self) -> String {
        format!("{} bytes of output were received", self.received)
    }
}

impl Drop for CodeStream {
    fn drop(&mut self) {
        let Some(mut socket) = self.socket.take() else { return };
        let _entered = self.runtime.enter();
        // A lost connection would not end the code.
        drop(clean_up(async move {
            let closed = async {
                socket.close().await;
                while !matches!(socket.receive().await, Ok(Received::Closed(_)) | Err(_)) {}
            };
            let _late = timeout(CLOSES_WITHIN, closed).await;
        }));
    }
}
