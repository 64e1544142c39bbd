//! Bodies of requests that are read to their end, also when nobody wants them.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long to wait for more of a body that nobody wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// The body of a request.
///
/// A response may be ready before the body has arrived: when a route does not
/// exist, say. If the server closed the connection then, many clients would see
/// a connection that breaks off instead of the response. So when this is
/// dropped early, the rest is read in the background, up to a limit, and the
/// response waits for that: see [`Rest`].
#[derive(Debug)]
pub(crate) struct RequestBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    /// `None` at the end.
    body: Option<B>,
    /// The client sends nothing before it is told to, which reading does.
    waits: bool,
    limit: u64,
    is_draining: Arc<AtomicBool>,
    /// Dropped when nothing more is read.
    drained: Option<oneshot::Sender<()>>,
}

/// The rest of a body, which is read before the response is sent.
#[derive(Debug)]
pub(crate) struct Rest {
    is_draining: Arc<AtomicBool>,
    drained: oneshot::Receiver<()>,
}

impl Rest {
    /// Waits until the rest of a body that was dropped is read.
    pub(crate) async fn read(self) {
        if self.is_draining.load(Ordering::Acquire) {
            // An error is the end: the sender is dropped.
            let _ended = self.drained.await;
        }
    }
}

impl<B> RequestBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    /// Wraps the body of a request with these headers. At most `limit` bytes that
    /// nobody wants are read.
    pub(crate) fn new(body: B, headers: &HeaderMap, limit: u64) -> (Self, Rest) {
        let waits = headers.contains_key(header::EXPECT);
        let is_draining = Arc::new(AtomicBool::new(false));
        let (sender, drained) = oneshot::channel();
        let rest = Rest { is_draining: Arc::clone(&is_draining), drained };
        (Self { body: Some(body), waits, limit, is_draining, drained: Some(sender) }, rest)
    }
}

impl<B> Body for RequestBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.waits = false;
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B> Drop for RequestBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    fn drop(&mut self) {
        let Some(body) = self.body.take() else { return };
        if self.waits || body.is_end_stream() {
            return;
        }
        // There is no runtime while the program ends.
        if let Ok(runtime) = Handle::try_current() {
            self.is_draining.store(true, Ordering::Release);
            let (limit, drained) = (self.limit, self.drained.take());
            runtime.spawn(async move {
                drain(body, limit).await;
                drop(drained);
            });
        }
    }
}

async fn drain<B: Body<Data = Bytes> + Unpin>(mut body: B, limit: u64) {
    let mut left = limit;
    while let Ok(Some(Ok(frame))) = timeout(PATIENCE, body.frame()).await {
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
