//! Whether there is memory for the content of a file.

use super::memory::Storage;

/// Files below this size are taken to fit.
const ALWAYS_FITS: u64 = 16 << 20;

/// Returns memory for a file of this length, if it fits.
pub(super) async fn allocate<S: Storage>(length: u64, limit: u64, storage: &S) -> Option<S::Memory> {
    if length > limit || !fits(length) {
        return None;
    }
    storage.allocate(usize::try_from(length).ok()?).await
}

/// Makes room for more bytes of a file, whose size may be unknown: a device has no
/// end. Returns whether they fit.
pub(super) fn make_room(content: &mut Vec<u8>, more: usize) -> bool {
    if content.capacity() - content.len() >= more {
        return true;
    }
    // A vector doubles its memory.
    let growth = content.capacity().max(more) as u64;
    fits(growth) && content.try_reserve(more).is_ok()
}

/// Returns whether there is memory for this many bytes, as far as the system says.
fn fits(length: u64) -> bool {
    // Asking what is free costs more than reading a small file.
    length < ALWAYS_FITS || available_memory().is_none_or(|free| length <= free)
}

/// Bytes that can be had without pushing others out; `None` where the system
/// does not say.
fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_only_for_what_fits() {
        let mut content = Vec::new();
        assert!(make_room(&mut content, 1000) && content.capacity() >= 1000);
        assert!(!make_room(&mut content, usize::MAX / 2));
        assert!(content.is_empty() && make_room(&mut content, 10));
    }
}
