//! Replies of the scripted server.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use http::Response;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use serde_json::Value;

use super::socket::Socket;

pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;
type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, io::Error>> + Send>>;

/// The reply to one request.
#[derive(Clone)]
pub(crate) enum Reply {
    Scripted(Scripted),
    /// The response is sent a little later, so that requests of the same time overlap.
    Late(Scripted),
    /// The requests are answered one after another, each a little after the one before.
    OneByOne(Scripted),
    /// The request is read, and no response is sent.
    Silence,
    /// The request is read, and the connection is closed.
    Close,
    /// The connection becomes a WebSocket.
    Socket(Socket),
}

/// A response: head, chunks of a body, and how the body ends.
#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pieces: Vec<Bytes>,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Complete, with a content length.
    Whole,
    /// Complete, in the given chunks.
    Chunked,
    /// The connection is closed after the chunks.
    Cut,
    /// Nothing follows the chunks, and the connection stays open.
    Stuck,
    /// A space follows every few milliseconds, without end.
    Dribble,
}

impl From<Scripted> for Reply {
    fn from(response: Scripted) -> Self {
        Self::Scripted(response)
    }
}

impl Scripted {
    pub(crate) fn empty(status: u16) -> Self {
        Self::bytes(status, "", Bytes::new())
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json", body.to_string())
    }

    pub(crate) fn html(status: u16) -> Self {
        Self::bytes(status, "text/html; charset=utf-8", "<!doctype html><title>Welcome</title>")
    }

    pub(crate) fn bytes(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let response = Self { status, headers: Vec::new(), pieces: vec![body.into()], end: End::Whole };
        if content_type.is_empty() { response } else { response.header("content-type", content_type) }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends the body in chunks of this size, without a content length.
    pub(crate) fn in_chunks(mut self, size: usize) -> Self {
        let body = self.pieces.concat();
        self.pieces = body.chunks(size).map(Bytes::copy_from_slice).collect();
        self.end = End::Chunked;
        self
    }

    /// Sends the body in two chunks.
    pub(crate) fn split_at(mut self, index: usize) -> Self {
        let body = Bytes::from(self.pieces.concat());
        self.pieces = vec![body.slice(..index), body.slice(index..)];
        self.end = End::Chunked;
        self
    }

    pub(crate) fn then_cut(mut self) -> Self {
        self.end = End::Cut;
        self
    }

    pub(crate) fn then_stuck(mut self) -> Self {
        self.end = End::Stuck;
        self
    }

    pub(crate) fn then_dribble(mut self) -> Self {
        self.end = End::Dribble;
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        let body = if self.end == End::Whole {
            http_body_util::Full::new(Bytes::from(self.pieces.concat())).map_err(never).boxed_unsync()
        } else {
            StreamBody::new(frames(self.pieces, self.end)).boxed_unsync()
        };
        response.body(body).unwrap()
    }
}

fn never(impossible: Infallible) -> io::Error {
    match impossible {}
}

/// Returns each chunk as a frame, which is flushed before the next one.
fn frames(pieces: Vec<Bytes>, end: End) -> Frames {
    let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
    Box::pin(unfold(pieces, move |mut pieces| async move {
        if let Some(piece) = pieces.next() {
            tokio::task::yield_now().await;
            return Some((Ok(Frame::data(piece)), pieces));
        }
        match end {
            End::Whole | End::Chunked => None,
            End::Cut => {
                tokio::task::yield_now().await;
                Some((Err(io::Error::other("cut off, as scripted")), pieces))
            }
            End::Stuck => std::future::pending().await,
            End::Dribble => {
                tokio::time::sleep(Duration::from_millis(10)).await;
                Some((Ok(Frame::data(Bytes::from_static(b" "))), pieces))
            }
        }
    }))
}
