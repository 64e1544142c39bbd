//! Host user ids for sandboxes.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

/// Above the ids of ordinary and system accounts and those that systemd assigns to
/// containers, and below those that programs take for negative.
const FIRST: u32 = 0x7000_0000;
const BLOCK: u32 = 0x1000;
const BLOCKS: u32 = 0x1_0000;

/// Assigns a separate host user to each sandbox. A sandbox that ran as the
/// host's root would pass every check of the kernel that uses host user ids.
#[derive(Debug)]
pub struct HostIds {
    next: Option<AtomicU32>,
}

impl HostIds {
    /// Assigns ids only when this process is root and the range of ids is mapped
    /// in its user namespace.
    #[must_use]
    pub fn detect() -> Self {
        let can_assign = rustix::process::geteuid().is_root()
            && is_mapped("/proc/self/uid_map")
            && is_mapped("/proc/self/gid_map");
        let mut seed = [0; 4];
        let random = getrandom::fill(&mut seed).map_or(std::process::id(), |()| u32::from_ne_bytes(seed));
        // A random block, so that servers that run side by side do not share ids.
        Self { next: can_assign.then(|| AtomicU32::new(FIRST + (random % BLOCKS) * BLOCK)) }
    }

    /// Returns the next id that is not in use, or `None` when sandboxes run as the
    /// server's user.
    pub fn next(&self, is_used: impl Fn(u32) -> bool) -> Option<u32> {
        let next = self.next.as_ref()?;
        loop {
            let id = next.fetch_add(1, Ordering::Relaxed);
            if !is_used(id) {
                return Some(id);
            }
        }
    }
}

fn is_mapped(map: &str) -> bool {
    let Ok(text) = fs::read_to_string(map) else { return false };
    text.lines().any(|line| {
        let mut numbers = line.split_ascii_whitespace().filter_map(|number| number.parse::<u64>().ok());
        match (numbers.next(), numbers.nth(1)) {
            (Some(first), Some(length)) => {
                first <= u64::from(FIRST)
                    && first + length > u64::from(FIRST) + u64::from(BLOCK) * u64::from(BLOCKS)
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_use_are_left_out() {
        let ids = HostIds { next: Some(AtomicU32::new(FIRST)) };
        assert_eq!(ids.next(|id| id < FIRST + 3), Some(FIRST + 3));
        assert_eq!(ids.next(|_| false), Some(FIRST + 4));
        assert_eq!(HostIds { next: None }.next(|_| false), None);
    }
}
