//! Terminals (PTY): interactive shells of a sandbox.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use daytona_client::{CreatePtyParams, Error, ErrorKind, Pty, PtyInput, PtyOutput, PtySessionInfo, Whole};
use napi::bindgen_prelude::Env;
use napi_derive::napi;
use tokio::sync::{Mutex, oneshot};
use tokio_util::sync::CancellationToken;

use super::process::Process;
use crate::bytes::download::Chunk;
use crate::bytes::upload::Given;
use crate::call::{CALL, CONNECT, CallOptions, Promised, Resource, STREAM, call};

#[napi]
impl Process {
    /// Creates a terminal and opens a connection to it:
    /// `GET /process/pty/create-connect` over a WebSocket. `createPty` makes a handle of it.
    /// @param params Id, size, working directory and environment variables.
    /// @param options Timeout in seconds (default 10, 0 for none) and a signal.
    /// @returns The native connection.
    /// @throws {DaytonaConflictError} A terminal with this id exists.
    #[napi(ts_return_type = "Promise<PtyConnection>")]
    pub fn open_new_pty(
        &self,
        env: Env,
        params: CreatePtyParams,
        options: Option<CallOptions>,
    ) -> Promised<PtyConnection> {
        self.call(&env, options, CONNECT, |sandbox, deadline| async move {
            sandbox.create_pty(params, deadline).await.map(PtyConnection::from)
        })
    }

    /// Opens a connection to a terminal that exists: `GET /process/pty/{sessionId}/connect` over a
    /// WebSocket. `connectPty` makes a handle of it.
    /// @param sessionId Id of the terminal.
    /// @param options Timeout in seconds (default 10, 0 for none) and a signal.
    /// @returns The native connection.
    /// @throws {DaytonaConnectionError} The terminal does not exist.
    #[napi(ts_return_type = "Promise<PtyConnection>")]
    pub fn open_pty(
        &self,
        env: Env,
        session_id: String,
        options: Option<CallOptions>,
    ) -> Promised<PtyConnection> {
        self.call(&env, options, CONNECT, |sandbox, deadline| async move {
            sandbox.connect_pty(&session_id, deadline).await.map(PtyConnection::from)
        })
    }

    /// Returns all terminals of the sandbox: `GET /process/pty`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The terminals.
    #[napi(ts_return_type = "Promise<Array<PtySessionInfo>>")]
    pub fn list_pty_sessions(&self, env: Env, options: Option<CallOptions>) -> Promised<Vec<PtySessionInfo>> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.list_pty_sessions(deadline).await
        })
    }

    /// Returns a terminal: `GET /process/pty/{sessionId}`.
    /// @param sessionId Id of the terminal.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The terminal.
    /// @throws {DaytonaNotFoundError} The terminal does not exist, or its shell has exited.
    #[napi(ts_return_type = "Promise<PtySessionInfo>")]
    pub fn get_pty_session_info(
        &self,
        env: Env,
        session_id: String,
        options: Option<CallOptions>,
    ) -> Promised<PtySessionInfo> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.get_pty_session(&session_id, deadline).await
        })
    }

    /// Kills everything that runs in a terminal, and deletes it: `DELETE /process/pty/{sessionId}`.
    /// @param sessionId Id of the terminal.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The terminal does not exist, or its shell has exited.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn kill_pty_session(
        &self,
        env: Env,
        session_id: String,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.kill_pty_session(&session_id, deadline).await
        })
    }

    /// Changes the size of a terminal, which its programs notice:
    /// `POST /process/pty/{sessionId}/resize`.
    /// @param sessionId Id of the terminal.
    /// @param cols Number of columns, 1 to 1000.
    /// @param rows Number of rows, 1 to 1000.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The terminal with its new size.
    /// @throws {DaytonaGoneError} The terminal does not exist, or its shell has exited.
    /// @throws {DaytonaBadRequestError} The size is out of range.
    #[napi(ts_return_type = "Promise<PtySessionInfo>")]
    pub fn resize_pty_session(
        &self,
        env: Env,
        session_id: String,
        #[napi(ts_arg_type = "number")] cols: Whole<u16>,
        #[napi(ts_arg_type = "number")] rows: Whole<u16>,
        options: Option<CallOptions>,
    ) -> Promised<PtySessionInfo> {
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.resize_pty_session(&session_id, cols.0, rows.0, deadline).await
        })
    }
}

