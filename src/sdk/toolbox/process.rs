//! Commands and code.

use std::collections::BTreeMap;

use daytona_client::{CodeRunRequest, ExecuteRequest, ExecuteResponse};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::call::{CallOptions, Promised, Resource, UNLIMITED};

/// Commands, code and sessions of a sandbox.
///
/// Methods reject with `DaytonaNotFoundError` (the sandbox, session or command does not exist),
/// `DaytonaConflictError` (the sandbox is not started), `DaytonaAuthenticationError` (the API key
/// is rejected), `DaytonaTimeoutError` (the timeout passed), `DaytonaConnectionError` (the
/// connection failed), another `DaytonaError`, or the reason of an aborted signal.
#[napi]
pub struct Process {
    sandbox: daytona_client::Sandbox,
}

/// Options for running code.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct CodeRunParams {
    /// Arguments of the program.
    pub argv: Option<Vec<String>>,
    /// Environment variables, in addition to the sandbox's.
    pub env: Option<BTreeMap<String, String>>,
}

impl From<daytona_client::Sandbox> for Process {
    fn from(sandbox: daytona_client::Sandbox) -> Self {
        Self { sandbox }
    }
}

impl Resource for Process {
    type Handle = daytona_client::Sandbox;

    fn handle(&self) -> &Self::Handle {
        &self.sandbox
    }
}

#[napi]
impl Process {
    /// Runs a shell script and waits for it to exit: `POST /process/execute`. A non-zero exit code
    /// is a result, not an error. When the timeout passes or the signal is aborted, the command and
    /// everything it started are killed.
    /// @param command The script; may contain newlines.
    /// @param cwd Working directory. Default: the sandbox's.
    /// @param envs Environment variables, in addition to the sandbox's.
    /// @param timeout Timeout in seconds; 0 for none. Default: none.
    /// @param options A signal.
    /// @returns Exit code and output.
    /// @throws {DaytonaProcessExecutionTimeoutError} The command exceeded its timeout.
    /// @example
    /// ```typescript
    /// const { exitCode, result } = await sandbox.process.executeCommand("npm test", "app", undefined, 120);
    /// ```
    #[napi(ts_return_type = "Promise<ExecuteResponse>")]
    pub fn execute_command(
        &self,
        env: Env,
        command: String,
        cwd: Option<String>,
        envs: Option<BTreeMap<String, String>>,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<ExecuteResponse> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, UNLIMITED, |sandbox, deadline| async move {
            let request = ExecuteRequest { command, cwd, envs, timeout: deadline.whole_seconds() };
            sandbox.execute(&request, deadline).await
        })
    }

    /// Runs code in the sandbox's language and waits for it to exit: `POST /process/code-run`. When
    /// the timeout passes or the signal is aborted, the program and everything it started are killed.
    /// @param code Source code of the program.
    /// @param params Arguments and environment variables.
    /// @param timeout Timeout in seconds; 0 for none. Default: none.
    /// @param options A signal.
    /// @returns Exit code, output and charts.
    /// @throws {DaytonaProcessExecutionTimeoutError} The program exceeded its timeout.
    /// @throws {DaytonaNotFoundError} The service does not support this operation (before 0.167).
    /// @example
    /// ```typescript
    /// const { result } = await sandbox.process.codeRun("print(6 * 7)");
    /// ```
    #[napi(ts_return_type = "Promise<ExecuteResponse>")]
    pub fn code_run(
        &self,
        env: Env,
        code: String,
        params: Option<CodeRunParams>,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<ExecuteResponse> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, UNLIMITED, |sandbox, deadline| async move {
            let CodeRunParams { argv, env } = params.unwrap_or_default();
            let (language, timeout) = (sandbox.language(), deadline.whole_seconds());
            sandbox.code_run(&CodeRunRequest { code, language, argv, envs: env, timeout }, deadline).await
        })
    }
}
