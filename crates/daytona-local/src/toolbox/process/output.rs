//! The output of a one-shot command: a little of it in memory, the rest in a file.

use std::fmt::{self, Display, Formatter};
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use axum::response::Response;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::super::cause::own_cause;
use super::super::client::Client;
use super::super::log::{Log, Snapshot, Spool};
use super::super::long_response::json;
use super::super::text::LossyPieces;
use super::charts::Filter;
use crate::response::Failure;

/// How much of an output is kept in memory.
const IN_MEMORY: usize = 128 * 1024;

/// Collects the output of a program while it runs.
#[derive(Debug)]
pub(super) struct Keeper {
    client: Client,
    /// Takes charts out, when the program may print some.
    filter: Option<Filter>,
    kept: Kept,
}

#[derive(Debug)]
struct Kept {
    memory: Vec<u8>,
    folder: PathBuf,
    /// What did not fit; `None` while everything does.
    rest: Option<io::Result<Log>>,
}

/// The whole output of a program.
#[derive(Debug)]
pub(super) struct Output {
    memory: Vec<u8>,
    rest: Option<io::Result<Log>>,
    pub(super) charts: Vec<Value>,
}

impl Keeper {
    /// Keeps output for a client, what is long in a file without a name in
    /// `folder`.
    pub(super) fn new(client: Client, folder: &Path, takes_charts: bool) -> Self {
        let kept = Kept { memory: Vec::new(), folder: folder.to_owned(), rest: None };
        Self { client, filter: takes_charts.then(Filter::default), kept }
    }

    /// Adds a piece.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        if self.client.check().is_err() {
            // The command runs on; nobody will ask for its output.
            self.kept.memory = Vec::new();
            self.kept.rest = None;
            return;
        }
        match &mut self.filter {
            Some(filter) => filter.feed(piece, |bytes| self.kept.append(bytes)),
            None => self.kept.append(piece),
        }
    }

    /// The program has ended and all of its output is there.
    pub(super) fn finish(mut self) -> Output {
        let filter = self.filter.take();
        let charts = filter.map(|filter| filter.finish(|bytes| self.kept.append(bytes)));
        let Kept { memory, rest, .. } = self.kept;
        Output { memory, rest, charts: charts.unwrap_or_default() }
    }
}

impl Kept {
    fn append(&mut self, bytes: &[u8]) {
        if self.rest.is_none() && self.memory.len() + bytes.len() <= IN_MEMORY {
            return self.memory.extend_from_slice(bytes);
        }
        let folder = &self.folder;
        if let Ok(log) = self.rest.get_or_insert_with(|| begin(folder)) {
            log.append(bytes);
        }
    }
}

fn begin(folder: &Path) -> io::Result<Log> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let log = Log::new(Spool::create(folder)?);
    log.begin();
    Ok(log)
}

impl Output {
    /// Adds what the toolbox has to say about it.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        match &self.rest {
            Some(Ok(log)) => log.append(bytes),
            Some(Err(_)) => {}
            None => self.memory.extend_from_slice(bytes),
        }
    }
}

impl From<String> for Output {
    fn from(text: String) -> Self {
        Self { memory: text.into_bytes(), rest: None, charts: Vec::new() }
    }
}

/// [`daytona_api::toolbox::process::ExecuteResponse`], its text still in the file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Executed {
    exit_code: Option<i32>,
    result: OutputText,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifacts: Option<Artifacts>,
}

/// [`daytona_api::toolbox::process::CodeRunArtifacts`].
#[derive(Serialize)]
struct Artifacts {
    charts: Vec<Value>,
}

/// An output as text, read only while it is sent.
struct OutputText {
    memory: Vec<u8>,
    rest: Option<Snapshot>,
}

impl OutputText {
    fn length(&self) -> u64 {
        self.memory.len() as u64 + self.rest.as_ref().map_or(0, Snapshot::length)
    }
}

impl Display for OutputText {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let mut characters = LossyPieces::default();
        characters.feed(&self.memory, |text| formatter.write_str(text))?;
        if let Some(rest) = &self.rest {
            rest.pieces(|piece| {
                characters
                    .feed(piece, |text| formatter.write_str(text).map_err(|_| io::Error::other("not sent")))
            })
            .map_err(|_| fmt::Error)?;
        }
        characters.finish(|text| formatter.write_str(text))
    }
}

impl Serialize for OutputText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The response to a command that has ended.
pub(super) fn respond(exit_code: Option<i32>, output: Output) -> Result<Response, Failure> {
    let not_kept = |error: io::Error| {
        Failure::internal(format_args!("the output cannot be kept: {}", own_cause(&error)))
    };
    let rest = match output.rest {
        Some(log) => Some(log.map_err(not_kept)?.snapshot().map_err(Failure::internal)?),
        None => None,
    };
    let artifacts = Some(Artifacts { charts: output.charts }).filter(|found| !found.charts.is_empty());
    let result = OutputText { memory: output.memory, rest };
    Ok(json(result.length(), Executed { exit_code, result, artifacts }))
}

#[cfg(test)]
mod tests {
    use daytona_api::toolbox::process::EXECUTE;
    use http_body_util::BodyExt as _;

    use super::*;

    async fn body(output: Output) -> Value {
        let response = respond(Some(0), output).unwrap();
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    #[tokio::test]
    async fn a_long_output_is_the_same_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (client, _presence) = Client::new();
        let mut keeper = Keeper::new(client, &folder.path().join("made"), false);
        let text = "0123456789 \u{e9}\n".repeat(IN_MEMORY / 4);
        for piece in text.as_bytes().chunks(10_007) {
            keeper.feed(piece);
        }
        assert!(keeper.kept.memory.len() <= IN_MEMORY && keeper.kept.rest.is_some());
        assert!(body(keeper.finish()).await["result"] == text);
    }

    #[tokio::test]
    async fn nothing_is_kept_for_a_client_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (client, presence) = Client::new();
        let mut keeper = Keeper::new(client, folder.path(), false);
        keeper.feed(&vec![b'x'; 2 * IN_MEMORY]);
        drop(presence);
        keeper.feed(b"x");
        assert!(keeper.kept.memory.is_empty() && keeper.kept.rest.is_none());
    }

    #[tokio::test]
    async fn the_response_has_the_fields_of_its_wire_type() {
        let mut output = Output::from("text".to_owned());
        output.charts.push(Value::Null);
        let body = body(output).await;
        let mut fields = (EXECUTE.output_fields)();
        // The name that services of long ago had for the exit code.
        fields.retain(|field| *field != "code");
        fields.sort_unstable();
        assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), fields);
    }
}
