//! `GET /files/watch`: changes of a file or folder, over a WebSocket.
//!
//! Changes wait in the kernel while the client does not read, and there is a limit
//! to them: the client is told that it has missed some.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::response::Response;
use daytona_api::toolbox::files::FileEvents;
use futures_util::{SinkExt as _, StreamExt as _};
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::super::web_socket::{Socket, Upgrade, close, finish_closing};
use super::super::{Call, Toolbox};
use super::watched_tree::{LARGEST_TREE, State, WatchedTree};
use super::{blocking, failure};
use crate::response::Failure;

/// How many watches a sandbox may have at one time: the kernel counts them for all
/// programs of a user.
const MOST_WATCHES: usize = 32;
/// How long the second half of a move may take to follow the first.
const MOVE_TIME: Duration = Duration::from_millis(20);

/// The watches of a toolbox.
#[derive(Clone, Debug, Default)]
pub(in crate::toolbox) struct Watches(Arc<AtomicUsize>);

/// One of them, until it is dropped.
struct Watch(Watches);

impl Watches {
    fn begin(&self) -> Result<Watch, Failure> {
        let watch = Watch(self.clone());
        if self.0.fetch_add(1, Ordering::Relaxed) < MOST_WATCHES {
            return Ok(watch);
        }
        Err(Failure::conflict(format_args!(
            "{MOST_WATCHES} watches are open, which is the most for a sandbox. Close one of them"
        )))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        (self.0).0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Watches a file or folder until the client leaves, or until it is gone.
pub(in super::super) async fn watch(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let target = toolbox.wanted(&call, "path")?;
    let is_recursive = call.query.bytes("recursive") == b"true";
    let Some(upgrade) = Upgrade::asked(&mut call)? else {
        return Err(Failure::bad_request("files are watched over a WebSocket"));
    };
    let watch = toolbox.watches.begin()?;
    let tree = blocking(move |client| {
        let given = target.given.clone();
        WatchedTree::open(target, is_recursive, &|| client.check()).map_err(|error| {
            match Errno::from_io_error(&error) {
                Some(Errno::NOSPC) => Failure::conflict(format_args!(
                    "{} has more folders than can be watched, which are {LARGEST_TREE} at most. Watch a part of it",
                    given.display()
                )),
                Some(Errno::MFILE) => Failure::conflict("the system has no more watches for this user"),
                _ => failure(&given, &error),
            }
        })
    });
    let tree = tree.await?;
    Ok(upgrade.switch(move |socket| async move {
        report(socket, tree).await;
        drop(watch);
    }))
}

/// Sends changes until there is nothing to watch any more.
async fn report(mut socket: Socket, mut tree: WatchedTree) {
    // SAFETY: the descriptor is owned by what is registered, so it stays open, and is the
    // same, until the registration is dropped.
    let changes = match unsafe { AsyncFd::register_with_interest(tree.queue(), Interest::READABLE) } {
        Ok(changes) => changes,
        Err(error) => return close(socket, CloseCode::Error, &error.to_string()).await,
    };
    // Tells the client that nothing is missed from now on.
    let mut events = Some(FileEvents::default());
    loop {
        if let Some(events) = events.take()
            && send(&mut socket, &events).await.is_err()
        {
            return;
        }
        if tree.state() == State::Gone {
            return close(socket, CloseCode::Normal, "").await;
        }
        let is_settled = tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Close(_))) => return finish_closing(socket).await,
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
            is_settled = ready(&changes, tree.state()) => is_settled,
        };
        let read = tokio::task::spawn_blocking(move || {
            let events = tree.read(is_settled);
            (tree, events)
        });
        match read.await {
            Ok((same, Ok(read))) => {
                tree = same;
                events = (!read.is_empty()).then_some(FileEvents { events: read });
            }
            Ok((_, Err(error))) => return close(socket, CloseCode::Error, &error.to_string()).await,
            Err(error) => return close(socket, CloseCode::Error, &error.to_string()).await,
        }
    }
}

/// Waits for changes. Returns whether none came in the time in which the second half of
/// a move follows the first.
async fn ready(changes: &AsyncFd<Arc<OwnedFd>>, state: State) -> bool {
    let readable = async {
        if let Ok(mut guard) = changes.readable().await {
            // All of them are read before this is asked again.
            guard.clear_ready();
        }
    };
    match state {
        State::More => false,
        State::Moving => tokio::time::timeout(MOVE_TIME, readable).await.is_err(),
        State::Watching | State::Gone => {
            readable.await;
            false
        }
    }
}

async fn send(socket: &mut Socket, events: &FileEvents) -> Result<(), ()> {
    let text = serde_json::to_string(events).map_err(drop)?;
    socket.send(Message::text(text)).await.map_err(drop)
}
