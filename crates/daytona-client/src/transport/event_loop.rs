//! Connections that live on the event loop of the host program.
//!
//! A call on a runtime with a thread of its own wakes two threads: that of the runtime and,
//! for the result, that of the caller. Without TLS, which is with a server on the same
//! machine, this takes as long as the rest. So the caller's event loop can poll its calls and
//! their connections itself. Timers, names, connecting and what blocks stay on the runtime.

use std::cmp;
use std::io::{self, Write as _};
use std::net::{Shutdown, TcpStream};
use std::pin::Pin;
use std::sync::Weak;
use std::task::{Context, Poll, ready};

use hyper::rt::Executor;
use hyper_util::rt::TokioExecutor;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is read at once, in bytes: what else waits for the event loop waits for it.
const READ_LIMIT: usize = 64 * 1024;

/// Something to poll until it ends.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An event loop of the host program.
pub trait EventLoop: Send + Sync {
    /// Polls a task on the loop until it ends, in the context of a runtime and after
    /// [`LoopConnections::enter`](super::loop_connections::LoopConnections::enter).
    fn spawn(&self, task: Task);

    /// Watches a socket, which stays open for as long as the watcher exists. Called while a
    /// task is polled.
    ///
    /// # Errors
    /// When the loop refuses the socket or has ended.
    fn watch(&self, socket: &TcpStream) -> io::Result<Box<dyn Watcher>>;
}

/// What a socket can be ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It has data, has ended or has failed.
    Read,
    /// It takes data, or has failed.
    Write,
}

/// Watches a socket. Used while tasks of its loop are polled.
pub trait Watcher: Send {
    /// Returns whether the socket may be ready. The task is woken once it may be.
    fn poll_ready(&mut self, readiness: Readiness, context: &mut Context<'_>) -> Poll<()>;

    /// Says that the socket was not ready.
    fn clear_ready(&mut self, readiness: Readiness);
}

/// Runs what drives connections: on the runtime, or on a loop.
#[derive(Clone)]
pub(super) enum ConnectionExecutor {
    Runtime(TokioExecutor),
    Loop(Weak<dyn EventLoop>),
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for ConnectionExecutor {
    fn execute(&self, task: F) {
        match self {
            Self::Runtime(runtime) => runtime.execute(task),
            // One that has ended has no calls either.
            Self::Loop(event_loop) => {
                if let Some(event_loop) = event_loop.upgrade() {
                    event_loop.spawn(Box::pin(task));
                }
            }
        }
    }
}

/// The socket of a connection that lives on a loop.
pub(super) struct LoopStream {
    // Before the socket, which is open for as long as somebody watches it.
    watcher: Box<dyn Watcher>,
    socket: TcpStream,
}

impl LoopStream {
    /// Takes a connection from the runtime.
    pub(super) fn new(event_loop: &Weak<dyn EventLoop>, stream: tokio::net::TcpStream) -> io::Result<Self> {
        let event_loop = event_loop.upgrade().ok_or_else(|| io::Error::other("the event loop has ended"))?;
        let socket = stream.into_std()?;
        Ok(Self { watcher: event_loop.watch(&socket)?, socket })
    }

    /// Reads or writes once the socket is ready for it.
    fn poll_io<T>(
        &mut self,
        readiness: Readiness,
        context: &mut Context<'_>,
        mut attempt: impl FnMut(&TcpStream) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        loop {
            ready!(self.watcher.poll_ready(readiness, context));
            match attempt(&self.socket) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.watcher.clear_ready(readiness);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }
}

impl AsyncRead for LoopStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = cmp::min(buffer.remaining(), READ_LIMIT);
        // SAFETY: only initialized bytes are written to it.
        let memory = unsafe { &mut buffer.unfilled_mut()[..room] };
        let length =
            ready!(self.poll_io(Readiness::Read, context, |socket| { SockRef::from(socket).recv(memory) }))?;
        // SAFETY: the system has written these bytes. To fill all of them with zeros before takes
        // as long as to receive them.
        unsafe { buffer.assume_init(length) };
        buffer.advance(length);
        // There was no more, so the next attempt would fail. An end is reported again.
        if length > 0 && length < room {
            self.watcher.clear_ready(Readiness::Read);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LoopStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_io(Readiness::Write, context, |mut socket| socket.write(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_io(Readiness::Write, context, |mut socket| socket.write_vectored(buffers))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.socket.shutdown(Shutdown::Write))
    }
}
