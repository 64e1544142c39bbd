//! The clients that are connected to a terminal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

/// How many chunks of output may wait for a client.
const WAITING: usize = 8;

/// How long a client may keep the others waiting.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many clients may be connected to one terminal.
const MOST_VIEWERS: usize = 32;

/// The clients of one terminal. Each gets the output from its connection on.
#[derive(Debug, Default)]
pub(super) struct Viewers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    connected: Vec<Entry>,
    /// Whether no more output comes.
    has_ended: bool,
}

/// A client, as the terminal sees it.
#[derive(Clone, Debug)]
struct Entry {
    sender: mpsc::Sender<Bytes>,
    is_slow: Arc<AtomicBool>,
}

/// The output for one client.
#[derive(Debug)]
pub(super) struct View {
    receiver: mpsc::Receiver<Bytes>,
    is_slow: Arc<AtomicBool>,
}

impl View {
    /// The next chunk; `None` after the last one, or when the client was too slow.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        self.receiver.recv().await
    }

    /// Whether output was left out because the client kept others waiting.
    pub(super) fn is_slow(&self) -> bool {
        self.is_slow.load(Ordering::Relaxed)
    }
}

impl Viewers {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects a client; `None` when there are too many.
    pub(super) fn connect(&self) -> Option<View> {
        let mut state = self.lock();
        state.connected.retain(|entry| !entry.sender.is_closed());
        if state.connected.len() >= MOST_VIEWERS {
            return None;
        }
        let (sender, receiver) = mpsc::channel(WAITING);
        let is_slow = Arc::<AtomicBool>::default();
        if !state.has_ended {
            state.connected.push(Entry { sender, is_slow: Arc::clone(&is_slow) });
        }
        Some(View { receiver, is_slow })
    }

    /// Sends output to all clients, or drops it when there are none. A client that does
    /// not read slows the program down, as a terminal does that is stopped; but it is
    /// disconnected when it keeps other clients waiting.
    pub(super) async fn send(&self, chunk: &Bytes) {
        let mut late = Vec::new();
        self.lock().connected.retain(|entry| match entry.sender.try_send(chunk.clone()) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                late.push(entry.clone());
                true
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        });
        for entry in late {
            self.send_late(&entry, chunk).await;
        }
    }

    async fn send_late(&self, entry: &Entry, chunk: &Bytes) {
        loop {
            match tokio::time::timeout(PATIENCE, entry.sender.reserve()).await {
                Ok(Ok(place)) => return place.send(chunk.clone()),
                Ok(Err(_gone)) => return,
                Err(_late) => {
                    let mut state = self.lock();
                    state.connected.retain(|other| !other.sender.is_closed());
                    if state.connected.len() > 1 {
                        entry.is_slow.store(true, Ordering::Relaxed);
                        state.connected.retain(|other| !other.sender.same_channel(&entry.sender));
                        return;
                    }
                }
            }
        }
    }

    /// Ends the output of all clients, after what they have not read yet.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.has_ended = true;
        state.connected.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills a client's queue.
    async fn fill(viewers: &Viewers) {
        for _ in 0..WAITING {
            viewers.send(&Bytes::from_static(b"x")).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_alone_slows_the_program_down_and_misses_nothing() {
        let viewers = Viewers::default();
        let mut view = viewers.connect().unwrap();
        fill(&viewers).await;
        let last = Bytes::from_static(b"last");
        let sent = viewers.send(&last);
        let read = async {
            tokio::time::sleep(PATIENCE * 3).await;
            for _ in 0..WAITING {
                assert_eq!(view.next().await.unwrap(), "x");
            }
            assert_eq!(view.next().await.unwrap(), "last");
        };
        tokio::join!(sent, read);
        viewers.end();
        assert!(view.next().await.is_none() && !view.is_slow());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_keeps_another_waiting_is_disconnected() {
        let viewers = Viewers::default();
        let mut slow = viewers.connect().unwrap();
        fill(&viewers).await;
        let mut quick = viewers.connect().unwrap();
        viewers.send(&Bytes::from_static(b"1")).await;
        viewers.send(&Bytes::from_static(b"2")).await;
        assert_eq!((quick.next().await.unwrap(), quick.next().await.unwrap()), ("1".into(), "2".into()));
        for _ in 0..WAITING {
            assert_eq!(slow.next().await.unwrap(), "x");
        }
        assert!(slow.next().await.is_none() && slow.is_slow());
    }

    #[tokio::test]
    async fn clients_that_left_make_room() {
        let viewers = Viewers::default();
        let views: Vec<View> = (0..MOST_VIEWERS).map(|_| viewers.connect().unwrap()).collect();
        assert!(viewers.connect().is_none());
        drop(views);
        assert!(viewers.connect().is_some());
        viewers.end();
        assert!(viewers.connect().unwrap().next().await.is_none());
    }
}
