//! One buffer for each thread of the runtime, instead of one for each connection:
//! an idle connection has none, and thousands cost no memory here.

use std::cell::Cell;

/// Room for the largest packet, and for several of them of a TCP connection.
pub(crate) const SIZE: usize = 256 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Runs `work` with the buffer of this thread, whose content is arbitrary.
pub(crate) fn with<T>(work: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut buffer = BUFFER.take();
    // Empty in the first call of a thread, and in a call within another.
    buffer.resize(SIZE, 0);
    let result = work(&mut buffer);
    BUFFER.set(buffer);
    result
}
