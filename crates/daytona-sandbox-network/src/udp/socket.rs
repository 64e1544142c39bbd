//! Connected UDP sockets of the host.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use rustix::net::{RecvFlags, recv};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Returns a socket that receives from one address alone. Does not block: no packet
/// is sent.
pub(super) fn connect(target: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr =
        if target.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = std::net::UdpSocket::bind((any, 0))?;
    socket.connect(target)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// Waits until a datagram or an error has arrived. Errors do not make a socket
/// readable.
pub(super) async fn ready(socket: &UdpSocket) -> io::Result<()> {
    socket.ready(Interest::READABLE | Interest::ERROR).await.map(drop)
}

/// Receives a datagram, or the error of an earlier one, without waiting.
pub(super) fn try_receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<usize> {
    let mut receive = || Ok(recv(socket, &mut *buffer, RecvFlags::DONTWAIT).map(|(length, _)| length)?);
    // One after the other: each forgets that the socket was ready in its own way.
    match socket.try_io(Interest::READABLE, &mut receive) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => socket.try_io(Interest::ERROR, receive),
        result => result,
    }
}
