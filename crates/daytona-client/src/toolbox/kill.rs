//! Killing an aborted command.
//!
//! The service does not kill a command when the client disconnects, and kills
//! only its process group when its timeout passes. Every command has a unique
//! environment variable, which its children inherit, so a second, short command
//! can find and kill everything that it started.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use daytona_api::toolbox::process::{EXECUTE, ExecuteRequest};
use tokio::task::JoinHandle;

use crate::cleanup::clean_up;
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::Error;

/// The environment variable that identifies the processes of one command.
pub(crate) const MARKER: &str = "DAYTONA_NATIVE_COMMAND";
/// Timeout of the kill in seconds; a sandbox that exceeds it does not respond.
pub(crate) const LIMIT_SECONDS: u32 = 10;
/// Time after sending a command within which it may still start.
pub(crate) const ARRIVAL: Duration = Duration::from_secs(2);

/// A marker that no other command has. One random number for the process is
/// enough: asking the system for one each time costs more than the rest.
pub(crate) fn new_marker() -> String {
    static PROCESS: LazyLock<String> = LazyLock::new(|| uuid::Uuid::new_v4().simple().to_string());
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Kills a command on drop, unless it is disarmed.
pub(crate) struct KillOnDrop {
    armed: Option<(Sandbox, String)>,
}

impl KillOnDrop {
    pub(crate) fn new(sandbox: Sandbox, marker: String) -> Self {
        Self { armed: Some((sandbox, marker)) }
    }

    pub(crate) fn disarm(&mut self) {
        self.armed = None;
    }

    pub(crate) fn kill_in_background(&mut self) {
        if let Some((sandbox, marker)) = self.armed.take() {
            drop(kill(sandbox, &marker, ARRIVAL));
        }
    }

    /// Kills the command, also when it starts within `arrival`, and waits for that
    /// up to `timeout`; after that, the kill continues in the background.
    pub(crate) async fn kill(&mut self, arrival: Duration, timeout: Duration) {
        let kill = self.armed.take().and_then(|(sandbox, marker)| kill(sandbox, &marker, arrival));
        if let Some(kill) = kill {
            let _ = tokio::time::timeout(timeout, kill).await;
        }
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.kill_in_background();
    }
}

fn kill(sandbox: Sandbox, marker: &str, arrival: Duration) -> Option<JoinHandle<()>> {
    let marker = marker.to_owned();
    clean_up(async move {
        // Best effort: the caller already has its error, and if the sandbox cannot
        // be reached, the timeout that the toolbox was given still applies.
        let _ = kill_marked(&sandbox, &marker, arrival, Deadline::seconds(u64::from(LIMIT_SECONDS))).await;
    })
}

/// Kills the processes with a marker until there are none. Waits up to `arrival` for
/// the first one.
pub(crate) async fn kill_marked(
    sandbox: &Sandbox,
    marker: &str,
    arrival: Duration,
    deadline: Deadline,
) -> Result<(), Error> {
    let body = ExecuteRequest {
        command: script(marker, arrival),
        timeout: Some(LIMIT_SECONDS),
        ..ExecuteRequest::default()
    };
    sandbox.call(&EXECUTE).json(&body).repeatable().fetch(deadline).await.map(drop)
}

/// Returns a script that kills processes with the marker until there are none. It
/// waits up to `arrival` for the first one.
///
/// The processes are stopped before the first of them is killed: a shell whose
/// child is killed would otherwise run its next line.
pub(crate) fn script(marker: &str, arrival: Duration) -> String {
    let waits = arrival.as_millis() / 50;
    format!(
        "seen=; waits={waits}; rounds=200\n\
         while [ $rounds -gt 0 ]; do rounds=$((rounds-1))\n\
         found=$(grep -lzxF '{MARKER}={marker}' /proc/[0-9]*/environ 2>/dev/null)\n\
         if [ -n \"$found\" ]; then seen=1\n\
         for signal in STOP KILL; do for entry in $found; do\n\
         entry=${{entry#/proc/}}; kill -$signal \"${{entry%/environ}}\" 2>/dev/null; done; done\n\
         elif [ -n \"$seen\" ] || [ $waits -le 0 ]; then break\n\
         else waits=$((waits-1)); sleep 0.05; fi; done\n"
    )
}
