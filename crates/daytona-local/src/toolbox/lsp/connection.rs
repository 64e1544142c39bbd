//! JSON-RPC with a language server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::framing;

/// Messages that wait for the server to read them.
const QUEUE: usize = 4;
/// Larger messages are parsed on another thread.
const LARGE: usize = 256 * 1024;
/// JSON-RPC: there is no such method.
const METHOD_NOT_FOUND: i32 = -32601;

/// Why a request has no result.
#[derive(Debug)]
pub(super) enum RequestError {
    /// The server returned an error.
    Refused(String),
    /// The server did not respond in time.
    TimedOut,
    /// The server has exited.
    Ended,
}

/// The client's end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    outgoing: mpsc::Sender<Vec<u8>>,
    requests: Arc<Requests>,
}

/// Requests without a response.
#[derive(Debug, Default)]
struct Requests(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    last: u64,
    /// Empty and closed once the server has exited.
    by_id: HashMap<u64, oneshot::Sender<Result<Value, String>>>,
    has_ended: bool,
}

impl Requests {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task of a connection's end that writes.
pub(super) struct Writing(mpsc::Receiver<Vec<u8>>);

impl Connection {
    /// Creates a connection. Its two tasks are [`Writing::run`] and [`Connection::read`].
    pub(super) fn new() -> (Self, Writing) {
        let (outgoing, queue) = mpsc::channel(QUEUE);
        (Self { outgoing, requests: Arc::default() }, Writing(queue))
    }

    /// Whether the server has exited.
    pub(super) fn has_ended(&self) -> bool {
        self.requests.lock().has_ended
    }

    /// Sends a request and waits for its result. Dropping the future cancels the request.
    pub(super) async fn request(
        &self,
        method: &str,
        params: Value,
        limit: Duration,
    ) -> Result<Value, RequestError> {
        let work = async {
            let (id, response) = {
                let mut waiting = self.requests.lock();
                if waiting.has_ended {
                    return Err(RequestError::Ended);
                }
                waiting.last += 1;
                let (sender, response) = oneshot::channel();
                let id = waiting.last;
                waiting.by_id.insert(id, sender);
                (id, response)
            };
            let _pending = Pending { connection: self, id };
            let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
            if self.send(&message).await.is_err() {
                tracing::debug!(method, "a language server reads no more: its output will tell why");
            }
            match response.await {
                Ok(result) => result.map_err(RequestError::Refused),
                Err(_) => Err(RequestError::Ended),
            }
        };
        timeout(limit, work).await.unwrap_or(Err(RequestError::TimedOut))
    }

    /// Sends a notification.
    pub(super) async fn notify(
        &self,
        method: &str,
        params: Value,
        limit: Duration,
    ) -> Result<(), RequestError> {
        let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        timeout(limit, self.send(&message)).await.unwrap_or(Err(RequestError::TimedOut))
    }

    async fn send(&self, message: &Value) -> Result<(), RequestError> {
        self.outgoing.send(framing::frame(message)).await.map_err(|_| RequestError::Ended)
    }

    /// Reads until the server exits or sends what is not a message; returns why.
    pub(super) async fn read(&self, mut output: impl AsyncBufRead + Unpin) -> Option<String> {
        loop {
            match framing::read(&mut output).await {
                Ok(Some(message)) => match parse(message).await {
                    Ok(message) => self.take(message),
                    Err(error) => return Some(format!("it sent a message that is not valid JSON: {error}")),
                },
                Ok(None) => return None,
                Err(error) => return Some(error.to_string()),
            }
        }
    }

    /// Fails the requests that wait, and all later ones.
    pub(super) fn end(&self) {
        let mut waiting = self.requests.lock();
        waiting.has_ended = true;
        waiting.by_id.clear();
    }

    fn take(&self, message: Value) {
        let Value::Object(mut message) = message else { return };
        let id = message.remove("id").unwrap_or_default();
        if let Some(method) = message.get("method").and_then(Value::as_str) {
            if !id.is_null() {
                let reply = reply(&id, method, message.get("params").unwrap_or(&Value::Null));
                // The server may wait for this end to read before it reads itself, so this
                // does not wait.
                if self.outgoing.try_send(framing::frame(&reply)).is_err() {
                    tracing::debug!(method, "a request of a language server was not answered");
                }
            }
            return;
        }
        let waiting = id.as_u64().and_then(|id| self.requests.lock().by_id.remove(&id));
        let Some(waiting) = waiting else { return };
        let result = match message.remove("error") {
            None | Some(Value::Null) => Ok(message.remove("result").unwrap_or_default()),
            Some(error) => Err(error["message"].as_str().unwrap_or("without a message").to_owned()),
        };
        // Fails when nobody waits any more.
        let _ignored = waiting.send(result);
    }
}

async fn parse(message: Vec<u8>) -> Result<Value, String> {
    let is_large = message.len() > LARGE;
    let parse = move || serde_json::from_slice(&message).map_err(|error| error.to_string());
    if !is_large {
        return parse();
    }
    tokio::task::spawn_blocking(parse).await.map_err(|error| error.to_string())?
}

impl Writing {
    /// Writes what is sent until the server closes its input or the connection is dropped.
    pub(super) async fn run(mut self, mut input: impl AsyncWrite + Unpin) {
        while let Some(message) = self.0.recv().await {
            if let Err(error) = input.write_all(&message).await {
                tracing::debug!(%error, "a language server closed its input");
                return;
            }
        }
    }
}

/// A request that is cancelled when nobody waits for it any more.
struct Pending<'a> {
    connection: &'a Connection,
    id: u64,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.connection.requests.lock().by_id.remove(&self.id).is_some() {
            let params = json!({"id": self.id});
            let message = json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": params});
            let _full = self.connection.outgoing.try_send(framing::frame(&message));
        }
    }
}

/// The response to a request of the server: there is no configuration, and nothing to ask a
/// user.
fn reply(id: &Value, method: &str, params: &Value) -> Value {
    let result = match method {
        "workspace/configuration" => {
            let count = params["items"].as_array().map_or(0, Vec::len);
            Value::Array(vec![Value::Null; count])
        }
        "client/registerCapability"
        | "client/unregisterCapability"
        | "window/showMessageRequest"
        | "window/workDoneProgress/create" => Value::Null,
        _ => {
            let error = json!({"code": METHOD_NOT_FOUND, "message": "not supported"});
            return json!({"jsonrpc": "2.0", "id": id, "error": error});
        }
    };
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}
