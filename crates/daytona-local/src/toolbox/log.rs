//! Output that is kept: written once, read by any number of followers.
//!
//! The bytes are in a file of the sandbox, not in memory, and every reader has
//! a position of its own. So a reader that falls behind costs nothing, and one
//! that comes late misses nothing.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

use super::cause::own_cause;

/// A file without a name that only grows. Logs that are written one after the
/// other share it.
#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    end: Mutex<u64>,
}

impl Spool {
    /// Makes the file in a folder; its room is free again when the spool and
    /// all its readers are gone, however the toolbox ends.
    pub(super) fn create(folder: &Path) -> io::Result<Arc<Self>> {
        let path = folder.join(Uuid::new_v4().simple().to_string());
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        std::fs::remove_file(path)?;
        Ok(Arc::new(Self { file, end: Mutex::default() }))
    }

    fn end(&self) -> MutexGuard<'_, u64> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut end = self.end();
        self.file.write_all_at(bytes, *end)?;
        *end += bytes.len() as u64;
        Ok(*end)
    }
}

/// How far a log has come.
#[derive(Clone, Debug, Default)]
struct Progress {
    start: u64,
    end: u64,
    closed: bool,
    /// Why the log is not whole.
    fault: Option<String>,
}

/// The output of one program. It has one writer at a time.
#[derive(Debug)]
pub(super) struct Log {
    spool: Arc<Spool>,
    progress: watch::Sender<Progress>,
}

impl Log {
    /// An empty log.
    pub(super) fn new(spool: Arc<Spool>) -> Self {
        Self { spool, progress: watch::Sender::default() }
    }

    /// Starts at the spool's end. Until the log is closed, no other one may be
    /// written to the same spool.
    pub(super) fn begin(&self) {
        let at = *self.spool.end();
        self.progress.send_modify(|progress| (progress.start, progress.end) = (at, at));
    }

    /// Adds bytes and wakes the followers. After a failure nothing more is
    /// added: what a reader sees has no hole in it.
    pub(super) fn append(&self, bytes: &[u8]) {
        if bytes.is_empty() || self.progress.borrow().fault.is_some() {
            return;
        }
        let written = self.spool.append(bytes);
        self.progress.send_modify(|progress| match written {
            Ok(end) => progress.end = end,
            Err(error) => {
                let cause = own_cause(&error);
                progress.fault = Some(format!("the output cannot be kept: {cause}"));
            }
        });
    }

    /// Nothing more will come.
    pub(super) fn close(&self) {
        self.progress.send_modify(|progress| progress.closed = true);
    }

    /// Reads from the start and, when `follow` is set, until the log is
    /// closed; otherwise to where it is now.
    pub(super) fn read(&self, follow: bool) -> LogReader {
        let progress = self.progress.subscribe();
        let now = progress.borrow().clone();
        LogReader {
            spool: Arc::clone(&self.spool),
            progress,
            at: now.start,
            begun: now.end > now.start,
            until: (!follow).then_some(now.end),
        }
    }

    /// What is there now.
    pub(super) fn snapshot(&self) -> io::Result<Snapshot> {
        let progress = self.progress.borrow();
        match &progress.fault {
            Some(fault) => Err(io::Error::other(fault.clone())),
            None => Ok(Snapshot { spool: Arc::clone(&self.spool), start: progress.start, end: progress.end }),
        }
    }
}

/// A part of a log that does not change any more.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    spool: Arc<Spool>,
    start: u64,
    end: u64,
}

impl Snapshot {
    /// Its length in bytes.
    pub(super) fn length(&self) -> u64 {
        self.end - self.start
    }

    /// Hands its bytes to `each`, piece by piece.
    pub(super) fn pieces<Failed: From<io::Error>>(
        &self,
        mut each: impl FnMut(&[u8]) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let mut buffer = vec![0; PIECE.min(usize::try_from(self.length()).unwrap_or(PIECE))];
        let mut at = self.start;
        while at < self.end {
            let length = read_at(&self.spool, &mut buffer, at, self.end)?;
            each(&buffer[..length])?;
            at += length as u64;
        }
        Ok(())
    }
}

/// The most that is read at once.
const PIECE: usize = 32 * 1024;

/// One reader of a log.
#[derive(Debug)]
pub(super) struct LogReader {
    spool: Arc<Spool>,
    progress: watch::Receiver<Progress>,
    at: u64,
    begun: bool,
    until: Option<u64>,
}

impl LogReader {
    /// Waits for more, and reads it into `buffer`. 0 at the end.
    pub(super) async fn next(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let progress = self.progress.borrow_and_update().clone();
            if !self.begun {
                self.at = progress.start;
                self.begun = progress.end > progress.start;
            }
            let end = self.until.unwrap_or(progress.end);
            if self.at < end {
                let length = read_at(&self.spool, buffer, self.at, end)?;
                self.at += length as u64;
                return Ok(length);
            }
            if let Some(fault) = progress.fault {
                return Err(io::Error::other(fault));
            }
            if progress.closed || self.until.is_some() || self.progress.changed().await.is_err() {
                return Ok(0);
            }
        }
    }
}

fn read_at(spool: &Spool, buffer: &mut [u8], at: u64, end: u64) -> io::Result<usize> {
    let wanted = usize::try_from(end - at).unwrap_or(usize::MAX).min(buffer.len());
    match spool.file.read_at(&mut buffer[..wanted], at)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        length => Ok(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(mut reader: LogReader) -> String {
        let (mut text, mut buffer) = (Vec::new(), [0; 3]);
        loop {
            match reader.next(&mut buffer).await.unwrap() {
                0 => return String::from_utf8(text).unwrap(),
                length => text.extend_from_slice(&buffer[..length]),
            }
        }
    }

    #[tokio::test]
    async fn followers_of_any_time_see_all_of_one_log_and_nothing_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::create(folder.path()).unwrap();
        let [first, second] = [Log::new(Arc::clone(&spool)), Log::new(spool)];
        let early = tokio::spawn(all(second.read(true)));
        tokio::task::yield_now().await;
        first.begin();
        first.append(b"the first");
        first.close();
        second.begin();
        second.append(b"one ");
        let (now, later) = (all(second.read(false)).await, tokio::spawn(all(second.read(true))));
        assert_eq!(now, "one ");
        tokio::task::yield_now().await;
        second.append(b"two");
        second.close();
        assert_eq!(early.await.unwrap(), "one two");
        assert_eq!(later.await.unwrap(), "one two");
        assert_eq!(all(first.read(true)).await, "the first");
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
    }
}
