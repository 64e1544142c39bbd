//! Runs a program that reads its input from a pipe.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;

use super::super::environment::Changes;
use super::super::pipes;
use super::super::process_group::ProcessGroup;
use super::output::{Keeper, Output};

/// How much output is read at once.
const PIECE: usize = 32 * 1024;

/// A program and how to run it.
pub(super) struct Run {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    /// Fed to the program on its standard input.
    pub(super) input: String,
    pub(super) cwd: PathBuf,
    /// What the environment differs in from the toolbox's own.
    pub(super) environment: Arc<Changes>,
    /// Added to that environment.
    pub(super) envs: BTreeMap<String, String>,
    pub(super) timeout: Option<Duration>,
    /// Receives the output.
    pub(super) keeper: Keeper,
}

/// How a run ended.
pub(super) enum Ending {
    /// The program is gone and everybody has closed the output.
    Finished { status: ExitStatus, output: Output },
    /// There is no such program or working folder, or no room for a process.
    NotStarted(io::Error),
}

/// The time was over; the process group is killed.
pub(super) struct TimedOut {
    /// The program itself had ended: what it left in the background was waited for.
    pub(super) only_background: bool,
}

impl Run {
    /// Runs to the end. Dropping the future leaves the processes running, but
    /// nobody reads their output then: spawn it as a task of its own.
    pub(super) async fn finish(mut self) -> Result<Ending, TimedOut> {
        let (group, input, output) = match self.start() {
            Ok(started) => started,
            Err(error) => return Ok(Ending::NotStarted(error)),
        };
        let driven = drive(&group, input, output, self.input, &mut self.keeper);
        let ended = match self.timeout {
            Some(limit) => tokio::time::timeout(limit, driven).await,
            None => Ok(driven.await),
        };
        match ended {
            Ok(Ok(status)) => Ok(Ending::Finished { status, output: self.keeper.finish() }),
            Ok(Err(error)) => Ok(Ending::NotStarted(error)),
            Err(_) => {
                let only_background = matches!(group.status(), Ok(Some(_)));
                group.kill_group();
                // The response need not wait until the kernel has cleaned up.
                tokio::spawn(async move { group.ended().await });
                Err(TimedOut { only_background })
            }
        }
    }

    /// Starts the program, both its outputs on one pipe so that their order is
    /// the order of writing.
    fn start(&self) -> io::Result<(ProcessGroup, pipe::Sender, pipe::Receiver)> {
        let (stdin, input) = pipes::input()?;
        let (output, writer) = pipes::output()?;
        let mut command = self.environment.command(&self.program, &self.cwd);
        command.args(&self.arguments).envs(&self.envs);
        command.stdin(stdin).stdout(writer.try_clone()?).stderr(writer);
        Ok((ProcessGroup::spawn(command)?.outlived(), input, output))
    }
}

/// Feeds the input while the output is read, then waits for the program.
async fn drive(
    group: &ProcessGroup,
    mut input: pipe::Sender,
    mut output: pipe::Receiver,
    text: String,
    keeper: &mut Keeper,
) -> io::Result<ExitStatus> {
    let feed = async move {
        // A program that ends before the end of its input closes the pipe.
        let _ = input.write_all(text.as_bytes()).await;
    };
    let read = async {
        let mut piece = vec![0; PIECE];
        loop {
            match output.read(&mut piece).await? {
                0 => return Ok(()),
                length => keeper.feed(&piece[..length]),
            }
        }
    };
    let ((), read) = tokio::join!(feed, read);
    read.and(group.ended().await)
}
