//! On other systems, calls run on the thread of the runtime.

use std::sync::{Arc, Weak};

use daytona_client::Task;
use napi::bindgen_prelude::{Env, Result};
use tokio::runtime::Handle as Runtime;

use super::Inbox;

/// There is none.
pub(crate) enum NodeLoop {}

impl NodeLoop {
    /// Returns `None`.
    pub(crate) fn of(_env: &Env, _runtime: &Runtime, _inbox: Weak<dyn Inbox>) -> Result<Option<Arc<Self>>> {
        Ok(None)
    }

    /// Cannot be called.
    pub(crate) fn spawn(&self, _task: Task) {
        match *self {}
    }
}

/// There are none.
pub(crate) fn drop_all_tasks() {}
