//! The pieces of the body of an upload, as they are sent.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;

use super::content::{Content, ContentSource, Loss};
use super::progress::Progress;

/// Size of a chunk of the body in bytes.
pub(crate) const CHUNK: usize = 256 * 1024;
/// How many bytes of a source are read at once. A source may be read on a thread
/// that has other things to do: this many are copied in a fraction of a millisecond.
const READ: usize = 512 * 1024;
/// How many bytes are read before they are needed, so that the connection does not
/// wait for the source.
const AHEAD: usize = 6 * READ;
/// How many reads are under way at most, however small they are.
const READS: usize = 64;

/// A piece of a body.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// Text between the contents.
    Frame(Bytes),
    /// The content of the file with this path.
    Content(Arc<str>, Content),
}

impl Piece {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Frame(bytes) => bytes.len() as u64,
            Self::Content(_, content) => content.size(),
        }
    }

    /// Returns the bytes, unless they have to be read from a source.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Frame(bytes) | Self::Content(_, Content::Bytes(bytes)) => Some(bytes),
            Self::Content(_, Content::Source(_)) => None,
        }
    }
}

/// A body that consists of pieces.
pub(crate) struct Pieces {
    /// What nobody has started to read.
    planned: VecDeque<Planned>,
    /// What is read, or being read, in order.
    ahead: VecDeque<Read>,
    /// The size of `ahead`.
    ahead_size: usize,
    left: u64,
    loss: Loss,
    progress: Progress,
}

/// The rest of a piece.
enum Planned {
    Bytes(Bytes),
    Source { path: Arc<str>, source: Arc<dyn ContentSource>, offset: u64 },
}

enum Read {
    Done(Bytes),
    Pending { path: Arc<str>, length: usize, bytes: oneshot::Receiver<Result<Bytes, String>> },
}

impl Read {
    fn length(&self) -> usize {
        match self {
            Self::Done(bytes) => bytes.len(),
            Self::Pending { length, .. } => *length,
        }
    }
}

impl Pieces {
    pub(crate) fn new(pieces: &[Piece], loss: Loss, progress: Progress) -> Self {
        let planned = pieces.iter().filter(|piece| piece.size() > 0).map(|piece| match piece {
            Piece::Frame(bytes) | Piece::Content(_, Content::Bytes(bytes)) => Planned::Bytes(bytes.clone()),
            Piece::Content(path, Content::Source(source)) => {
                Planned::Source { path: Arc::clone(path), source: Arc::clone(source), offset: 0 }
            }
        });
        let left = pieces.iter().map(Piece::size).sum();
        Self { planned: planned.collect(), ahead: VecDeque::new(), ahead_size: 0, left, loss, progress }
    }

    /// Starts the next reads.
    fn read_ahead(&mut self) {
        while self.ahead_size < AHEAD && self.ahead.len() < READS {
            let Some(planned) = self.planned.front_mut() else { return };
            let (read, is_over) = planned.read();
            self.ahead_size += read.length();
            self.ahead.push_back(read);
            if is_over {
                self.planned.pop_front();
            }
        }
    }

    /// Waits for the first read and returns its bytes, which stay the first.
    fn poll_first(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Some(first) = self.ahead.front_mut() else { return Poll::Ready(None) };
        if let Read::Pending { path, length, bytes } = first {
            let read = ready!(Pin::new(bytes).poll(context));
            let read = read.unwrap_or_else(|_| Err("is gone with the program that owned it".to_owned()));
            let read = read.and_then(|bytes| {
                let is_whole = bytes.len() == *length;
                if is_whole { Ok(bytes) } else { Err("was not read as a whole".to_owned()) }
            });
            match read {
                Ok(bytes) => *first = Read::Done(bytes),
                Err(reason) => return Poll::Ready(Some(Err(self.loss.record(path, reason)))),
            }
        }
        Poll::Ready(match first {
            Read::Done(bytes) => Some(Ok(bytes.clone())),
            Read::Pending { .. } => None,
        })
    }

    fn remove_first(&mut self) {
        if let Some(first) = self.ahead.pop_front() {
            self.ahead_size -= first.length();
        }
    }

    /// Returns the next chunk. Combines part headers and small files that are ready.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let mut chunk = Vec::new();
        loop {
            self.read_ahead();
            match self.poll_first(context) {
                Poll::Ready(Some(Ok(bytes))) if chunk.is_empty() && bytes.len() >= CHUNK => {
                    self.remove_first();
                    return Poll::Ready(Some(Ok(bytes)));
                }
                Poll::Ready(Some(Ok(bytes))) if chunk.len() + bytes.len() <= CHUNK => {
                    chunk.reserve(if chunk.is_empty() { CHUNK } else { 0 });
                    chunk.extend_from_slice(&bytes);
                    self.remove_first();
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Pending if chunk.is_empty() => return Poll::Pending,
                Poll::Ready(None) if chunk.is_empty() => return Poll::Ready(None),
                _ => return Poll::Ready(Some(Ok(chunk.into()))),
            }
        }
    }
}

