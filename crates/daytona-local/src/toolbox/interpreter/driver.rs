//! Runs what waits in a context, one after the other.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daytona_api::toolbox::interpreter::{INTERRUPTED, RunCodeMessage, control, message};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::sync::CancellationToken;

use super::boundary;
use super::worker::{Place, Said, Worker};

/// How long code that is interrupted may take to end. It is killed after that.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest message in bytes: some clients refuse 1 MiB.
const LONGEST_MESSAGE: usize = 1_000_000;

/// What a client hears of its run.
#[derive(Debug)]
pub(super) enum Event {
    /// A message, as JSON.
    Message(String),
    /// The end, and why.
    End { code: CloseCode, reason: String },
}

/// A code that waits for its turn.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) code: String,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) timeout: Option<Duration>,
    /// Nobody is there any more when this is closed, and the code runs on.
    pub(super) events: mpsc::Sender<Event>,
    /// The client has closed its connection: it does not want the run any more.
    pub(super) unwanted: CancellationToken,
}

/// Why a run is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    TimedOut,
    Unwanted,
}

/// How a run ended.
enum Ending {
    /// The interpreter is ready for the next one.
    Ended { code: CloseCode },
    /// The interpreter has to be killed, if it has not ended already.
    Lost { code: CloseCode, reason: &'static str },
}

/// Has the interpreter of a context.
pub(super) struct Driver {
    place: Place,
    worker: Option<Worker>,
    active: Arc<AtomicBool>,
    deleted: CancellationToken,
}

impl Driver {
    pub(super) fn new(
        place: Place,
        worker: Option<Worker>,
        active: Arc<AtomicBool>,
        deleted: CancellationToken,
    ) -> Self {
        Self { place, worker, active, deleted }
    }

    /// Runs what comes until the context is deleted.
    pub(super) async fn drive(mut self, mut runs: mpsc::Receiver<Run>) {
        loop {
            let run = tokio::select! {
                biased;
                () = self.deleted.cancelled() => break,
                run = runs.recv() => run,
                () = end_of(&mut self.worker) => {
                    self.discard().await;
                    continue;
                }
            };
            match run {
                Some(run) if run.unwanted.is_cancelled() => {}
                Some(run) => self.run(run).await,
                None => break,
            }
        }
        runs.close();
        while let Some(run) = runs.recv().await {
            let reason = "context shutdown".to_owned();
            // Those that are gone need not hear it.
            let _gone = run.events.try_send(Event::End { code: CloseCode::Away, reason });
        }
        self.discard().await;
    }

    async fn discard(&mut self) {
        self.active.store(false, Ordering::Relaxed);
        if let Some(worker) = self.worker.take() {
            worker.kill().await;
        }
    }

    async fn run(&mut self, run: Run) {
        let mut outlet = Outlet { events: run.events.clone(), waiting: VecDeque::new() };
        let mut worker = match self.worker.take() {
            Some(worker) => worker,
            None => match Worker::start(&self.place).await {
                Ok(worker) => worker,
                Err(reason) => return outlet.end(CloseCode::Error, &reason).await,
            },
        };
        self.active.store(true, Ordering::Relaxed);
        let ending = self.attend(&mut worker, &run, &mut outlet).await;
        self.worker = Some(worker);
        let (code, reason) = match ending {
            Ending::Ended { code } => (code, ""),
            Ending::Lost { code, reason } => {
                self.discard().await;
                (code, reason)
            }
        };
        outlet.end(code, reason).await;
    }

