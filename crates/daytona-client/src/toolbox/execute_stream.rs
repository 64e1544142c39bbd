//! Commands that run once, and whose output is read while they run.

use std::pin::pin;

use bytes::BytesMut;
use daytona_api::Text;
use daytona_api::toolbox::process::{EXECUTE, ExecuteRequest};
use tokio::sync::mpsc;
use tokio::time::{timeout, timeout_at};

use super::kill::ARRIVAL;
use super::log_chunk::LogChunk;
use super::process::{ExecuteError, KILL_GRACE, OUTPUT_GRACE, of_command};
use super::session_command::{CommandLog, OwnedCommand, SessionCommand};
use super::wrapper::{self, Mark};
use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::Error;

/// The result of a command whose output was read while it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamedOutput {
    /// Standard output and standard error in the order in which they arrived. Of more
    /// than the limit, at least so many bytes are kept.
    pub output: Text,
    /// The exit code, if it is known.
    pub exit_code: Option<i32>,
}

impl Sandbox {
    /// Runs a shell script like [`Sandbox::execute_keeping_output`], and sends its
    /// output while it runs, in a session of its own. A slow receiver slows the
    /// output down. One that is dropped gets no more; the command runs on.
    ///
    /// # Errors
    /// The errors of [`Sandbox::execute`]; [`ErrorKind::Connection`] when the connection
    /// breaks while the command runs, which is killed then, and
    /// [`ErrorKind::SessionEnded`] when its session is deleted.
    ///
    /// [`ErrorKind::Connection`]: crate::ErrorKind::Connection
    /// [`ErrorKind::SessionEnded`]: crate::ErrorKind::SessionEnded
    pub async fn execute_streaming(
        &self,
        request: &ExecuteRequest,
        output_limit: Option<usize>,
        chunks: mpsc::Sender<LogChunk>,
        deadline: Deadline,
    ) -> Result<StreamedOutput, ExecuteError> {
        let mark = Mark::new();
        let text = wrapper::once(request, &mark)?;
        let command = SessionCommand {
            sandbox: self.clone(),
            session_id: format!("execute-{}", mark.id()),
            command_id: String::new(),
            mark,
            has_head: false,
        };
        let mut owned = OwnedCommand::start(command, text, deadline).await?;
        let log = match owned.command() {
            Some(command) => command.follow(deadline).await?,
            None => return Err(of_command(deadline.exceeded(EXECUTE.operation().name)).into()),
        };
        let mut run = Run { log, kept: Kept::new(output_limit), chunks };
        if let Ok(ended) = timeout_at(deadline.at(), run.finish()).await {
            let exit_code = ended?;
            owned.exited();
            return Ok(StreamedOutput { output: run.kept.into_text(), exit_code });
        }
        let kill = owned.kill(ARRIVAL.saturating_sub(deadline.elapsed()), KILL_GRACE);
        {
            let rest = pin!(timeout(OUTPUT_GRACE, run.finish()));
            let (ended, ()) = tokio::join!(rest, kill);
            if matches!(ended, Ok(Ok(_))) {
                owned.exited();
            }
        }
        let error = of_command(deadline.exceeded(EXECUTE.operation().name));
        let error = error.with_sandbox(self.id()).with_cost(0, deadline.elapsed());
        Err(ExecuteError { error, output: Some(run.kept.into_text()) })
    }
}

/// A command on its way to its end.
struct Run {
    log: CommandLog,
    kept: Kept,
    chunks: mpsc::Sender<LogChunk>,
}

impl Run {
    /// Sends the output on until the command has exited, and returns the exit code. May
    /// be dropped and called again.
    async fn finish(&mut self) -> Result<Option<i32>, Error> {
        loop {
            // First the space for a chunk, so that none is lost when this is dropped.
            let space = self.chunks.reserve().await.ok();
            let Some(chunk) = self.log.next().await? else { break };
            self.kept.push(&chunk.data);
            if let Some(space) = space {
                space.send(chunk);
            }
        }
        Ok(self.log.end().flatten())
    }
}

/// What is kept of an output.
struct Kept {
    bytes: BytesMut,
    limit: usize,
}

impl Kept {
    fn new(limit: Option<usize>) -> Self {
        // One more shows that there was more, and a character has up to four bytes.
        Self { bytes: BytesMut::new(), limit: limit.map_or(usize::MAX, |limit| limit.saturating_add(5)) }
    }

    fn push(&mut self, data: &[u8]) {
        let space = self.limit - self.bytes.len().min(self.limit);
        self.bytes.extend_from_slice(&data[..data.len().min(space)]);
    }

    /// Decodes the output as the service does: each byte that is not UTF-8 becomes
    /// U+FFFD.
    fn into_text(self) -> Text {
        let bytes = Vec::from(self.bytes);
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => return text.into(),
            Err(error) => error.into_bytes(),
        };
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
        }
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_decoded_like_that_of_the_service() {
        let text = |limit, pieces: &[&[u8]]| {
            let mut kept = Kept::new(limit);
            pieces.iter().for_each(|piece| kept.push(piece));
            String::from(kept.into_text())
        };
        assert_eq!(text(None, &[b"a\xc3", b"\xa9\xff\xe2\x82z"]), "a\u{e9}\u{fffd}\u{fffd}\u{fffd}z");
        assert_eq!(text(Some(2), &[b"abc", b"defghij"]), "abcdefg");
    }
}
