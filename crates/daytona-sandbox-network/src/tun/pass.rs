//! Passing a link from the process that made it to the server.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};

use super::Link;

impl Link {
    /// The byte that carries the descriptors: a stream needs at least one.
    pub const MARK: u8 = 0;

    /// Sends the descriptors over a Unix socket, with one byte, and closes them
    /// here.
    ///
    /// # Errors
    /// When the socket cannot be written to.
    pub fn send(self, socket: impl AsFd) -> io::Result<()> {
        let descriptors = [self.device.as_fd(), self.listener.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
        sendmsg(socket, &[IoSlice::new(&[Self::MARK])], &mut control, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// Receives a link that [`Link::send`] sent. On a non-blocking socket, an error
    /// of the kind [`io::ErrorKind::WouldBlock`] means that it has not arrived yet.
    ///
    /// Call it before anything of the sandbox runs: the descriptors are trusted.
    ///
    /// # Errors
    /// When the socket cannot be read, was closed, or carried something else.
    pub fn receive(socket: impl AsFd) -> io::Result<Self> {
        let mut byte = [0];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received =
            recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
        let mut descriptors = control
            .drain()
            .filter_map(|message| match message {
                RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
                _ => None,
            })
            .flatten();
        match (received.bytes, descriptors.next(), descriptors.next()) {
            (1, Some(device), Some(listener)) => Ok(Self { device, listener }),
            (0, ..) => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "expected the descriptors of a network link"))
            }
        }
    }

    /// Returns the descriptors, device first, for a caller that passes them with
    /// others.
    #[must_use]
    pub fn into_descriptors(self) -> [OwnedFd; 2] {
        [self.device, self.listener]
    }

    /// Returns a link of descriptors from [`Link::into_descriptors`].
    #[must_use]
    pub fn from_descriptors([device, listener]: [OwnedFd; 2]) -> Self {
        Self { device, listener }
    }
}
