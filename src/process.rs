//! Commands, as the SDK has them.

use std::collections::HashMap;
use std::time::Duration;

use daytona_client::{Deadline, ExecuteRequest, Sandbox};
use napi::bindgen_prelude::{AsyncBlock, Either, Env, Null, Result};
use napi_derive::napi;

use crate::promise::promise;
use crate::text::{Text, text};

/// Commands of a sandbox.
#[napi]
pub struct Process {
    sandbox: Sandbox,
}

/// How a command ended.
#[napi(object, object_from_js = false)]
pub struct ExecuteResponse {
    /// The shell's status; null when the service does not know it.
    pub exit_code: Either<i32, Null>,
    /// Standard output and standard error, in the order written.
    #[napi(ts_type = "string")]
    pub result: Text,
}

impl Process {
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        Self { sandbox }
    }
}

#[napi]
impl Process {
    /// Runs a shell script: `POST /process/execute`. `timeout` in seconds; no
    /// limit when absent or 0.
    #[napi(ts_return_type = "Promise<ExecuteResponse>")]
    pub fn execute_command(
        &self,
        env: Env,
        command: String,
        cwd: Option<String>,
        envs: Option<HashMap<String, String>>,
        timeout: Option<u32>,
    ) -> Result<AsyncBlock<ExecuteResponse>> {
        let sandbox = self.sandbox.clone();
        let timeout = timeout.filter(|&seconds| seconds > 0);
        let request =
            ExecuteRequest { command, cwd, envs: envs.map(|envs| envs.into_iter().collect()), timeout };
        let deadline = timeout.map_or(Deadline::MAX, |seconds| Duration::from_secs(seconds.into()));
        let executed = async move {
            let answer = sandbox.execute(&request, Deadline::after(deadline)).await?;
            Ok::<_, daytona_client::Error>((answer.exit_code, text(answer.result)))
        };
        promise(&env, None, executed, |(exit_code, result)| ExecuteResponse {
            exit_code: exit_code.map_or(Either::B(Null), Either::A),
            result,
        })
    }
}
