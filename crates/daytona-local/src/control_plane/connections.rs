//! The connections of clients: how many there are, and how long one may be silent.
//!
//! Whoever can reach the port can connect, with a key or without. So each
//! connection that carries no request is closed after a while, and there is a
//! limit on their number, below that on open files: sandboxes need descriptors
//! too. At the limit, new clients wait, one for each listener and the others in the
//! system's queue, and connections without a request are closed early to let them in. A request that is under
//! way, its response or a WebSocket may take as long as it likes.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustix::process::{Resource, getrlimit};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tower_service::Service as _;

use crate::request_body::RequestBody;

/// How long the head of a request may take to arrive, as at the service.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// How long a connection may be without a request, as at the service.
const IDLE_WITHIN: Duration = Duration::from_secs(70);

/// The same when others wait to be let in.
const CROWDED_WITHIN: Duration = Duration::from_secs(1);

/// How long to wait when the system has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How much of a body is read that nobody wants.
const LARGEST_UNWANTED_BODY: u64 = 64 * 1024 * 1024;

/// The connections to all listeners of a server.
#[derive(Debug)]
pub(super) struct Connections {
    places: Arc<Semaphore>,
    /// How many listeners wait for a place.
    crowded: watch::Sender<usize>,
}

impl Connections {
    pub(super) fn new() -> Self {
        let most = most_connections(getrlimit(Resource::Nofile).current);
        Self { places: Arc::new(Semaphore::new(most)), crowded: watch::Sender::new(0) }
    }

    /// Serves everyone who connects to a listener. Does not end.
    pub(super) async fn serve(&self, listener: TcpListener, router: Router) -> Infallible {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    // Otherwise small responses wait for the client's acknowledgement.
                    let _ignored = stream.set_nodelay(true);
                    let Some(place) = self.take_place().await else { continue };
                    tokio::spawn(serve_one(stream, place, router.clone(), self.crowded.subscribe()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Waits until one more connection is allowed; `None` never happens, because the
    /// semaphore is not closed.
    async fn take_place(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Some(place);
        }
        tracing::debug!("the limit on connections is reached");
        let _waiting = Waiting::begin(&self.crowded);
        Arc::clone(&self.places).acquire_owned().await.ok()
    }
}

/// Counts a listener as waiting until it has a place, or ends.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn begin(crowded: &'a watch::Sender<usize>) -> Self {
        crowded.send_modify(|waiting| *waiting += 1);
        Self(crowded)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

/// A quarter of the open files that the server may have: a connection needs
/// another one to the toolbox, and sandboxes need some each.
fn most_connections(most_files: Option<u64>) -> usize {
    let most_files = most_files.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    (most_files / 4).clamp(16, 4096)
}

async fn serve_one(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    router: Router,
    mut crowded: watch::Receiver<usize>,
) {
    let activity = Arc::new(Activity::new());
    let service = {
        let activity = Arc::clone(&activity);
        service_fn(move |request| respond(router.clone(), request, Arc::clone(&activity)))
    };
    let stream = Watched { stream, activity: Arc::clone(&activity), _place: place };
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection.with_upgrades());
    let mut has_news = true;
    loop {
        let is_crowded = *crowded.borrow_and_update() > 0;
        let Some(next_look) = activity.next_look(is_crowded) else { return };
        tokio::select! {
            ended = &mut connection => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            () = tokio::time::sleep_until(next_look) => {}
            changed = crowded.changed(), if has_news => has_news = changed.is_ok(),
        }
    }
}

async fn respond(
    mut router: Router,
    request: Request<Incoming>,
    activity: Arc<Activity>,
) -> Result<Response<Carried>, Infallible> {
    let busy = Busy::begin(activity);
    let (parts, body) = request.into_parts();
    let (body, rest) = RequestBody::new(body, &parts.headers, LARGEST_UNWANTED_BODY);
    let response = router.call(Request::from_parts(parts, Body::new(body))).await?;
    rest.read().await;
    Ok(response.map(|body| Carried { body, _busy: busy }))
}

/// What a connection does.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing, since then.
    Idle(Instant),
    /// The head of a request arrives, since then.
    Head(Instant),
    /// A request is under way.
    Busy,
}

#[derive(Debug)]
struct Activity(Mutex<State>);

impl Activity {
    fn new() -> Self {
        Self(Mutex::new(State::Idle(Instant::now())))
    }

    fn set(&self, state: State) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Bytes have arrived.
    fn received(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Idle(_) = *state {
            *state = State::Head(Instant::now());
        }
    }

    /// When to look at the connection again; `None` when its time is over.
    fn next_look(&self, is_crowded: bool) -> Option<Instant> {
        let state = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (since, limit) = match state {
            State::Idle(since) => (since, IDLE_WITHIN),
            State::Head(since) => (since, HEAD_WITHIN),
            State::Busy => return Some(now + HEAD_WITHIN),
        };
        let end = since + if is_crowded { CROWDED_WITHIN } else { limit };
        // An idle connection may be in the middle of a head before the end comes.
        (now < end).then(|| end.min(now + HEAD_WITHIN))
    }
}

/// A request under way, until its response is sent or dropped.
struct Busy(Arc<Activity>);

impl Busy {
    fn begin(activity: Arc<Activity>) -> Self {
        activity.set(State::Busy);
        Self(activity)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.set(State::Idle(Instant::now()));
    }
}

/// The body of a response.
struct Carried {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Carried {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection that tells when bytes arrive. It keeps its place for as long as
/// it is open, as a WebSocket too.
struct Watched {
    stream: TcpStream,
    activity: Arc<Activity>,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn descriptors_are_left_for_sandboxes() {
        assert_eq!(most_connections(Some(1024)), 256);
        assert_eq!(most_connections(Some(20)), 16);
        assert_eq!(most_connections(None), 4096);
    }

    async fn start() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let slow = || async {
            tokio::time::sleep(10 * IDLE_WITHIN).await;
            "done"
        };
        let router = Router::new().route("/", get("hello")).route("/slow", get(slow));
        tokio::spawn(async move { Connections::new().serve(listener, router).await });
        address
    }

    /// Sends bytes, and returns all that comes until the server closes, and when.
    async fn until_closed(address: SocketAddr, sent: &str) -> (String, Duration) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let (started, mut seen) = (Instant::now(), String::new());
        let _broken_off = stream.read_to_string(&mut seen).await;
        (seen, started.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_may_be_silent_for_a_while_only() {
        let address = start().await;
        for (sent, response, limit) in [
            ("", "", IDLE_WITHIN),
            ("GET / HTT", "", HEAD_WITHIN),
            ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", "hello", IDLE_WITHIN),
            ("GET / HTTP/1.1\r\nhost: a\r\n\r\nGET", "hello", IDLE_WITHIN),
        ] {
            let (seen, within) = until_closed(address, sent).await;
            assert!(seen.ends_with(response), "{sent:?}: {seen}");
            assert!(within >= HEAD_WITHIN && within <= limit + HEAD_WITHIN, "{sent:?}: {within:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_may_take_longer() {
        let address = start().await;
        let (seen, within) = until_closed(address, "GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert!(seen.ends_with("done"), "{seen}");
        assert!(within >= 10 * IDLE_WITHIN);
    }
}
