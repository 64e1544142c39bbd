//! The terminals of a toolbox.

use std::sync::Arc;

use daytona_api::toolbox::pty::PtySessionInfo;

use super::super::table::Table;
use super::terminal::{Plan, Terminal};
use crate::response::Failure;

/// How many terminals a sandbox may have at once. Each takes descriptors of the toolbox
/// and a terminal of the system.
const MOST_TERMINALS: usize = 256;

/// All terminals, by their ids.
#[derive(Debug, Default)]
pub(in crate::toolbox) struct Terminals(Table<String, Terminal>);

impl Terminals {
    /// Adds a terminal with a new id.
    pub(super) fn add(&self, plan: Plan) -> Result<Arc<Terminal>, Failure> {
        let mut terminals = self.0.lock();
        if terminals.contains_key(&plan.id) {
            return Err(Failure::conflict(format_args!("PTY session with ID '{}' already exists", plan.id)));
        }
        if terminals.len() >= MOST_TERMINALS {
            return Err(Failure::bad_request(format_args!(
                "the sandbox has {MOST_TERMINALS} terminals, the most it may have. Delete one first"
            )));
        }
        let terminal = Arc::new(Terminal::new(plan));
        terminals.insert(terminal.id().to_owned(), Arc::clone(&terminal));
        Ok(terminal)
    }

    /// The terminal of an id.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Terminal>> {
        self.0.find(id)
    }

    /// Takes a terminal out; nobody finds it any more.
    pub(super) fn take(&self, id: &str) -> Option<Arc<Terminal>> {
        self.0.take(id)
    }

    /// Takes this terminal out, if it is there. Another one may have its id since.
    pub(super) fn remove(&self, terminal: &Arc<Terminal>) {
        self.0.take_this(terminal.id(), terminal);
    }

    /// All terminals, as clients see them.
    pub(super) fn describe(&self) -> Vec<PtySessionInfo> {
        self.0.lock().values().map(|terminal| terminal.describe()).collect()
    }
}
