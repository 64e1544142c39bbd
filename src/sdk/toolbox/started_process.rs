//! Programs that run in the background of a sandbox.

use std::collections::BTreeMap;
use std::sync::Arc;

use daytona_client::{Error, ExecuteRequest, Output};
use napi::bindgen_prelude::{Env, Result, ToNapiValue};
use napi::sys;
use napi_derive::napi;
use tokio_util::sync::CancellationToken;

use super::process::Process;
use crate::bytes::download::Chunk;
use crate::bytes::upload::Given;
use crate::call::{CALL, CallOptions, OPEN, Promised, Resource, STREAM, call};

/// Program that runs in the background of a sandbox.
#[napi]
pub struct StartedProcess {
    process: Arc<daytona_client::StartedProcess>,
    stdout: CancellationToken,
    stderr: CancellationToken,
}

/// A started program that is killed unless JavaScript receives it.
pub struct Started(daytona_client::StartedProcess);

impl ToNapiValue for Started {
    unsafe fn to_napi_value(env: sys::napi_env, mut value: Self) -> Result<sys::napi_value> {
        value.0.claim();
        let (stdout, stderr) = (CancellationToken::new(), CancellationToken::new());
        let process = StartedProcess { process: Arc::new(value.0), stdout, stderr };
        // SAFETY: called with the environment that this function was called with.
        unsafe { StartedProcess::to_napi_value(env, process) }
    }
}

#[napi]
impl Process {
    /// Opens a new program. `start` makes a handle of it.
    /// @param command The script.
    /// @param cwd Working directory.
    /// @param envs Environment variables.
    /// @param options Timeout of the start in seconds (default 60, 0 for none) and a signal.
    /// @returns The program.
    #[napi(ts_return_type = "Promise<StartedProcess>")]
    pub fn open_process(
        &self,
        env: Env,
        command: String,
        cwd: Option<String>,
        envs: Option<BTreeMap<String, String>>,
        options: Option<CallOptions>,
    ) -> Promised<Started> {
        self.call(&env, options, OPEN, |sandbox, deadline| async move {
            let request = ExecuteRequest { command, cwd, envs, timeout: None };
            sandbox.start_process(&request, deadline).await.map(Started)
        })
    }

    /// Opens a program that was started before. `attach` makes a handle of it.
    /// @param id Id of the program.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The program.
    #[napi(ts_return_type = "Promise<StartedProcess>")]
    pub fn open_attached(&self, env: Env, id: String, options: Option<CallOptions>) -> Promised<Started> {
        self.call(&env, options, OPEN, |sandbox, deadline| async move {
            sandbox.attach_process(&id, deadline).await.map(Started)
        })
    }
}

#[napi]
impl StartedProcess {
    /// Id by which the program is found again.
    #[napi(getter)]
    pub fn id(&self) -> String {
        self.process.id().to_owned()
    }

    /// Process id inside the sandbox.
    #[napi(getter)]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Returns the next bytes of standard output or, if `isStderr` is set, standard error; null at
    /// the end.
    #[napi(ts_return_type = "Promise<Uint8Array | null>")]
    pub fn next(&self, env: Env, is_stderr: bool, options: Option<CallOptions>) -> Promised<Option<Chunk>> {
        let (output, closed) = self.output(is_stderr);
        let process = Arc::clone(&self.process);
        call(&env, options, STREAM, |_| async move {
            tokio::select! {
                biased;
                () = closed.cancelled() => Ok(None),
                data = process.read(output) => data.map(|data| data.map(Chunk)),
            }
        })
    }

    /// Discards an output from now on. A pending `next()` resolves to null.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self, env: Env, is_stderr: bool, options: Option<CallOptions>) -> Promised<()> {
        let (output, closed) = self.output(is_stderr);
        closed.cancel();
        let process = Arc::clone(&self.process);
        call(&env, options, STREAM, |_| async move {
            process.close(output).await;
            Ok::<_, Error>(())
        })
    }

    /// Closes the connections and leaves the program running. Pending calls of `next()` resolve to
    /// null, and those of `wait()` reject.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn detach(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.stdout.cancel();
        self.stderr.cancel();
        let process = Arc::clone(&self.process);
        call(&env, options, STREAM, |_| async move {
            process.detach().await;
            Ok::<_, Error>(())
        })
    }

    /// Waits until the program has exited and its outputs are closed, and returns the exit code.
    #[napi(ts_return_type = "Promise<number>")]
    pub fn wait(&self, env: Env, options: Option<CallOptions>) -> Promised<i32> {
        let process = Arc::clone(&self.process);
        call(&env, options, STREAM, |deadline| async move { process.wait(deadline).await })
    }

    /// Sends input.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn write(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Uint8Array")] data: Given,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let (process, data) = (Arc::clone(&self.process), data.copy());
        call(&env, options, CALL, |deadline| async move { process.write(&data, deadline).await })
    }

    /// Closes the input.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close_stdin(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        let process = Arc::clone(&self.process);
        call(&env, options, CALL, |deadline| async move { process.close_stdin(deadline).await })
    }

    /// Sends a signal.
    #[napi(ts_return_type = "Promise<boolean>")]
    pub fn kill(&self, env: Env, signal: String, options: Option<CallOptions>) -> Promised<bool> {
        let process = Arc::clone(&self.process);
        call(&env, options, CALL, |deadline| async move { process.kill(&signal, deadline).await })
    }

    /// Kills the program, unless it has exited, and deletes its session.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn end(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        let process = Arc::clone(&self.process);
        call(&env, options, CALL, |deadline| async move { process.end(deadline).await })
    }
}

impl StartedProcess {
    fn output(&self, is_stderr: bool) -> (Output, CancellationToken) {
        if is_stderr { (Output::Stderr, self.stderr.clone()) } else { (Output::Stdout, self.stdout.clone()) }
    }
}
