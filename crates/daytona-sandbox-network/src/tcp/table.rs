//! Which port at the listener stands for which connection.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use super::key::Key;
use crate::limits::{ENTRIES, IDLE_CLOSED};
use crate::packet::flag;

/// Ports that stand for connections.
const FIRST_PORT: u16 = 1024;

/// Connections by their key and by their port. `S` is the host's end, which waits
/// here until the listener has accepted the connection.
pub(super) struct Table<S> {
    ports: HashMap<Key, u16>,
    connections: HashMap<u16, Connection<S>>,
    /// Closed connections, in the order in which they may be forgotten.
    closed: VecDeque<(u16, Key)>,
    next: u16,
}

struct Connection<S> {
    key: Key,
    state: State<S>,
    /// When a packet was last seen.
    seen: Instant,
}

enum State<S> {
    /// The host is connecting.
    Connecting,
    /// The host has connected; the kernel's handshake in the sandbox is not over.
    Connected(S),
    /// Data is relayed.
    Relayed,
    /// The relay has ended. The kernel may still send what is in its buffers.
    Closed,
}

/// Where a packet belongs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// To the connection with this port at the listener.
    Open(u16),
    /// To a connection that the host is still making.
    Connecting,
    Unknown,
}

impl<S> Default for Table<S> {
    fn default() -> Self {
        Self { ports: HashMap::new(), connections: HashMap::new(), closed: VecDeque::new(), next: FIRST_PORT }
    }
}

impl<S> Table<S> {
    pub(super) fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Returns where a packet of a program in the sandbox belongs.
    pub(super) fn route(&mut self, key: Key, flags: u8) -> Entry {
        let Some(&port) = self.ports.get(&key) else { return Entry::Unknown };
        let Some(connection) = self.connections.get_mut(&port) else { return Entry::Unknown };
        connection.seen = Instant::now();
        let is_reset = flags & flag::RST != 0;
        let is_new = flags & (flag::SYN | flag::ACK) == flag::SYN;
        match connection.state {
            State::Connecting if is_reset => self.remove(port, key),
            State::Connecting => return Entry::Connecting,
            // The program uses the same port again.
            State::Closed if is_new => self.remove(port, key),
            _ => return Entry::Open(port),
        }
        Entry::Unknown
    }

    /// Returns the connection to which a packet of the listener belongs.
    pub(super) fn program_of(&mut self, port: u16) -> Option<Key> {
        let connection = self.connections.get_mut(&port)?;
        connection.seen = Instant::now();
        Some(connection.key)
    }

    /// Adds a connection that the host is making, and returns its port. `None` when
    /// the table is full of connections that are open.
    pub(super) fn insert(&mut self, key: Key, now: Instant) -> Option<u16> {
        if self.connections.len() >= ENTRIES {
            let (port, key) = self.closed.pop_front()?;
            self.remove_closed(port, key);
        }
        // Ends: there are more ports than entries.
        while self.connections.contains_key(&self.next) {
            self.next = following(self.next);
        }
        let port = self.next;
        self.next = following(port);
        self.ports.insert(key, port);
        self.connections.insert(port, Connection { key, state: State::Connecting, seen: now });
        Some(port)
    }

    /// Keeps the host's end until the connection is accepted. Returns whether the
    /// program still wants the connection.
    pub(super) fn connected(&mut self, port: u16, key: Key, outside: S) -> bool {
        match self.find(port, key) {
            Some(connection @ Connection { state: State::Connecting, .. }) => {
                connection.state = State::Connected(outside);
                connection.seen = Instant::now();
                true
            }
            _ => false,
        }
    }

    /// Returns the host's end of a connection that the listener accepted.
    pub(super) fn accepted(&mut self, port: u16) -> Option<(Key, S)> {
        let connection = self.connections.get_mut(&port)?;
        match std::mem::replace(&mut connection.state, State::Relayed) {
            State::Connected(outside) => Some((connection.key, outside)),
            other => {
                connection.state = other;
                None
            }
        }
    }

    /// Marks a connection as closed. Its packets are still translated.
    pub(super) fn close(&mut self, port: u16, key: Key) {
        if let Some(connection) = self.find(port, key) {
            connection.state = State::Closed;
            connection.seen = Instant::now();
            self.closed.push_back((port, key));
        }
    }

    /// Removes a connection.
    pub(super) fn remove(&mut self, port: u16, key: Key) {
        if self.find(port, key).is_some() {
            self.connections.remove(&port);
            if self.ports.get(&key) == Some(&port) {
                self.ports.remove(&key);
            }
        }
    }

    fn find(&mut self, port: u16, key: Key) -> Option<&mut Connection<S>> {
        self.connections.get_mut(&port).filter(|connection| connection.key == key)
    }

    fn remove_closed(&mut self, port: u16, key: Key) {
        if self.find(port, key).is_some_and(|connection| matches!(connection.state, State::Closed)) {
            self.remove(port, key);
        }
    }

    /// Forgets connections that are closed, or that the sandbox never completed,
    /// and have had no packets for a while.
    pub(super) fn forget(&mut self, now: Instant) {
        let abandoned: Vec<(u16, Key)> = self
            .connections
            .iter()
            .filter(|(_, connection)| {
                matches!(connection.state, State::Connected(_) | State::Closed)
                    && now.saturating_duration_since(connection.seen) >= IDLE_CLOSED
            })
            .map(|(port, connection)| (*port, connection.key))
            .collect();
        for (port, key) in abandoned {
            self.remove(port, key);
        }
        let connections = &self.connections;
        self.closed.retain(|(port, key)| {
            connections
                .get(port)
                .is_some_and(|connection| connection.key == *key && matches!(connection.state, State::Closed))
        });
    }
}

fn following(port: u16) -> u16 {
    port.checked_add(1).unwrap_or(FIRST_PORT)
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
