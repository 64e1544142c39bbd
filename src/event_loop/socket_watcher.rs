//! Watches a socket on the event loop of Node.js.

use std::cell::RefCell;
use std::ffi::c_int;
use std::io;
use std::net::TcpStream;
use std::os::fd::AsRawFd as _;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use daytona_client::{Readiness, Watcher};

use super::handle::{Event, Handle, watch_socket};
use super::local::Local;
use super::thread_bound::ThreadBound;
use super::uv;

/// A socket that libuv watches. What it is known to be ready for is remembered, so that a
/// connection in use needs no attempt that fails and no change of what is watched.
pub(super) struct SocketWatcher {
    watched: ThreadBound<Watched>,
}

struct Watched {
    handle: Handle,
    sides: Rc<RefCell<Sides>>,
    local: Rc<Local>,
}

struct Sides {
    read: Side,
    write: Side,
    /// The events that libuv looks for.
    events: c_int,
}

struct Side {
    is_ready: bool,
    waker: Option<Waker>,
    /// The turn that has found it not ready.
    cleared_in: u64,
}

impl Side {
    fn new() -> Self {
        Self { is_ready: true, waker: None, cleared_in: 0 }
    }
}

impl Sides {
    fn side(&mut self, readiness: Readiness) -> (&mut Side, c_int) {
        match readiness {
            Readiness::Read => (&mut self.read, uv::READABLE),
            Readiness::Write => (&mut self.write, uv::WRITABLE),
        }
    }

    /// Notes what happened, and which events to look for from now on.
    fn note(&mut self, status: c_int, events: c_int) {
        let events = if status < 0 { uv::READABLE | uv::WRITABLE } else { events };
        for readiness in [Readiness::Read, Readiness::Write] {
            let (side, event) = self.side(readiness);
            if events & event == 0 {
                continue;
            }
            // A socket can be written nearly always, and one that nobody reads stays readable.
            let is_of_use = readiness == Readiness::Read && !side.is_ready;
            side.is_ready = true;
            if let Some(waker) = side.waker.take() {
                waker.wake();
            }
            if !is_of_use {
                self.events &= !event;
            }
        }
    }
}

impl SocketWatcher {
    pub(super) fn new(local: &Rc<Local>, stream: &TcpStream) -> io::Result<Self> {
        let sides = Rc::new(RefCell::new(Sides { read: Side::new(), write: Side::new(), events: 0 }));
        let (noted, uv) = (Rc::clone(&sides), local.uv);
        let callback = move |event: &Event| {
            let mut sides = noted.borrow_mut();
            let before = sides.events;
            sides.note(event.status, event.events);
            if sides.events != before {
                event.look_for(uv, sides.events);
            }
        };
        let handle = watch_socket(uv, &local.open, local.event_loop, stream.as_raw_fd(), callback);
        let handle = handle.map_err(|status| io::Error::from_raw_os_error(-status))?;
        Ok(Self { watched: ThreadBound::new(Watched { handle, sides, local: Rc::clone(local) }) })
    }
}

impl Watcher for SocketWatcher {
    fn poll_ready(&mut self, readiness: Readiness, context: &mut Context<'_>) -> Poll<()> {
        let Some(Watched { sides, local, .. }) = self.watched.get() else { return Poll::Pending };
        let mut sides = sides.borrow_mut();
        let (side, _) = sides.side(readiness);
        if side.is_ready || (local.is_behind() && side.cleared_in != local.turn()) {
            return Poll::Ready(());
        }
        match &mut side.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    fn clear_ready(&mut self, readiness: Readiness) {
        let Some(Watched { handle, sides, local }) = self.watched.get() else { return };
        let mut sides = sides.borrow_mut();
        let (side, event) = sides.side(readiness);
        side.is_ready = false;
        side.cleared_in = local.turn();
        if sides.events & event == 0 {
            sides.events |= event;
            handle.look_for(sides.events);
        }
    }
}
