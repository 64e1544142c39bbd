//! What identifies a connection.

use std::net::SocketAddr;

/// A connection as the sandbox sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The end in the sandbox.
    pub(crate) program: SocketAddr,
    pub(crate) remote: SocketAddr,
}
