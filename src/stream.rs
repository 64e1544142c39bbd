//! Streams of bytes between JavaScript and a sandbox. They are pulled one chunk at
//! a time, which provides backpressure.

use std::sync::Arc;

use daytona_client::{BodyStream, DownloadStream, Error, LogStream, Output, Text, TextChunk, UploadSink};
use napi::bindgen_prelude::Env;
use napi_derive::napi;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::bytes::download::Chunk;
use crate::bytes::upload::Given;
use crate::call::{CallOptions, Promised, STREAM, call};

/// The source of a stream.
pub(crate) enum Source {
    Body(Box<BodyStream>),
    Download(Box<DownloadStream>),
    Log(Box<LogStream>),
}

/// Stream of bytes from a sandbox. It is closed when it is garbage-collected, so that the exit of a
/// worker closes its streams.
#[napi]
pub struct ByteStream {
    source: Arc<Mutex<Option<Source>>>,
    closed: CancellationToken,
    size: Option<u64>,
}

/// Chunk of a stream.
#[napi(object, object_from_js = false)]
pub struct StreamChunk {
    /// `data` for a file; `stdout` or `stderr` for a log.
    #[napi(ts_type = "'data' | 'stdout' | 'stderr'")]
    pub channel: String,
    /// The bytes. A character may be split between two chunks.
    #[napi(ts_type = "Uint8Array")]
    pub data: Chunk,
}

impl From<DownloadStream> for ByteStream {
    fn from(download: DownloadStream) -> Self {
        let size = download.size();
        Self::new(Source::Download(Box::new(download)), size)
    }
}

impl From<BodyStream> for ByteStream {
    fn from(body: BodyStream) -> Self {
        let size = body.size();
        Self::new(Source::Body(Box::new(body)), size)
    }
}

impl From<LogStream> for ByteStream {
    fn from(log: LogStream) -> Self {
        Self::new(Source::Log(Box::new(log)), None)
    }
}

impl ByteStream {
    fn new(source: Source, size: Option<u64>) -> Self {
        Self { source: Arc::new(Mutex::new(Some(source))), closed: CancellationToken::new(), size }
    }
}

#[napi]
impl ByteStream {
    /// Total size in bytes, if the service announced it; otherwise null.
    #[napi(getter)]
    pub fn size(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "no file is near 2^53 bytes")]
        self.size.map(|size| size as f64)
    }

    /// Returns the next chunk.
    /// @param options A signal. The timeout is that of the call that opened the stream.
    /// @returns The chunk, or null at the end.
    /// @throws {DaytonaConnectionError} The connection broke before the end; the message contains
    /// the number of bytes received.
    /// @throws {DaytonaTimeoutError} The timeout of the stream passed.
    #[napi(ts_return_type = "Promise<StreamChunk | null>")]
    pub fn next(&self, env: Env, options: Option<CallOptions>) -> Promised<Option<StreamChunk>> {
        let (source, closed) = (Arc::clone(&self.source), self.closed.clone());
        call(&env, options, STREAM, |_| async move {
            let mut source = source.lock().await;
            tokio::select! {
                biased;
                () = closed.cancelled() => Ok(None),
                chunk = next_chunk(&mut source) => chunk,
            }
        })
    }

    /// Returns the next chunk of a log as a string, see `next`.
    /// @param options A signal. The timeout is that of the call that opened the stream.
    /// @returns The chunk, or null at the end.
    #[napi(ts_return_type = "Promise<LogText | null>")]
    pub fn next_text(&self, env: Env, options: Option<CallOptions>) -> Promised<Option<LogText>> {
        let (source, closed) = (Arc::clone(&self.source), self.closed.clone());
        call(&env, options, STREAM, |_| async move {
            let mut source = source.lock().await;
            let Some(Source::Log(log)) = source.as_mut() else { return Ok(None) };
            tokio::select! {
                biased;
                () = closed.cancelled() => Ok(None),
                text = log.next_text() => text.map(|text| text.map(LogText::from)),
            }
        })
    }

    /// Closes the connection. A pending `next()` resolves to null.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        self.closed.cancel();
        let source = Arc::clone(&self.source);
        call(&env, options, STREAM, |_| async move {
            source.lock().await.take();
            Ok::<_, Error>(())
        })
    }
}

impl Drop for ByteStream {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}

async fn next_chunk(source: &mut Option<Source>) -> Result<Option<StreamChunk>, Error> {
    let chunk = match source {
        None => return Ok(None),
        Some(Source::Body(body)) => body.next().await?.map(|data| ("data", data)),
        Some(Source::Download(download)) => download.next().await?.map(|data| ("data", data)),
        Some(Source::Log(log)) => log.next().await?.map(|chunk| (channel(chunk.output), chunk.data)),
    };
    Ok(chunk.map(|(channel, data)| StreamChunk { channel: channel.to_owned(), data: Chunk(data) }))
}

/// Chunk of a log, as a string.
#[napi(object, object_from_js = false)]
pub struct LogText {
    /// The output stream.
    #[napi(ts_type = "'stdout' | 'stderr'")]
    pub channel: String,
    /// The string.
    #[napi(ts_type = "string")]
    pub text: Text,
}

impl From<TextChunk> for LogText {
    fn from(chunk: TextChunk) -> Self {
        Self { channel: channel(chunk.output).to_owned(), text: chunk.text }
    }
}

fn channel(output: Output) -> &'static str {
    match output {
        Output::Stdout => "stdout",
        Output::Stderr => "stderr",
    }
}

/// Sink of bytes to a sandbox. It aborts its upload when it is garbage-collected before `finish()`.
#[napi]
pub struct ByteSink {
    sink: Arc<Mutex<Option<UploadSink>>>,
}

impl From<UploadSink> for ByteSink {
    fn from(sink: UploadSink) -> Self {
        Self { sink: Arc::new(Mutex::new(Some(sink))) }
    }
}

#[napi]
impl ByteSink {
    /// Writes a chunk. Resolves when the buffer has space for the next one.
    /// @param piece The bytes.
    /// @param options A signal. The timeout is that of the call that opened the sink.
    /// @throws The error of the upload, if it has failed.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn write(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Uint8Array")] piece: Given,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let (sink, piece) = (Arc::clone(&self.sink), piece.copy());
        call(&env, options, STREAM, |_| async move {
            match sink.lock().await.as_mut() {
                Some(sink) => sink.write(piece).await,
                None => Ok(()),
            }
        })
    }

    /// Ends the file. Resolves when the service has written it.
    /// @throws {DaytonaFileAccessDeniedError} The user has no permission to write the file.
    /// @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
    /// @throws {DaytonaConnectionError} The connection broke.
    /// @throws {DaytonaTimeoutError} The timeout of the upload passed.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn finish(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        let sink = Arc::clone(&self.sink);
        call(&env, options, STREAM, |_| async move {
            match sink.lock().await.take() {
                Some(sink) => sink.finish().await,
                None => Ok(()),
            }
        })
    }

    /// Aborts the upload, so that the service does not write an incomplete file.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self, env: Env, options: Option<CallOptions>) -> Promised<()> {
        let sink = Arc::clone(&self.sink);
        call(&env, options, STREAM, |_| async move {
            sink.lock().await.take();
            Ok::<_, Error>(())
        })
    }
}
