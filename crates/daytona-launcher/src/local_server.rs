//! The process of the local server.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use daytona_client::{Error, ErrorKind};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Mutex;

const OPERATION: &str = "start the local server";
const KEY_VARIABLE: &str = "DAYTONA_LOCAL_API_KEY";
const ENV_VARIABLE: &str = "DAYTONA_LOCAL_ENV";
const START_LIMIT: Duration = Duration::from_secs(20);
const END_LIMIT: Duration = Duration::from_secs(20);

/// The local server that the process shares, once it is started.
static SHARED: Mutex<Option<Arc<LocalServer>>> = Mutex::const_new(None);

/// A local server, which runs as a separate process.
///
/// It exits, and deletes its sandboxes, when this value is dropped or this process
/// exits: its standard input is a pipe from this process.
pub struct LocalServer {
    api_url: String,
    api_key: SecretString,
    isolation: String,
    running: Mutex<Option<(Child, ChildStdin)>>,
}

/// The line that the program prints once it is ready.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    api_url: String,
    api_key: String,
    isolation: String,
}

impl LocalServer {
    /// Starts the program at this path with additional arguments and waits until it is
    /// ready. Without an API key, the program generates one. `sandbox_env` is a JSON object
    /// with the environment of all sandboxes.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] when the program cannot start, with its message;
    /// [`ErrorKind::Timeout`] when it is not ready within 20 s.
    pub async fn start(
        program: &Path,
        arguments: &[String],
        api_key: Option<SecretString>,
        sandbox_env: Option<SecretString>,
    ) -> Result<Self, Error> {
        let failed = |reason: String| Error::new(ErrorKind::Unavailable, OPERATION, reason);
        let mut command = Command::new(program);
        if let Some(key) = &api_key {
            // Not an argument: those are visible to all users of the machine.
            command.env(KEY_VARIABLE, key.expose_secret());
        }
        if let Some(env) = &sandbox_env {
            command.env(ENV_VARIABLE, env.expose_secret());
        }
        // In a process group of its own: Ctrl-C in a terminal signals the whole group of this
        // process, which may still have to delete its sandboxes.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .args(["--json", "--lifeline"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(format!("cannot run {}: {error}", program.display())))?;
        let (Some(lifeline), Some(output), Some(mut errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed("the standard streams of the program are not available".to_owned()));
        };
        let mut line = String::new();
        let mut output = BufReader::new(output);
        let read = tokio::time::timeout(START_LIMIT, output.read_line(&mut line)).await;
        if read.is_err() {
            return Err(Error::new(
                ErrorKind::Timeout,
                OPERATION,
                format!("the program was not ready within {} s", START_LIMIT.as_secs()),
            ));
        }
        let Ok(ready) = serde_json::from_str::<Ready>(&line) else {
            let mut message = String::new();
            let _ = tokio::time::timeout(END_LIMIT, errors.read_to_string(&mut message)).await;
            let message = message.trim();
            return Err(failed(if message.is_empty() {
                "the program exited without output".to_owned()
            } else {
                message.to_owned()
            }));
        };
        // Drains the pipes, so that the program never blocks on a full one.
        tokio::spawn(async move {
            let mut sink = tokio::io::sink();
            let _ = tokio::io::copy(&mut errors, &mut sink).await;
        });
        tokio::spawn(async move {
            let mut sink = tokio::io::sink();
            let _ = tokio::io::copy(&mut output, &mut sink).await;
        });
        Ok(Self {
            api_url: ready.api_url,
            api_key: ready.api_key.into(),
            isolation: ready.isolation,
            running: Mutex::new(Some((child, lifeline))),
        })
    }

    /// Returns the local server that this process shares. Starts the program at this
    /// path at the first call, and again when it has exited.
    ///
    /// # Errors
    /// The errors of [`LocalServer::start`].
    pub async fn shared(program: &Path) -> Result<Arc<Self>, Error> {
        // Locked while starting, so that concurrent calls start one server.
        let mut shared = SHARED.lock().await;
        if let Some(server) = shared.as_ref()
            && server.is_running().await
        {
            return Ok(Arc::clone(server));
        }
        let server = Arc::new(Self::start(program, &[], None, None).await?);
        *shared = Some(Arc::clone(&server));
        Ok(server)
    }

    /// Returns the base URL of the control plane.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// Returns the API key that the server accepts.
    #[must_use]
    pub fn api_key(&self) -> &SecretString {
        &self.api_key
    }

    /// Returns the isolation of its sandboxes: `namespaces`, `landlock` or `none`.
    #[must_use]
    pub fn isolation(&self) -> &str {
        &self.isolation
    }

    /// Stops the server and waits until its port is free and its sandboxes are deleted.
    /// Has no effect on a stopped server.
    pub async fn close(&self) {
        let Some((mut child, lifeline)) = self.running.lock().await.take() else { return };
        drop(lifeline);
        if tokio::time::timeout(END_LIMIT, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }

    /// Returns whether the program is running.
    pub async fn is_running(&self) -> bool {
        match self.running.lock().await.as_mut() {
            Some((child, _)) => matches!(child.try_wait(), Ok(None)),
            None => false,
        }
    }
}