    /// Passes on what the interpreter says until the code has ended.
    async fn attend(&self, worker: &mut Worker, run: &Run, outlet: &mut Outlet) -> Ending {
        let mut limit = run.timeout.map(|timeout| Instant::now() + timeout);
        let mut started = false;
        let mut interrupted = None;
        if let Err(error) = worker.run(&run.code, &run.variables).await {
            return lost(interrupted, &error.to_string());
        }
        loop {
            let cause = tokio::select! {
                biased;
                () = reached(limit) => match interrupted {
                    None => Cause::TimedOut,
                    Some(_) => return lost(interrupted, "it did not end when it was interrupted"),
                },
                () = run.unwanted.cancelled(), if interrupted.is_none() => Cause::Unwanted,
                () = self.deleted.cancelled(), if interrupted.is_none() => Cause::Unwanted,
                () = outlet.send(), if !outlet.is_empty() => continue,
                said = worker.next(), if outlet.is_empty() => {
                    match said {
                        Ok(Some(Said::Started)) => {
                            started = true;
                            if interrupted.is_some() {
                                worker.interrupt();
                            }
                        }
                        Ok(Some(said)) => {
                            if let Some(code) = outlet.take(said, interrupted) {
                                return Ending::Ended { code };
                            }
                        }
                        Ok(None) => return lost(interrupted, "it ended"),
                        Err(error) => return lost(interrupted, &error.to_string()),
                    }
                    continue;
                }
            };
            interrupted = Some(cause);
            limit = Some(Instant::now() + PATIENCE);
            // Before it has begun, Python ignores it.
            if started {
                worker.interrupt();
            }
        }
    }
}

/// Waits until an interpreter without work ends. What threads of its code print
/// meanwhile is lost.
async fn end_of(worker: &mut Option<Worker>) {
    match worker {
        Some(worker) => while let Ok(Some(_)) = worker.next().await {},
        None => std::future::pending().await,
    }
}

async fn reached(limit: Option<Instant>) {
    match limit {
        Some(limit) => sleep_until(limit).await,
        None => std::future::pending().await,
    }
}

fn lost(interrupted: Option<Cause>, why: &str) -> Ending {
    tracing::debug!(why, "the interpreter of a context is ended");
    match interrupted {
        Some(_) => Ending::Lost { code: CloseCode::from(INTERRUPTED), reason: "" },
        None => Ending::Lost { code: CloseCode::Away, reason: "worker process ended" },
    }
}

/// What is on its way to the client of a run.
struct Outlet {
    events: mpsc::Sender<Event>,
    waiting: VecDeque<Event>,
}

impl Outlet {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes what the interpreter says, and returns the code for the end of the run.
    fn take(&mut self, said: Said, interrupted: Option<Cause>) -> Option<CloseCode> {
        match said {
            Said::Started => {}
            Said::Output { stream, text } => self.output(stream, &text),
            Said::Error { name, value, traceback } => self.put(&RunCodeMessage {
                kind: message::ERROR.to_owned(),
                name: name.into(),
                value: value.into(),
                traceback: traceback.into(),
                ..RunCodeMessage::default()
            }),
            Said::Completed => {
                self.control(control::COMPLETED);
                return Some(CloseCode::Normal);
            }
            Said::Interrupted => {
                // Some clients take this message for success.
                if interrupted != Some(Cause::TimedOut) {
                    self.control(control::INTERRUPTED);
                }
                return Some(CloseCode::from(INTERRUPTED));
            }
        }
        None
    }

    fn control(&mut self, text: &str) {
        self.put(&RunCodeMessage {
            kind: message::CONTROL.to_owned(),
            text: text.into(),
            ..RunCodeMessage::default()
        });
    }

    /// Adds output, in several messages when it is long.
    fn output(&mut self, stream: &str, text: &str) {
        let message =
            RunCodeMessage { kind: stream.to_owned(), text: text.into(), ..RunCodeMessage::default() };
        let middle = boundary(text, text.len() / 2);
        // An escape takes up to six bytes for one.
        if text.len() > LONGEST_MESSAGE / 6 && middle > 0 && json(&message).len() > LONGEST_MESSAGE {
            self.output(stream, &text[..middle]);
            self.output(stream, &text[middle..]);
        } else {
            self.put(&message);
        }
    }

    fn put(&mut self, message: &RunCodeMessage) {
        self.waiting.push_back(Event::Message(json(message)));
    }

    /// Hands on what waits, as fast as the client takes it. Nobody is there any more
    /// when that fails, and the run goes on.
    async fn send(&mut self) {
        while !self.waiting.is_empty() {
            match self.events.reserve().await {
                Ok(place) => {
                    if let Some(event) = self.waiting.pop_front() {
                        place.send(event);
                    }
                }
                Err(_) => self.waiting.clear(),
            }
        }
    }

    async fn end(mut self, code: CloseCode, reason: &str) {
        self.waiting.push_back(Event::End { code, reason: reason.to_owned() });
        self.send().await;
    }
}

fn json(message: &RunCodeMessage) -> String {
    // Cannot fail: a struct of strings.
    serde_json::to_string(message).unwrap_or_default()
}
