//! A process of the desktop, and the end of what it prints.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::sync::Notify;

use super::super::process_group::ProcessGroup;
use super::super::text;

/// How much of an output is kept, its end.
const KEPT: usize = 64 * 1024;

/// How long a process may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long the rest of an output may take after the end of its process.
const SETTLES_WITHIN: Duration = Duration::from_millis(200);

/// A process with everything that it starts.
#[derive(Debug)]
pub(super) struct DesktopProcess {
    group: ProcessGroup,
    pub(super) logs: Arc<Tail>,
    pub(super) errors: Arc<Tail>,
}

impl DesktopProcess {
    /// Starts a program.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let (logs, stdout) = io::pipe()?;
        let (errors, stderr) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        let group = ProcessGroup::spawn(command);
        // The command keeps the other ends of the pipes open.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self { group: group?, logs: Tail::of(logs)?, errors: Tail::of(errors)? })
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
        self.errors.last_line()
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

/// The end of an output.
#[derive(Debug, Default)]
pub(super) struct Tail {
    bytes: Mutex<Kept>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    bytes: VecDeque<u8>,
    is_closed: bool,
}

impl Tail {
    fn of(pipe: io::PipeReader) -> io::Result<Arc<Self>> {
        let mut pipe = pipe::Receiver::from_owned_fd(pipe.into())?;
        let tail = Arc::new(Self::default());
        let kept = Arc::clone(&tail);
        tokio::spawn(async move {
            let mut piece = vec![0; 8 * 1024];
            while let Ok(length @ 1..) = pipe.read(&mut piece).await {
                kept.push(&piece[..length]);
            }
            kept.lock().is_closed = true;
            kept.changed.notify_waiters();
        });
        Ok(tail)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, piece: &[u8]) {
        let mut kept = self.lock();
        kept.bytes.extend(piece);
        let too_much = kept.bytes.len().saturating_sub(KEPT);
        kept.bytes.drain(..too_much);
        drop(kept);
        self.changed.notify_waiters();
    }

    /// What is kept, as text.
    pub(super) fn text(&self) -> String {
        text::lossy(self.lock().bytes.iter().copied().collect())
    }

    /// Waits for what is wanted of the output.
    async fn wait_for<T>(&self, wanted: impl Fn(&Kept) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = wanted(&self.lock()) {
                return found;
            }
            changed.await;
        }
    }

    async fn first_line(&self) -> String {
        self.wait_for(Kept::first_line).await
    }

    fn try_first_line(&self) -> Option<String> {
        self.lock().first_line()
    }

    /// Waits for the rest of the output of a process that has ended. Another process
    /// may hold the pipe.
    async fn settle(&self) {
        let closed = self.wait_for(|kept| kept.is_closed.then_some(()));
        let _still_open = tokio::time::timeout(SETTLES_WITHIN, closed).await;
    }

    fn last_line(&self) -> String {
        let text = self.text();
        let last = text.lines().rev().find(|line| !line.trim().is_empty());
        last.unwrap_or("it printed nothing").trim().to_owned()
    }
}

impl Kept {
    fn first_line(&self) -> Option<String> {
        let end = self.bytes.iter().position(|byte| *byte == b'\n')?;
        Some(text::lossy(self.bytes.iter().take(end).copied().collect()))
    }
}

/// A command for a program of the desktop, which starts in `folder`.
pub(super) fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("PWD", folder);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_an_output_is_kept_and_its_first_line_is_waited_for() {
        let script = "echo first; echo problem >&2; head -c 100000 /dev/zero | tr '\\0' x; echo; echo last";
        let process = DesktopProcess::start(Command::new("/bin/sh").args(["-c", script])).unwrap();
        assert_eq!(process.first_line().await.unwrap(), "first");
        assert_eq!(process.ended().await, "problem");
        process.logs.wait_for(|kept| kept.is_closed.then_some(())).await;
        let text = process.logs.text();
        assert!(text.len() == KEPT && text.ends_with("\nlast\n"));
        assert!(!process.runs());
    }

    #[tokio::test]
    async fn a_process_that_ends_without_a_line_says_why() {
        let process =
            DesktopProcess::start(Command::new("/bin/sh").args(["-c", "echo broken >&2; exit 1"])).unwrap();
        assert_eq!(process.first_line().await.unwrap_err().to_string(), "broken");
    }
}
