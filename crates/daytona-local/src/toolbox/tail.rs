//! The end of what a program prints: a little of it, however much that is.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::{pipes, text};

/// How much is read at once.
const PIECE: usize = 8 * 1024;

/// How long the rest of an output may take after the end of its process.
const SETTLES_WITHIN: Duration = Duration::from_millis(200);

/// The end of an output, which is read for as long as this exists.
#[derive(Debug)]
pub(super) struct Tail {
    output: Arc<Output>,
    _reader: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Output {
    kept: Mutex<Kept>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    bytes: VecDeque<u8>,
    is_closed: bool,
}

impl Tail {
    /// Keeps as many bytes as these of what is written to the other end of the pipe.
    pub(super) fn new(most: usize) -> io::Result<(Self, io::PipeWriter)> {
        let (pipe, writer) = pipes::output()?;
        let output = Arc::<Output>::default();
        let mut reader = JoinSet::new();
        reader.spawn(read(pipe, Arc::clone(&output), most));
        Ok((Self { output, _reader: reader }, writer))
    }

    /// What is kept, as text.
    pub(super) fn text(&self) -> String {
        text::lossy(self.output.lock().bytes.iter().copied().collect())
    }

    /// The last line that is not blank.
    pub(super) fn last_line(&self) -> Option<String> {
        self.text().lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    }

    /// Waits for the first line.
    pub(super) async fn first_line(&self) -> String {
        self.output.wait_for(Kept::first_line).await
    }

    /// The first line, if it is there.
    pub(super) fn try_first_line(&self) -> Option<String> {
        self.output.lock().first_line()
    }

    /// Waits for the rest of the output of a process that has ended. Another process
    /// may hold the pipe.
    pub(super) async fn settle(&self) {
        let closed = self.output.wait_for(|kept| kept.is_closed.then_some(()));
        let _still_open = tokio::time::timeout(SETTLES_WITHIN, closed).await;
    }
}

async fn read(mut pipe: pipe::Receiver, output: Arc<Output>, most: usize) {
    let mut piece = vec![0; PIECE];
    while let Ok(length @ 1..) = pipe.read(&mut piece).await {
        let mut kept = output.lock();
        kept.bytes.extend(&piece[..length]);
        let excess = kept.bytes.len().saturating_sub(most);
        kept.bytes.drain(..excess);
        drop(kept);
        output.changed.notify_waiters();
    }
    output.lock().is_closed = true;
    output.changed.notify_waiters();
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
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
}

impl Kept {
    fn first_line(&self) -> Option<String> {
        let end = self.bytes.iter().position(|byte| *byte == b'\n')?;
        Some(text::lossy(self.bytes.iter().take(end).copied().collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[tokio::test]
    async fn the_end_of_an_output_is_kept_and_its_first_line_is_waited_for() {
        let (tail, mut writer) = Tail::new(8).unwrap();
        assert_eq!((tail.try_first_line(), tail.last_line()), (None, None));
        writer.write_all(b"first\n").unwrap();
        assert_eq!(tail.first_line().await, "first");
        writer.write_all(b"0123456789\n last \n\n").unwrap();
        drop(writer);
        tail.output.wait_for(|kept| kept.is_closed.then_some(())).await;
        assert_eq!((tail.text().as_str(), tail.last_line().as_deref()), (" last \n\n", Some("last")));
    }

    #[tokio::test]
    async fn a_pipe_that_others_hold_is_read_no_longer_than_the_tail_exists() {
        let (tail, writer) = Tail::new(8).unwrap();
        tail.settle().await;
        let output = Arc::downgrade(&tail.output);
        drop(tail);
        while output.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
        drop(writer);
    }
}
