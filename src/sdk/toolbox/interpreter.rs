//! The code interpreter: Python that keeps its state between two runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use daytona_client::{
    CodeMessage, CodeStream as Code, Error, ExecutionError, ExecutionResult, InterpreterContext, Limit,
    RunCode, Text,
};
use napi::bindgen_prelude::Env;
use napi_derive::napi;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::call::{CALL, CallOptions, Kind, Promised, Resource, STREAM, call};
use crate::cancel::Signal;

/// How long code may run without a timeout of its own.
const RUN: Kind = Kind::on_runtime(Limit::Total(Duration::from_secs(10 * 60)));

/// Python that keeps its variables, functions and modules between two runs.
///
/// Methods reject with `DaytonaNotFoundError` (the sandbox or the context does not exist),
/// `DaytonaConflictError` (the sandbox is not started), `DaytonaAuthenticationError` (the API key
/// is rejected), `DaytonaTimeoutError` (the timeout passed), `DaytonaConnectionError` (the
/// connection failed), another `DaytonaError`, or the reason of an aborted signal.
#[napi]
pub struct CodeInterpreter {
    sandbox: daytona_client::Sandbox,
}

impl From<daytona_client::Sandbox> for CodeInterpreter {
    fn from(sandbox: daytona_client::Sandbox) -> Self {
        Self { sandbox }
    }
}

impl Resource for CodeInterpreter {
    type Handle = daytona_client::Sandbox;

    fn handle(&self) -> &Self::Handle {
        &self.sandbox
    }
}

/// What identifies an interpreter context.
#[napi(object, object_to_js = false)]
pub struct InterpreterContextId {
    /// The context's id.
    pub id: String,
}

/// Options for running code, without the callbacks.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct RunCodeParams {
    /// Context to run the code in. Default: one that every sandbox has.
    #[napi(ts_type = "InterpreterContextId | null")]
    pub context: Option<InterpreterContextId>,
    /// Environment variables for this run, in addition to the context's.
    #[napi(ts_type = "Record<string, string> | null")]
    pub envs: Option<BTreeMap<String, String>>,
    /// Seconds that the code may run, rounded up to whole ones; 0 for no limit. Default: 600.
    pub timeout: Option<f64>,
    /// Aborts the call: the promise rejects with the signal's reason, and the connection is closed.
    #[napi(ts_type = "AbortSignal | null")]
    pub signal: Option<Signal>,
}

impl RunCodeParams {
    fn split(options: Option<Self>, code: String) -> (RunCode, Option<CallOptions>) {
        let Self { context, envs, timeout, signal } = options.unwrap_or_default();
        let context_id = context.map(|context| context.id);
        (RunCode { code, context_id, envs }, Some(CallOptions { timeout, signal }))
    }
}

#[napi]
impl CodeInterpreter {
    /// Runs Python code: `GET /process/interpreter/execute` over a WebSocket. An exception of the
    /// code is a result.
    /// @param code The code.
    /// @param options Context, environment variables, timeout and a signal.
    /// @returns What the code wrote, and its exception.
    #[napi(ts_return_type = "Promise<ExecutionResult>")]
    pub fn run_code(
        &self,
        env: Env,
        code: String,
        options: Option<RunCodeParams>,
    ) -> Promised<ExecutionResult> {
        let (run, options) = RunCodeParams::split(options, code);
        self.call(
            &env,
            options,
            RUN,
            |sandbox, deadline| async move { sandbox.run_code(&run, deadline).await },
        )
    }

    /// Starts Python code, to read what it writes while it runs:
    /// `GET /process/interpreter/execute` over a WebSocket. `runCode` passes it to callbacks.
    /// @param code The code.
    /// @param options Context, environment variables, timeout and a signal.
    /// @returns The native stream.
    #[napi(ts_return_type = "Promise<CodeStream>")]
    pub fn open_code(&self, env: Env, code: String, options: Option<RunCodeParams>) -> Promised<CodeStream> {
        let (run, options) = RunCodeParams::split(options, code);
        self.call(&env, options, RUN, |sandbox, deadline| async move {
            sandbox.open_code(&run, deadline).await.map(CodeStream::from)
        })
    }

