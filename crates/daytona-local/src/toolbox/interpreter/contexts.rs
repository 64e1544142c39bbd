//! The contexts of a toolbox.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use daytona_api::toolbox::interpreter::{DEFAULT_CONTEXT, InterpreterContext, LANGUAGE};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::table::Table;
use super::driver::{Driver, Run};
use super::worker::{Place, Worker};
use crate::response::Failure;

/// The most contexts at a time. Each has a process.
const MOST_CONTEXTS: usize = 32;

/// The most runs that wait in a context.
const MOST_WAITING: usize = 128;

/// All contexts, by their ids.
#[derive(Default)]
pub(in crate::toolbox) struct Contexts(Table<String, Context>);

impl Contexts {
    /// Starts a context with a new id.
    pub(super) async fn create(&self, place: Place) -> Result<InterpreterContext, Failure> {
        self.check_room()?;
        let worker = Worker::start(&place).await.map_err(|reason| {
            Failure::internal(format_args!("cannot start the interpreter of the context: {reason}"))
        })?;
        let context = Context::new(Uuid::new_v4().to_string(), place, Some(worker));
        let description = context.describe();
        let mut contexts = self.0.lock();
        // Others may have been created meanwhile.
        has_room(&contexts)?;
        contexts.insert(context.id.clone(), Arc::new(context));
        Ok(description)
    }

    fn check_room(&self) -> Result<(), Failure> {
        has_room(&self.0.lock())
    }

    /// The context of an id. The default one is created when it is first asked for,
    /// and its process is started when it first runs code.
    pub(super) fn find(&self, id: &str, default: impl FnOnce() -> Place) -> Option<Arc<Context>> {
        let mut contexts = self.0.lock();
        if id == DEFAULT_CONTEXT && !contexts.contains_key(id) {
            let context = Context::new(id.to_owned(), default(), None);
            contexts.insert(id.to_owned(), Arc::new(context));
        }
        contexts.get(id).cloned()
    }

    /// Takes a context out; nobody finds it any more.
    pub(super) fn remove(&self, id: &str) -> Result<Arc<Context>, Failure> {
        self.0.take(id).ok_or_else(|| Failure::not_found("context not found"))
    }

    /// All contexts except the default one, as clients see them.
    pub(super) fn describe(&self) -> Vec<InterpreterContext> {
        let contexts = self.0.lock();
        let created = contexts.values().filter(|context| context.id != DEFAULT_CONTEXT);
        created.map(|context| context.describe()).collect()
    }
}

fn has_room(contexts: &BTreeMap<String, Arc<Context>>) -> Result<(), Failure> {
    let created = contexts.keys().filter(|id| *id != DEFAULT_CONTEXT).count();
    if created < MOST_CONTEXTS {
        return Ok(());
    }
    Err(Failure::conflict(format_args!(
        "{MOST_CONTEXTS} contexts exist already; delete one that is not needed"
    )))
}

/// A context: an interpreter and the runs that wait for it.
pub(super) struct Context {
    id: String,
    cwd: PathBuf,
    created: Timestamp,
    active: Arc<AtomicBool>,
    queue: mpsc::Sender<Run>,
    deleted: CancellationToken,
    driver: Mutex<Option<JoinHandle<()>>>,
}

impl Context {
    fn new(id: String, place: Place, worker: Option<Worker>) -> Self {
        let (queue, runs) = mpsc::channel(MOST_WAITING);
        let (active, deleted) = (Arc::new(AtomicBool::new(worker.is_some())), CancellationToken::new());
        let driver = Driver::new(place.clone(), worker, Arc::clone(&active), deleted.clone());
        let driver = Mutex::new(Some(tokio::spawn(driver.drive(runs))));
        Self { id, cwd: place.cwd, created: Timestamp::now(), active, queue, deleted, driver }
    }

    /// The context as clients see it.
    fn describe(&self) -> InterpreterContext {
        InterpreterContext {
            id: self.id.clone(),
            cwd: self.cwd.display().to_string(),
            created_at: format!("{:.3}", self.created),
            active: self.active.load(Ordering::Relaxed),
            language: LANGUAGE.to_owned(),
        }
    }

    /// Puts a run at the end of the queue. Gives it back when too many wait, or when the
    /// context is deleted.
    pub(super) fn enqueue(&self, run: Run) -> Result<(), mpsc::error::TrySendError<Run>> {
        self.queue.try_send(run)
    }

    /// Interrupts what runs, and ends the interpreter with everything that it started.
    pub(super) async fn end(&self) {
        self.deleted.cancel();
        let driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(driver) = driver
            && let Err(error) = driver.await
        {
            tracing::warn!(%error, "the interpreter of a context was lost");
        }
    }
}
