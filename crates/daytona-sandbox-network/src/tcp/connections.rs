//! The connections of a sandbox, shared by the tasks that make and relay them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::table::Table;
use crate::limits::Permit;

/// The host's end of a connection.
pub(crate) struct Outside {
    pub(super) stream: TcpStream,
    pub(super) _permit: Permit,
}

/// The connections of a sandbox.
#[derive(Default)]
pub(crate) struct Connections {
    table: Mutex<Table<Outside>>,
    /// Notified when the table is no longer empty.
    pub(super) filled: Notify,
}

impl Connections {
    /// Returns the locked table. Must not be held across an await.
    pub(super) fn table(&self) -> MutexGuard<'_, Table<Outside>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
