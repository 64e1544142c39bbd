//! Processes that the kernel killed because the sandbox had used up its memory.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of the signal that cannot be handled.
const KILL: i32 = 9;
/// Appended to the output of the command.
const EXPLANATION: &str = "\na process was killed: the sandbox has reached its memory limit; \
                           create it with more memory, or use less\n";
/// More than the file contains.
const MAX_BYTES: usize = 1024;

/// The number of processes that were killed, in a file of the sandbox's control group.
#[derive(Debug)]
pub struct MemoryEvents {
    file: File,
    seen: AtomicU64,
}

impl MemoryEvents {
    /// Reads events from a file, which lists names with numbers.
    #[must_use]
    pub fn new(file: File) -> Self {
        let events = Self { file, seen: AtomicU64::new(0) };
        events.has_new();
        events
    }

    /// Explains the end of a program that was killed, or whose child was, since the sandbox
    /// had used up its memory.
    pub(super) fn explain(&self, status: ExitStatus) -> Option<&'static str> {
        let was_killed = status.signal() == Some(KILL) || status.code() == Some(128 + KILL);
        (was_killed && self.has_new()).then_some(EXPLANATION)
    }

    /// Whether a process was killed since the last time.
    fn has_new(&self) -> bool {
        let mut buffer = [0; MAX_BYTES];
        let length = self.file.read_at(&mut buffer, 0).unwrap_or(0);
        let killed = count(&String::from_utf8_lossy(&buffer[..length]));
        self.seen.swap(killed, Ordering::Relaxed) < killed
    }
}

fn count(text: &str) -> u64 {
    let number = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    number.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_the_file_are_read() {
        assert_eq!(count("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"), 3);
        assert_eq!(count("low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n"), 1);
        assert_eq!(count(""), 0);
    }
}
