//! Host users for sandboxes.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

/// Far above the accounts of people and services and the ranges handed to
/// containers.
const FIRST: u32 = 0x6000_0000;
const BLOCK: u32 = 0x1000;
const BLOCKS: u32 = 0x1_0000;

/// Hands every sandbox a user of its own: as root, a sandbox that shared
/// root's would be let through wherever the kernel looks at host users.
#[derive(Debug)]
pub struct HostIds {
    next: Option<AtomicU32>,
}

impl HostIds {
    /// Users can be handed out by root alone, where the range is mapped.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let able = rustix::process::geteuid().is_root()
            && is_mapped("/proc/self/uid_map")
            && is_mapped("/proc/self/gid_map");
        let mut seed = [0; 4];
        let random = getrandom::fill(&mut seed).map_or(std::process::id(), |()| u32::from_ne_bytes(seed));
        // Servers that run side by side get different blocks.
        Self { next: able.then(|| AtomicU32::new(FIRST + (random % BLOCKS) * BLOCK)) }
    }

    /// The next user; none when sandboxes run as the server's own.
    pub fn next(&self) -> Option<u32> {
        self.next.as_ref().map(|next| next.fetch_add(1, Ordering::Relaxed))
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
