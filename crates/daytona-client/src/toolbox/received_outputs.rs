//! What a handle of a program has received of its outputs, and not handed out yet.

use bytes::{Bytes, BytesMut};

use super::log_chunk::{LogChunk, Output};
use crate::error::{Error, ErrorKind};

/// How much of an output is kept in memory, in bytes, and one chunk more.
const BUFFER: usize = 1024 * 1024;

/// What was received of the log that all methods of a handle read.
#[derive(Default)]
pub(super) struct ReceivedOutputs {
    outputs: [Kept; 2],
    /// How the program ended, or why that will not be known here.
    end: Option<Result<Option<i32>, Broken>>,
    /// How often something was received.
    steps: u64,
}

/// What can be taken of an output.
pub(super) enum Taken {
    Data(Bytes),
    Nothing,
    /// The rest has to be read again.
    Behind,
    End,
    Broken(Error),
}

impl ReceivedOutputs {
    /// Adds what came next of the log, of which the exit code is known at its end.
    pub(super) fn add(&mut self, next: Result<Option<LogChunk>, Error>, exit_code: Option<Option<i32>>) {
        self.steps += 1;
        match next {
            Ok(Some(LogChunk { output, data })) => self.outputs[output.index()].add(&data),
            Ok(None) => self.end = Some(Ok(exit_code.flatten())),
            Err(error) => self.end = Some(Err(Broken::from(&error))),
        }
    }

    /// Ends what has not ended yet: how the program ends will not be known here.
    pub(super) fn detach(&mut self, sandbox_id: &str) {
        self.steps += 1;
        self.end.get_or_insert_with(|| {
            let message = "its handle was detached. Attach to it again by its id";
            let error = Error::new(ErrorKind::InvalidArgument, "wait for a process", message);
            Err(Broken::from(&error.with_sandbox(sandbox_id)))
        });
    }

    /// Takes what is kept of an output, or says why there is nothing.
    pub(super) fn take(&mut self, output: Output) -> Taken {
        let kept = &mut self.outputs[output.index()];
        if let Some(data) = kept.take() {
            return Taken::Data(data);
        }
        match (kept.state, &self.end) {
            (State::Closed, _) | (State::Kept, Some(Ok(_))) => Taken::End,
            (State::Behind, _) => Taken::Behind,
            (State::Kept, Some(Err(broken))) => Taken::Broken(broken.to_error()),
            (State::Kept, None) => Taken::Nothing,
        }
    }

    /// Returns how many bytes of an output were kept so far, with those that were taken.
    pub(super) fn kept(&self, output: Output) -> u64 {
        self.outputs[output.index()].received
    }

    /// Discards an output from now on.
    pub(super) fn close(&mut self, output: Output) {
        let kept = &mut self.outputs[output.index()];
        kept.state = State::Closed;
        kept.bytes = BytesMut::new();
    }

    /// Returns how the program ended, or why that will not be known here.
    pub(super) fn end(&self) -> Option<&Result<Option<i32>, Broken>> {
        self.end.as_ref()
    }

    /// Returns how often something was received.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// Returns whether the program has exited, and no output has to be read again.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.end, Some(Ok(_))) && self.outputs.iter().all(|kept| kept.state != State::Behind)
    }

    /// Returns why a program has not announced itself: what the script around it says.
    pub(super) fn reason(&self) -> Error {
        if let Some(Err(broken)) = &self.end {
            return broken.to_error();
        }
        let said = self.outputs.each_ref().map(|kept| &*kept.bytes).concat();
        let message = match String::from_utf8_lossy(&said).trim() {
            "" => "the shell of the sandbox did not run it".to_owned(),
            said => said.to_owned(),
        };
        Error::new(ErrorKind::BadRequest, "start a process", message)
    }
}

/// Whether an output is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Kept,
    /// Nothing more is kept: nobody has read what is kept already.
    Behind,
    /// Nobody will read it.
    Closed,
}

/// What is kept of an output.
#[derive(Default)]
struct Kept {
    bytes: BytesMut,
    /// How many bytes were kept so far, with those that were read.
    received: u64,
    state: State,
}

impl Kept {
    fn add(&mut self, data: &[u8]) {
        if self.state == State::Kept && self.bytes.len() >= BUFFER {
            self.state = State::Behind;
        }
        if self.state == State::Kept {
            self.received += data.len() as u64;
            self.bytes.extend_from_slice(data);
        }
    }

    fn take(&mut self) -> Option<Bytes> {
        (!self.bytes.is_empty()).then(|| self.bytes.split().freeze())
    }
}

/// An error that every method returns from now on.
pub(super) struct Broken {
    kind: ErrorKind,
    operation: String,
    message: String,
    sandbox_id: Option<String>,
}

impl From<&Error> for Broken {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind(),
            operation: error.operation().to_owned(),
            message: error.message().to_owned(),
            sandbox_id: error.sandbox_id().map(str::to_owned),
        }
    }
}

impl Broken {
    pub(super) fn to_error(&self) -> Error {
        let error = Error::new(self.kind, self.operation.clone(), self.message.clone());
        match &self.sandbox_id {
            Some(id) => error.with_sandbox(id),
            None => error,
        }
    }
}
