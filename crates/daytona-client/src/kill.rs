//! Killing a command that nobody waits for any longer.
//!
//! The service lets a command run on when its caller disconnects, and kills
//! only its process group when its time is up. Every command carries a variable
//! of its own in its environment, which its children inherit; so whatever it
//! started can be found and killed by a second, short command.

use std::time::Duration;

use daytona_api::process::ExecuteRequest;
use tokio::task::JoinHandle;

use crate::background::clean_up;
use crate::deadline::Deadline;
use crate::process::execute_request;
use crate::sandbox::Sandbox;

/// The variable that marks the processes of one command.
pub(crate) const MARKER: &str = "DAYTONA_NATIVE_COMMAND";
/// A kill that takes longer has met a sandbox that does not answer.
const LIMIT_SECONDS: u32 = 10;
/// For how long a command that was just sent may still be on its way.
pub(crate) const ARRIVAL: Duration = Duration::from_secs(2);

/// Kills a command unless it is disarmed first.
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

    /// Kills a command that starts within `arrival` if it has not started yet,
    /// and waits for that up to `patience`; after it the kill goes on in the
    /// background.
    pub(crate) async fn kill(&mut self, arrival: Duration, patience: Duration) {
        let kill = self.armed.take().and_then(|(sandbox, marker)| kill(sandbox, &marker, arrival));
        if let Some(kill) = kill {
            let _ = tokio::time::timeout(patience, kill).await;
        }
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if let Some((sandbox, marker)) = self.armed.take() {
            drop(kill(sandbox, &marker, ARRIVAL));
        }
    }
}

fn kill(sandbox: Sandbox, marker: &str, arrival: Duration) -> Option<JoinHandle<()>> {
    let body = ExecuteRequest {
        command: script(marker, arrival),
        timeout: Some(LIMIT_SECONDS),
        ..ExecuteRequest::default()
    };
    clean_up(async move {
        let request = execute_request(sandbox.id(), &body).repeatable();
        // Best effort: the caller has its error already, and a sandbox that
        // cannot be reached keeps the limit that the toolbox was given.
        let _ = sandbox.fetch(&request, Deadline::seconds(u64::from(LIMIT_SECONDS))).await;
    })
}

/// Kills what carries the marker until nothing does; waits for it to appear
/// for as long as it may still arrive.
fn script(marker: &str, arrival: Duration) -> String {
    let waits = arrival.as_millis() / 50;
    format!(
        "seen=; waits={waits}; rounds=200\n\
         while [ $rounds -gt 0 ]; do rounds=$((rounds-1))\n\
         found=$(grep -lzxF '{MARKER}={marker}' /proc/[0-9]*/environ 2>/dev/null)\n\
         if [ -n \"$found\" ]; then seen=1\n\
         for entry in $found; do entry=${{entry#/proc/}}; kill -KILL \"${{entry%/environ}}\" 2>/dev/null; done\n\
         elif [ -n \"$seen\" ] || [ $waits -le 0 ]; then break\n\
         else waits=$((waits-1)); sleep 0.05; fi; done\n"
    )
}
