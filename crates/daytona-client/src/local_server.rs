//! Starting the program `daytona-local` and ending it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Mutex;

use crate::error::{Error, ErrorKind};

const OPERATION: &str = "start the local Daytona";
const KEY_VARIABLE: &str = "DAYTONA_LOCAL_API_KEY";
const START_LIMIT: Duration = Duration::from_secs(20);
const END_LIMIT: Duration = Duration::from_secs(20);

/// A local Daytona, run as a program of its own.
///
/// It lives as long as this value, or as the process: its standard input is a
/// pipe from here, and it takes everything down when that closes.
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
    /// Starts the program at this path, with further arguments and, unless it
    /// shall make one itself, the key to accept, and waits until it is ready.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] with the program's own words when it cannot
    /// start; [`ErrorKind::Timeout`] when it is not ready within 20 s.
    pub async fn start(
        program: &Path,
        arguments: &[String],
        api_key: Option<SecretString>,
    ) -> Result<Self, Error> {
        let failed = |why: String| Error::new(ErrorKind::Unavailable, OPERATION, why);
        let mut command = Command::new(program);
        if let Some(key) = &api_key {
            // Not an argument: everybody on the machine can read those.
            command.env(KEY_VARIABLE, key.expose_secret());
        }
        // Ctrl-C in a terminal goes to the whole group of this process, which may yet delete its sandboxes.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .args(["--json", "--lifeline"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(format!("{} cannot be run: {error}", program.display())))?;
        let (Some(lifeline), Some(output), Some(mut complaints)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed("its pipes are missing".to_owned()));
        };
        let mut line = String::new();
        let mut output = BufReader::new(output);
        let read = tokio::time::timeout(START_LIMIT, output.read_line(&mut line)).await;
        if read.is_err() {
            return Err(Error::timeout(OPERATION, START_LIMIT));
        }
        let Ok(ready) = serde_json::from_str::<Ready>(&line) else {
            let mut words = String::new();
            let _ = tokio::time::timeout(END_LIMIT, complaints.read_to_string(&mut words)).await;
            let words = words.trim();
            return Err(failed(if words.is_empty() {
                "it ended without a word".to_owned()
            } else {
                words.to_owned()
            }));
        };
        // Kept empty, so that the program never waits for room in a pipe.
        tokio::spawn(async move {
            let mut sink = tokio::io::sink();
            let _ = tokio::io::copy(&mut complaints, &mut sink).await;
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

    /// Its control plane's address.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// The key that it accepts.
    #[must_use]
    pub fn api_key(&self) -> &SecretString {
        &self.api_key
    }

    /// How its sandboxes are walled in: `namespaces`, `landlock` or `none`.
    #[must_use]
    pub fn isolation(&self) -> &str {
        &self.isolation
    }

    /// Ends it and waits until its port is free and its sandboxes are gone.
    /// Once ended, ending it again does nothing.
    pub async fn close(&self) {
        let Some((mut child, lifeline)) = self.running.lock().await.take() else { return };
        drop(lifeline);
        if tokio::time::timeout(END_LIMIT, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }

    /// Whether the program still runs.
    pub async fn is_running(&self) -> bool {
        match self.running.lock().await.as_mut() {
            Some((child, _)) => matches!(child.try_wait(), Ok(None)),
            None => false,
        }
    }
}
