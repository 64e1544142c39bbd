//! A command of a backend, whose output is read while it runs.

use std::sync::Arc;

use daytona_client::{LogChunk, TextDecoders};
use daytona_deepagents::{Backend, CommandOutput, ExecuteOptions, Failure};
use napi::bindgen_prelude::Env;
use napi_derive::napi;
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

use crate::call::{CallOptions, Promised, STREAM, call};
use crate::stream::LogText;

/// How many chunks of an output wait for JavaScript, each of about 64 KiB at most.
const WAITING: usize = 8;

/// A command of a backend, whose output is read while it runs.
#[napi]
pub struct CommandStream {
    backend: Backend,
    /// Taken by the command when it runs.
    sender: Arc<Mutex<Option<mpsc::Sender<LogChunk>>>>,
    receiver: Arc<Mutex<(mpsc::Receiver<LogChunk>, TextDecoders)>>,
}

impl CommandStream {
    pub(crate) fn new(backend: Backend) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self {
            backend,
            sender: Arc::new(Mutex::new(Some(sender))),
            receiver: Arc::new(Mutex::new((receiver, TextDecoders::default()))),
        }
    }
}

#[napi]
impl CommandStream {
    /// Runs the command, once, while `next()` is called for its output:
    /// `POST /process/session`, its `exec` and its logs over a WebSocket, and
    /// `DELETE /process/session/{sessionId}`. The command is killed when the signal is aborted.
    #[napi(ts_return_type = "Promise<CommandOutput>")]
    pub fn run(
        &self,
        env: Env,
        command: String,
        options: Value,
        call_options: Option<CallOptions>,
    ) -> Promised<CommandOutput> {
        let (backend, sender) = (self.backend.clone(), Arc::clone(&self.sender));
        call(&env, call_options, STREAM, |_| async move {
            // Dropped at the end in any case, which ends the output.
            let sender = sender.lock().await.take();
            let chunks = sender.unwrap_or_else(|| mpsc::channel(1).0);
            let options = ExecuteOptions::from_json(&options, backend.defaults())?;
            backend.execute_streaming(&command, options, chunks).await
        })
    }

    /// Returns the next chunk of the output, or null once the command has ended.
    #[napi(ts_return_type = "Promise<LogText | null>")]
    pub fn next(&self, env: Env, options: Option<CallOptions>) -> Promised<Option<LogText>> {
        let receiver = Arc::clone(&self.receiver);
        call(&env, options, STREAM, |_| async move {
            let mut receiver = receiver.lock().await;
            let (chunks, texts) = &mut *receiver;
            let text = loop {
                let Some(chunk) = chunks.recv().await else { break texts.finish() };
                if let Some(text) = texts.decode(chunk) {
                    break Some(text);
                }
            };
            Ok::<_, Failure>(text.map(LogText::from))
        })
    }
}