    /// Creates a context with a state of its own: `POST /process/interpreter/context`.
    /// @param cwd Working directory. Default: the sandbox's.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The context.
    /// @throws {DaytonaInternalServerError} The interpreter cannot be started: the working directory
    /// does not exist, or the sandbox has no Python.
    /// @example
    /// ```typescript
    /// const context = await sandbox.codeInterpreter.createContext("/tmp");
    /// await sandbox.codeInterpreter.runCode("x = 1", { context });
    /// await sandbox.codeInterpreter.deleteContext(context);
    /// ```
    #[napi(ts_return_type = "Promise<InterpreterContext>")]
    pub fn create_context(
        &self,
        env: Env,
        cwd: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<InterpreterContext> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.create_interpreter_context(cwd, deadline).await
        })
    }

    /// Returns all contexts except the default one: `GET /process/interpreter/context`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The contexts.
    #[napi(ts_return_type = "Promise<Array<InterpreterContext>>")]
    pub fn list_contexts(&self, env: Env, options: Option<CallOptions>) -> Promised<Vec<InterpreterContext>> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.list_interpreter_contexts(deadline).await
        })
    }

    /// Deletes a context and kills its interpreter:
    /// `DELETE /process/interpreter/context/{id}`.
    /// @param context The context.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The context does not exist.
    /// @throws {DaytonaValidationError} It is the default context.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete_context(
        &self,
        env: Env,
        context: InterpreterContextId,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.delete_interpreter_context(&context.id, deadline).await
        })
    }
}

/// What running code writes. It is closed when it is garbage-collected.
#[napi]
pub struct CodeStream {
    code: Arc<Mutex<Option<Code>>>,
    closed: CancellationToken,
}

/// A message of running code: output, or the exception that it ended with.
#[napi(object, object_from_js = false)]
pub struct CodeStreamMessage {
    /// `stdout` or `stderr` with `text`, `error` with `error`.
    #[napi(ts_type = "'stdout' | 'stderr' | 'error'")]
    pub channel: String,
    /// Output.
    #[napi(ts_type = "string")]
    pub text: Option<Text>,
    /// The exception.
    pub error: Option<ExecutionError>,
}

impl From<CodeMessage> for CodeStreamMessage {
    fn from(message: CodeMessage) -> Self {
        let (channel, text, error) = match message {
            CodeMessage::Stdout(text) => ("stdout", Some(text), None),
            CodeMessage::Stderr(text) => ("stderr", Some(text), None),
            CodeMessage::Error(error) => ("error", None, Some(error)),
        };
        Self { channel: channel.to_owned(), text, error }
    }
}

impl From<Code> for CodeStream {
    fn from(code: Code) -> Self {
        Self { code: Arc::new(Mutex::new(Some(code))), closed: CancellationToken::new() }
    }
}

#[napi]
impl CodeStream {
    /// Returns the next messages.
    /// @param options A signal. The timeout is that of the call that started the code.
    /// @returns At least one message, or null when the code has ended.
    /// @throws {DaytonaTimeoutError} The code exceeded its timeout.
    /// @throws {DaytonaConnectionError} The connection broke, or the interpreter exited; the message
    /// contains the number of bytes received.
    #[napi(ts_return_type = "Promise<Array<CodeStreamMessage> | null>")]
    pub fn next(&self, env: Env, options: Option<CallOptions>) -> Promised<Option<Vec<CodeStreamMessage>>> {
        let (code, closed) = (Arc::clone(&self.code), self.closed.clone());
        call(&env, options, STREAM, |_| async move {
            let mut code = code.lock().await;
            let Some(code) = code.as_mut() else { return Ok(None) };
            let batch = tokio::select! {
                biased;
                () = closed.cancelled() => return Ok(None),
                batch = code.next_batch() => batch?,
            };
            let messages: Vec<_> = batch.into_iter().map(CodeStreamMessage::from).collect();
            Ok::<_, Error>((!messages.is_empty()).then_some(messages))
        })
    }

    /// Closes the connection. A pending `next()` resolves to null.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.closed.cancel();
        let code = Arc::clone(&self.code);
        call(&env, options, STREAM, |_| async move {
            code.lock().await.take();
            Ok::<_, Error>(())
        })
    }
}

impl Drop for CodeStream {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}
