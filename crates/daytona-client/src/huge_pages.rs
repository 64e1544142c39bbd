//! Memory in large pages.

/// Memory below this size in bytes gains nothing: it fits into few pages anyway.
#[cfg(target_os = "linux")]
const WORTHWHILE: usize = 4 * 1024 * 1024;

/// Asks the operating system for large pages for memory that is about to be filled. The
/// kernel prepares each page at its first use, which takes longer for 4 KiB at a time than
/// receiving the bytes. Changes no contents, and has no effect where there are no large pages.
pub fn advise_huge_pages(start: *const u8, size: usize) {
    #[cfg(target_os = "linux")]
    if size >= WORTHWHILE {
        // SAFETY: no preconditions.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        let before = start.addr().next_multiple_of(page) - start.addr();
        // SAFETY: the advice changes how memory is backed and not what is in it, and
        // addresses without memory are refused.
        unsafe {
            libc::madvise(start.cast_mut().wrapping_add(before).cast(), size - before, libc::MADV_HUGEPAGE);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (start, size);
}

/// Reserves memory that is filled soon; `None` when there is not enough.
pub(crate) fn reserve(capacity: usize) -> Option<Vec<u8>> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(capacity).ok()?;
    advise_huge_pages(memory.as_ptr(), memory.capacity());
    Some(memory)
}