impl Planned {
    /// Starts to read as much as is read at once, and returns whether that is all.
    fn read(&mut self) -> (Read, bool) {
        match self {
            Self::Bytes(bytes) => {
                let read = bytes.split_to(bytes.len().min(CHUNK));
                (Read::Done(read), bytes.is_empty())
            }
            Self::Source { path, source, offset } => {
                let length = usize::try_from(source.size() - *offset).unwrap_or(READ).min(READ);
                let bytes = Arc::clone(source).read(*offset, length);
                *offset += length as u64;
                (Read::Pending { path: Arc::clone(path), length, bytes }, *offset >= source.size())
            }
        }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let chunk = ready!(self.poll_chunk(context));
        if let Some(Ok(chunk)) = &chunk {
            self.left -= chunk.len() as u64;
        }
        self.progress.advance(self.is_end_stream());
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.planned.is_empty() && self.ahead.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    /// Content that fails at an offset.
    struct Failing(Bytes, usize);

    impl ContentSource for Failing {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }

        fn read(self: Arc<Self>, offset: u64, length: usize) -> oneshot::Receiver<Result<Bytes, String>> {
            let start = usize::try_from(offset).unwrap();
            let read = self.0.slice(start..start + length);
            let is_lost = start + length > self.1;
            let (sender, receiver) = oneshot::channel();
            sender.send(if is_lost { Err("is gone".to_owned()) } else { Ok(read) }).unwrap();
            receiver
        }
    }

    fn numbers(length: usize) -> Bytes {
        (0..length).map(|index| u8::try_from(index % 251).unwrap()).collect::<Vec<_>>().into()
    }

    fn piece(content: Content) -> Piece {
        Piece::Content("a".into(), content)
    }

    #[tokio::test]
    async fn a_body_is_chunked_without_loss_and_has_a_known_length() {
        let content = numbers(CHUNK * 3 + 5);
        let source = Content::Source(Arc::new(Failing(numbers(READ * 6 + 7), usize::MAX)));
        let pieces = [
            Piece::Frame(Bytes::from_static(b"head")),
            piece(content.clone().into()),
            piece(Bytes::new().into()),
            piece(source),
            Piece::Frame(Bytes::from_static(b"end")),
        ];
        // A repeated request reads everything again.
        for _ in 0..2 {
            let body = Pieces::new(&pieces, Loss::default(), Progress::default());
            let length = body.size_hint().exact().unwrap();
            let joined = body.collect().await.unwrap().to_bytes();
            assert_eq!(joined.len() as u64, length);
            let wanted = [&b"head"[..], &content, &numbers(READ * 6 + 7), b"end"].concat();
            assert!(joined == wanted);
        }
    }

    #[tokio::test]
    async fn a_source_is_read_a_few_pieces_ahead_only() {
        let source = Content::Source(Arc::new(Failing(numbers(READ * 20), usize::MAX)));
        let mut body = Pieces::new(&[piece(source)], Loss::default(), Progress::default());
        while let Some(frame) = body.frame().await {
            assert!(frame.unwrap().data_ref().unwrap().len() <= READ);
            assert!(body.ahead_size <= AHEAD);
        }
    }

    #[tokio::test]
    async fn lost_content_fails_the_body_and_is_named() {
        let loss = Loss::default();
        let source = Content::Source(Arc::new(Failing(numbers(READ * 2), READ)));
        assert!(Pieces::new(&[piece(source)], loss.clone(), Progress::default()).collect().await.is_err());
        let error = loss.error().unwrap();
        assert_eq!(
            error.to_string(),
            "Could not write \"a\": its content is gone. The file may be incomplete in the sandbox"
        );
    }

    #[tokio::test]
    async fn bytes_are_sent_in_place() {
        let content = Bytes::from(vec![7_u8; CHUNK * 4]);
        let mut body = Pieces::new(&[piece(content.clone().into())], Loss::default(), Progress::default());
        let mut in_place = 0;
        while let Some(frame) = body.frame().await {
            let chunk = frame.unwrap().into_data().unwrap();
            assert!(content.as_ptr_range().contains(&chunk.as_ptr()));
            in_place += chunk.len();
        }
        assert_eq!(in_place, content.len());
    }
}
