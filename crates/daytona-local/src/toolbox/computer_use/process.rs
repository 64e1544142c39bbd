//! A process of the desktop, and the end of what it prints.

use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::super::process_group::ProcessGroup;
use super::super::tail::Tail;

/// How much of an output is kept, its end.
const KEPT: usize = 64 * 1024;

/// How long a process may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(2);

/// A process with everything that it starts.
#[derive(Debug)]
pub(super) struct DesktopProcess {
    group: ProcessGroup,
    pub(super) logs: Tail,
    pub(super) errors: Tail,
}

impl DesktopProcess {
    /// Starts a program.
    pub(super) fn start(mut command: Command) -> io::Result<Self> {
        let (logs, stdout) = Tail::new(KEPT)?;
        let (errors, stderr) = Tail::new(KEPT)?;
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        Ok(Self { group: ProcessGroup::spawn(command)?, logs, errors })
    }

    /// Whether it runs.
    pub(super) fn runs(&self) -> bool {
        matches!(self.group.status(), Ok(None))
    }

    /// Its process id.
    pub(super) fn pid(&self) -> i32 {
        self.group.pid()
    }

    /// Ends it.
    pub(super) async fn end(&self) {
        self.end_within(PATIENCE).await;
    }

    /// Asks it to end, and kills it when it has not after `patience`.
    pub(super) async fn end_within(&self, patience: Duration) {
        self.group.end(patience).await;
    }

    /// Waits until it has ended, and says what it printed last.
    pub(super) async fn ended(&self) -> String {
        if let Err(error) = self.group.ended().await {
            tracing::warn!(%error, "a process of the desktop cannot be watched");
        }
        self.logs.settle().await;
        self.errors.settle().await;
        self.errors.last_line().unwrap_or_else(|| "it printed nothing".to_owned())
    }

    /// Waits for the first line of its output. Fails when it ends before.
    pub(super) async fn first_line(&self) -> io::Result<String> {
        tokio::select! {
            biased;
            line = self.logs.first_line() => Ok(line),
            last = self.ended() => self.logs.try_first_line().ok_or_else(|| io::Error::other(last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> DesktopProcess {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        DesktopProcess::start(command).unwrap()
    }

    #[tokio::test]
    async fn what_a_process_prints_is_kept_and_its_first_line_is_waited_for() {
        let process = start("echo first; echo problem >&2; echo last");
        assert_eq!(process.first_line().await.unwrap(), "first");
        assert_eq!(process.ended().await, "problem");
        assert_eq!(process.logs.text(), "first\nlast\n");
        assert!(!process.runs());
    }

    #[tokio::test]
    async fn a_process_that_ends_without_a_line_says_why() {
        assert_eq!(start("echo broken >&2; exit 1").first_line().await.unwrap_err().to_string(), "broken");
        assert_eq!(start("exit 1").first_line().await.unwrap_err().to_string(), "it printed nothing");
    }
}
