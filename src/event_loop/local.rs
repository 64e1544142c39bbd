//! What the thread of an event loop knows of it.

use std::cell::Cell;
use std::rc::Rc;

use super::handle::OpenHandles;
use super::uv::{Loop, Uv};

/// After this many milliseconds without a look for events, what is known of sockets may be
/// wrong: the program has kept the thread, and a server may have closed its connections.
const BEHIND: u64 = 10;

/// An event loop, seen from its thread.
pub(super) struct Local {
    pub(super) uv: &'static Uv,
    pub(super) event_loop: *mut Loop,
    pub(super) open: Rc<OpenHandles>,
    /// When the loop looked for events, in milliseconds of its clock.
    looked_at: Cell<u64>,
    turn: Cell<u64>,
    is_behind: Cell<bool>,
}

impl Local {
    pub(super) fn new(uv: &'static Uv, event_loop: *mut Loop) -> Self {
        let open = Rc::new(OpenHandles::default());
        let (looked_at, turn, is_behind) = (Cell::new(0), Cell::new(0), Cell::new(false));
        Self { uv, event_loop, open, looked_at, turn, is_behind }
    }

    /// Notes that the loop has just looked for events.
    pub(super) fn has_looked(&self) {
        // SAFETY: a loop that runs on this thread.
        self.looked_at.set(unsafe { (self.uv.now)(self.event_loop) });
    }

    /// Begins to poll tasks.
    pub(super) fn begin_turn(&self) {
        self.turn.set(self.turn.get() + 1);
        // SAFETY: a function without effects.
        let now = unsafe { (self.uv.hrtime)() } / 1_000_000;
        self.is_behind.set(now.saturating_sub(self.looked_at.get()) > BEHIND);
    }

    /// The number of the turn.
    pub(super) fn turn(&self) -> u64 {
        self.turn.get()
    }

    /// Whether sockets may have changed since the loop has looked.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind.get()
    }
}
