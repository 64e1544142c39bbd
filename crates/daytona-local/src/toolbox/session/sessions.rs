//! The sessions of a toolbox.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use daytona_api::toolbox::session::Session as Description;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::super::cause::own_cause;
use super::super::log::Spool;
use super::super::process_group::ProcessGroup;
use super::super::table::Table;
use super::command::{Progress, SessionCommand, session_ended};
use super::shell::{Ending, SessionShell, ShellPlan};
use crate::response::Failure;

/// How long the processes of a deleted session may take to end by themselves.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long output may come after the end of all processes that were found.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

const ENDED: Progress = Progress::Abandoned("the session has ended");

/// All sessions, by their ids.
#[derive(Debug, Default)]
pub(in crate::toolbox) struct Sessions(Table<String, Session>);

impl Sessions {
    /// Starts a session with a new id.
    pub(super) fn create(&self, id: &str, plan: ShellPlan) -> Result<(), Failure> {
        let mut sessions = self.0.lock();
        if sessions.contains_key(id) {
            return Err(Failure::conflict("session already exists"));
        }
        let session = Session::start(plan).map_err(|error| {
            Failure::internal(format_args!("cannot start the session's shell: {}", own_cause(&error)))
        })?;
        sessions.insert(id.to_owned(), Arc::new(session));
        Ok(())
    }

    /// The session of an id.
    pub(super) fn find(&self, id: &str) -> Result<Arc<Session>, Failure> {
        self.0.find(id).ok_or_else(|| Failure::not_found("session not found"))
    }

    /// Takes a session out; nobody finds it any more.
    pub(super) fn remove(&self, id: &str) -> Result<Arc<Session>, Failure> {
        self.0.take(id).ok_or_else(|| Failure::not_found("session not found"))
    }

    /// All sessions, as clients see them.
    pub(super) fn describe(&self) -> Vec<Description> {
        self.0.lock().iter().map(|(id, session)| session.describe(id)).collect()
    }
}

/// A shell and the commands that it runs, one after the other.
#[derive(Debug)]
pub(super) struct Session {
    process: Arc<ProcessGroup>,
    spool: Arc<Spool>,
    commands: Mutex<Vec<Arc<SessionCommand>>>,
    queue: mpsc::UnboundedSender<Arc<SessionCommand>>,
    deleted: Arc<AtomicBool>,
    driver: Mutex<Option<JoinHandle<()>>>,
}

impl Session {
    fn start(plan: ShellPlan) -> io::Result<Self> {
        let (shell, spool) = SessionShell::start(plan)?;
        let (queue, commands) = mpsc::unbounded_channel();
        let (process, deleted) = (Arc::clone(shell.process()), Arc::new(AtomicBool::new(false)));
        let driver = tokio::spawn(drive(shell, commands, Arc::clone(&deleted)));
        let driver = Mutex::new(Some(driver));
        Ok(Self { process, spool, commands: Mutex::default(), queue, deleted, driver })
    }

    fn commands(&self) -> MutexGuard<'_, Vec<Arc<SessionCommand>>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a command at the end of the queue.
    pub(super) fn enqueue(
        &self,
        text: String,
        keeps_input_open: bool,
        echoes_input: bool,
    ) -> Result<Arc<SessionCommand>, Failure> {
        let spool = Arc::clone(&self.spool);
        let command = Arc::new(SessionCommand::new(text, keeps_input_open, echoes_input, spool));
        let mut commands = self.commands();
        self.queue.send(Arc::clone(&command)).map_err(|_| session_ended())?;
        commands.push(Arc::clone(&command));
        Ok(command)
    }

    /// The command of an id.
    pub(super) fn command(&self, id: &str) -> Result<Arc<SessionCommand>, Failure> {
        let commands = self.commands();
        let found = commands.iter().find(|command| command.id == id).cloned();
        found.ok_or_else(|| Failure::not_found("command not found"))
    }

    /// The session as clients see it.
    pub(super) fn describe(&self, id: &str) -> Description {
        let commands = self.commands().iter().map(|command| command.describe()).collect();
        Description { session_id: id.to_owned(), commands }
    }

    /// Ends all processes of the session, then its followers.
    pub(super) async fn end(&self) {
        self.deleted.store(true, Ordering::Relaxed);
        self.process.end(PATIENCE).await;
        let driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut driver) = driver
            && tokio::time::timeout(LAST_OUTPUT, &mut driver).await.is_err()
        {
            // A process that nobody knows to be of this session holds a pipe.
            driver.abort();
        }
        let commands = self.commands().clone();
        for command in commands {
            command.finish(ENDED).await;
        }
    }
}

/// Runs the commands of a session until its shell ends.
async fn drive(
    mut shell: SessionShell,
    mut queue: mpsc::UnboundedReceiver<Arc<SessionCommand>>,
    deleted: Arc<AtomicBool>,
) {
    let process = Arc::clone(shell.process());
    loop {
        let command = tokio::select! {
            biased;
            _ = process.ended() => break,
            command = queue.recv() => command,
        };
        let Some(command) = command else { return };
        let (end, shell_ended) = match shell.run(&command).await {
            Ok(Ending::Exited(code)) => (Progress::Ended(code), false),
            Ok(Ending::ShellEnded(_)) if deleted.load(Ordering::Relaxed) => (ENDED, true),
            Ok(Ending::ShellEnded(code)) => (Progress::Ended(code), true),
            Err(error) => {
                tracing::warn!(%error, "a command of a session could not be run");
                (Progress::Abandoned("the command could not be run"), false)
            }
        };
        command.finish(end).await;
        if shell_ended {
            break;
        }
    }
    queue.close();
    while let Some(command) = queue.recv().await {
        command.finish(ENDED).await;
    }
}