/// Connection to a terminal. It is closed when it is garbage-collected, so that the exit of a
/// worker closes its connections.
#[napi]
pub struct PtyConnection {
    output: Arc<Mutex<Option<PtyOutput>>>,
    input: Arc<Mutex<PtyInput>>,
    /// Resolves when the input that was sent last is with the connection.
    last_input: StdMutex<oneshot::Receiver<()>>,
    closed: CancellationToken,
    /// Cancelled when the output has ended, in any way.
    ended: CancellationToken,
}

/// What a terminal does next.
#[napi(object, object_from_js = false)]
pub struct PtyEvent {
    /// Output. A character may be split between two events. Absent when the shell has exited.
    #[napi(ts_type = "Uint8Array")]
    pub data: Option<Chunk>,
    /// Exit code of the shell.
    pub exit_code: Option<i32>,
    /// Why the exit code is not 0.
    pub error: Option<String>,
}

impl From<Pty> for PtyConnection {
    fn from(Pty { output, input }: Pty) -> Self {
        // Nothing was sent yet: the sender is dropped.
        let (_, last_input) = oneshot::channel();
        Self {
            output: Arc::new(Mutex::new(Some(output))),
            input: Arc::new(Mutex::new(input)),
            last_input: StdMutex::new(last_input),
            closed: CancellationToken::new(),
            ended: CancellationToken::new(),
        }
    }
}

#[napi]
impl PtyConnection {
    /// Returns what the terminal does next.
    /// @param options A signal.
    /// @returns Output or the exit of the shell; null once the connection is closed.
    /// @throws {DaytonaConnectionError} The connection broke before the shell has exited; the message
    /// contains the number of bytes received.
    #[napi(ts_return_type = "Promise<PtyEvent | null>")]
    pub fn next(&self, env: Env, options: Option<CallOptions>) -> Promised<Option<PtyEvent>> {
        let (output, closed, ended) = (Arc::clone(&self.output), self.closed.clone(), self.ended.clone());
        call(&env, options, STREAM, |_| async move {
            let mut output = output.lock().await;
            let event = tokio::select! {
                biased;
                () = closed.cancelled() => Ok(None),
                event = next_event(&mut output) => event,
            };
            if !matches!(&event, Ok(Some(PtyEvent { data: Some(_), .. }))) {
                ended.cancel();
            }
            event
        })
    }

    /// Types input. Inputs are sent in the order of the calls.
    /// @param data The input.
    /// @param options Timeout in seconds (default none) and a signal.
    /// @throws {DaytonaConnectionError} The connection is closed.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn send(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Uint8Array")] data: Given,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let (input, data, closed) = (Arc::clone(&self.input), data.copy(), self.closed.clone());
        let (sent, is_sent) = oneshot::channel::<()>();
        let before = {
            let mut last = self.last_input.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *last, is_sent)
        };
        call(&env, options, STREAM, |deadline| async move {
            // Dropped with the future, also when it is aborted.
            let _sent = sent;
            let send = async {
                let _before = before.await;
                input.lock().await.send(data, deadline).await
            };
            tokio::select! {
                biased;
                () = closed.cancelled() => {
                    Err(Error::new(ErrorKind::Connection, "write to the terminal", "the connection is closed"))
                }
                sent = send => sent,
            }
        })
    }

    /// Waits until `next()` has returned the end of the output.
    /// @param options Timeout in seconds (default none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn ended(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        let ended = self.ended.clone();
        call(&env, options, STREAM, |deadline| async move {
            let ended = tokio::time::timeout(deadline.remaining(), ended.cancelled()).await;
            ended.map_err(|_| deadline.exceeded("wait for a terminal"))
        })
    }

    /// Closes the connection; the terminal remains. A pending `next()` resolves to null.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.closed.cancel();
        self.ended.cancel();
        let (output, input) = (Arc::clone(&self.output), Arc::clone(&self.input));
        call(&env, options, STREAM, |_| async move {
            input.lock().await.close().await;
            output.lock().await.take();
            Ok::<_, Error>(())
        })
    }
}

impl Drop for PtyConnection {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}

async fn next_event(output: &mut Option<PtyOutput>) -> Result<Option<PtyEvent>, Error> {
    let Some(output) = output else { return Ok(None) };
    Ok(match output.next().await? {
        Some(data) => Some(PtyEvent { data: Some(Chunk(data)), exit_code: None, error: None }),
        None => output.exit().map(|exit| PtyEvent {
            data: None,
            exit_code: exit.exit_code,
            error: exit.exit_reason.clone().or_else(|| exit.error.clone()),
        }),
    })
}
