//! The log of a command in responses, in the form that a client understands.

use std::fmt::{self, Display, Formatter};
use std::io;

use axum::response::{IntoResponse as _, Response};
use daytona_api::toolbox::session::{Command, SessionExecuteResponse};
use http::StatusCode;
use serde::{Serialize, Serializer};

use super::super::log::Snapshot;
use super::super::long_response::{json, respond};
use super::super::text;
use super::streams::{Splitter, Stream};
use super::version::OutputForm;
use crate::response;

/// What of a log is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Marked,
    Combined,
    Only(Stream),
}

/// A part of a log as text, read only while it is written somewhere.
#[derive(Clone, Debug)]
struct LogText {
    log: Snapshot,
    part: Part,
}

impl LogText {
    /// Hands the bytes on, piece by piece.
    fn pieces<Failed: From<io::Error>>(
        &self,
        mut each: impl FnMut(&[u8]) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        if self.part == Part::Marked {
            return self.log.pieces(each);
        }
        let mut splitter = Splitter::default();
        let mut wanted = |stream, bytes: &[u8]| {
            if self.part == Part::Combined || self.part == Part::Only(stream) { each(bytes) } else { Ok(()) }
        };
        self.log.pieces(|piece| splitter.feed(piece, &mut wanted))?;
        splitter.finish(wanted)
    }
}

/// Formatting knows one kind of failure only.
struct Unreadable;

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        tracing::warn!(%error, "a log could not be read");
        Self
    }
}

impl From<fmt::Error> for Unreadable {
    fn from(_: fmt::Error) -> Self {
        Self
    }
}

impl Display for LogText {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let mut characters = text::LossyPieces::default();
        let written = self.pieces(|bytes| {
            characters.feed(bytes, |text| formatter.write_str(text).map_err(Unreadable::from))
        });
        written.map_err(|Unreadable| fmt::Error)?;
        characters.finish(|text| formatter.write_str(text))
    }
}

impl Serialize for LogText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// [`daytona_api::toolbox::session::SessionCommandLogsResponse`], its texts
/// still in the log.
#[derive(Serialize)]
struct Logs {
    output: LogText,
    stdout: LogText,
    stderr: LogText,
}

/// [`SessionExecuteResponse`], its texts still in the log.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Executed {
    cmd_id: String,
    output: LogText,
    stdout: Option<LogText>,
    stderr: Option<LogText>,
    exit_code: i32,
}

/// The response to a command that was only started.
pub(super) fn started(id: String) -> Response {
    let response = SessionExecuteResponse { cmd_id: id, ..SessionExecuteResponse::default() };
    response::json(StatusCode::ACCEPTED, &response)
}

/// The response to a command that has ended.
pub(super) fn executed(command: Command, exit_code: i32, log: Snapshot, form: OutputForm) -> Response {
    let text = |part| LogText { log: log.clone(), part };
    let only = |stream| (form == OutputForm::Split).then(|| text(Part::Only(stream)));
    let length = log.length();
    json(
        length,
        Executed {
            cmd_id: command.id,
            output: text(if form == OutputForm::Combined { Part::Combined } else { Part::Marked }),
            stdout: only(Stream::Stdout),
            stderr: only(Stream::Stderr),
            exit_code,
        },
    )
}

/// The response to a request for a log.
pub(super) fn logs(log: Snapshot, form: OutputForm) -> Response {
    let length = log.length();
    let part = match form {
        OutputForm::Split => {
            let text = |part| LogText { log: log.clone(), part };
            let (stdout, stderr) = (Part::Only(Stream::Stdout), Part::Only(Stream::Stderr));
            let logs = Logs { output: text(Part::Marked), stdout: text(stdout), stderr: text(stderr) };
            return json(length, logs);
        }
        OutputForm::Combined if length == 0 => return StatusCode::OK.into_response(),
        OutputForm::Combined => Part::Combined,
        OutputForm::Marked => Part::Marked,
    };
    let text = LogText { log, part };
    respond("text/plain; charset=utf-8", length, move |to| text.pieces(|bytes| to.write_all(bytes)))
}

#[cfg(test)]
mod tests {
    use daytona_api::toolbox::session::{EXECUTE, GET_COMMAND_LOGS};
    use http_body_util::BodyExt as _;
    use serde_json::Value;

    use super::super::super::log::{Log, Spool};
    use super::*;

    fn log_of(content: &[u8]) -> Snapshot {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(Spool::create(folder.path()).unwrap());
        log.begin();
        log.append(content);
        log.snapshot().unwrap()
    }

    async fn body(response: Response) -> Vec<u8> {
        response.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    fn keys(body: &[u8]) -> Vec<String> {
        let value: Value = serde_json::from_slice(body).unwrap();
        value.as_object().unwrap().keys().cloned().collect()
    }

    #[tokio::test]
    async fn responses_have_the_fields_of_their_wire_types() {
        let sorted = |fields: Vec<&str>| {
            let mut fields: Vec<String> = fields.into_iter().map(str::to_owned).collect();
            fields.sort_unstable();
            fields
        };
        let logs = body(logs(log_of(b""), OutputForm::Split)).await;
        assert_eq!(keys(&logs), sorted((GET_COMMAND_LOGS.output_fields)()));
        let executed = body(executed(Command::default(), 0, log_of(b""), OutputForm::Combined)).await;
        assert_eq!(keys(&executed), sorted((EXECUTE.output_fields)()));
    }

    #[tokio::test]
    async fn a_long_log_is_streamed_and_the_same() {
        let line = "\x01\x01\x01out \u{e9}\n\x02\x02\x02err\n".repeat(8000);
        let streamed: Value =
            serde_json::from_slice(&body(logs(log_of(line.as_bytes()), OutputForm::Split)).await).unwrap();
        assert!(streamed["output"] == line);
        assert!(streamed["stdout"] == "out \u{e9}\n".repeat(8000));
        assert!(streamed["stderr"] == "err\n".repeat(8000));
        let combined = body(logs(log_of(line.as_bytes()), OutputForm::Combined)).await;
        assert!(combined == "out \u{e9}\nerr\n".repeat(8000).as_bytes());
    }
}
