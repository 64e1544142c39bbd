//! How the control plane connects to a toolbox.
//!
//! A toolbox has no address. The control plane makes each connection as a pair of
//! sockets, and sends one of them over a channel that only the toolbox has. So nobody
//! else can connect: no other sandbox, and no program of the host.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::UnixStream;

/// The control plane's end of a channel.
#[derive(Debug)]
pub struct Connector {
    socket: AsyncFd<OwnedFd>,
}

/// The toolbox's end of a channel.
#[derive(Debug)]
pub struct Acceptor {
    socket: AsyncFd<OwnedFd>,
}

/// Creates a channel. The second end is passed to the process of the toolbox, which
/// makes an [`Acceptor`] of it.
///
/// # Errors
/// When the system cannot create more sockets.
pub fn channel() -> io::Result<(Connector, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (near, far) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    Ok((Connector { socket: watch(near, Interest::WRITABLE)? }, far))
}

fn watch(socket: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the socket is owned by the result, which neither closes nor replaces it
    // while it is registered.
    Ok(unsafe { AsyncFd::register_with_interest(socket, interest) }?)
}

impl Connector {
    /// Connects to the toolbox.
    ///
    /// # Errors
    /// When the toolbox has ended, or the system cannot create more sockets.
    pub async fn connect(&self) -> io::Result<UnixStream> {
        let (near, far) = StdUnixStream::pair()?;
        near.set_nonblocking(true)?;
        far.set_nonblocking(true)?;
        self.socket
            .async_io(Interest::WRITABLE, |socket| {
                let descriptors = [far.as_fd()];
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
                let mut message = SendAncillaryBuffer::new(&mut space);
                message.push(SendAncillaryMessage::ScmRights(&descriptors));
                // A message without content would be taken for the end.
                Ok(sendmsg(socket, &[IoSlice::new(&[0])], &mut message, SendFlags::NOSIGNAL)?)
            })
            .await?;
        UnixStream::from_std(near)
    }
}

impl Acceptor {
    /// Makes use of an end of a channel.
    ///
    /// # Errors
    /// When it is not a socket that can be watched.
    pub fn new(end: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&end, true)?;
        Ok(Self { socket: watch(end, Interest::READABLE)? })
    }

    /// Waits for the next connection.
    ///
    /// # Errors
    /// `UnexpectedEof` when the control plane has closed its end; another error when a
    /// connection could not be accepted.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        let socket = self
            .socket
            .async_io(Interest::READABLE, |socket| {
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
                let mut message = RecvAncillaryBuffer::new(&mut space);
                let mut content = [0];
                let flags = RecvFlags::CMSG_CLOEXEC;
                let received = recvmsg(socket, &mut [IoSliceMut::new(&mut content)], &mut message, flags)?;
                if received.bytes == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                let descriptors = message.drain().filter_map(|message| match message {
                    RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
                    _ => None,
                });
                // The kernel leaves the descriptor out when this process has too many.
                descriptors.flatten().next().ok_or_else(|| rustix::io::Errno::MFILE.into())
            })
            .await?;
        UnixStream::from_std(StdUnixStream::from(socket))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn each_connection_is_separate_and_the_end_is_seen() {
        let (connector, end) = channel().unwrap();
        let acceptor = Acceptor::new(end).unwrap();
        for text in ["first", "second"] {
            let mut near = connector.connect().await.unwrap();
            let mut far = acceptor.accept().await.unwrap();
            near.write_all(text.as_bytes()).await.unwrap();
            drop(near);
            let mut seen = String::new();
            far.read_to_string(&mut seen).await.unwrap();
            assert_eq!(seen, text);
        }
        drop(connector);
        assert_eq!(acceptor.accept().await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn connecting_to_a_toolbox_that_ended_fails() {
        let (connector, end) = channel().unwrap();
        drop(end);
        assert!(connector.connect().await.is_err());
    }
}
