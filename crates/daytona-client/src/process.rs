//! One-shot execution.

use std::time::Duration;

use daytona_api::process::{ExecuteRequest, ExecuteResponse};
use daytona_api::toolbox;
use http::Method;

use crate::classify::Service;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::kill::{ARRIVAL, KillOnDrop, MARKER};
use crate::request::Request;
use crate::sandbox::Sandbox;

/// How long past a command's own limit its answer is waited for. The toolbox
/// counts whole seconds and starts counting later than the caller.
const KILL_GRACE: Duration = Duration::from_millis(150);

impl Sandbox {
    /// Runs a shell script and waits for its end: `POST /process/execute`.
    ///
    /// `request.timeout` bounds the command inside the sandbox, in whole
    /// seconds; `deadline` bounds the call. When the deadline passes, or the
    /// future is dropped, the command and everything it started are killed.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] when either limit passes, and those of every call
    /// to a sandbox. A command that fails is no error: its status is in the
    /// answer.
    pub async fn execute(
        &self,
        request: &ExecuteRequest,
        deadline: Deadline,
    ) -> Result<ExecuteResponse, Error> {
        let marker = uuid::Uuid::new_v4().simple().to_string();
        let mut marked = request.clone();
        marked.envs.get_or_insert_default().insert(MARKER.to_owned(), marker.clone());
        let mut guard = KillOnDrop::new(self.clone(), marker);
        let result = self.send_execute(&marked, deadline).await;
        match &result {
            // Nobody is left to wait for: the command ended, or never began.
            Ok(_) => guard.disarm(),
            // Whoever noticed first, what left the process group lives on.
            Err(error) if error.kind() == ErrorKind::Timeout => {
                guard.kill(arrival(error), KILL_GRACE).await;
            }
            Err(error) if may_run_on(error) => drop(guard),
            Err(_) => guard.disarm(),
        }
        result
    }

    async fn send_execute(
        &self,
        body: &ExecuteRequest,
        deadline: Deadline,
    ) -> Result<ExecuteResponse, Error> {
        let request = execute_request(self.id(), body);
        let response = self.fetch(&request, deadline).await?;
        response.json().await.map_err(|error| error.with_sandbox(self.id()))
    }
}

/// For how long the command may still be on its way to the toolbox.
fn arrival(error: &Error) -> Duration {
    // An answer has come: the command began long ago.
    if error.status().is_some() { Duration::ZERO } else { ARRIVAL.saturating_sub(error.elapsed()) }
}

/// Whether the command may run though its answer is lost: the connection broke,
/// or a hop lost the toolbox meanwhile.
fn may_run_on(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connection => !error.is_unsent(),
        ErrorKind::BadGateway => true,
        _ => false,
    }
}

pub(crate) fn execute_request(sandbox_id: &str, body: &ExecuteRequest) -> Request {
    Request::new(Service::Toolbox, Method::POST, toolbox::EXECUTE, "run a command")
        .about(sandbox_id)
        .json(body)
}
