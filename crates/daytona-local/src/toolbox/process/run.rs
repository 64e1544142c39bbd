//! Runs a program that reads its input from a pipe.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};

use super::super::environment::Changes;
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
        let (mut child, output) = match self.start() {
            Ok(started) => started,
            Err(error) => return Ok(Ending::NotStarted(error)),
        };
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let driven = drive(&mut child, output, self.input, &mut self.keeper);
        let ended = match self.timeout {
            Some(limit) => tokio::time::timeout(limit, driven).await,
            None => Ok(driven.await),
        };
        match ended {
            Ok(Ok(status)) => Ok(Ending::Finished { status, output: self.keeper.finish() }),
            Ok(Err(error)) => Ok(Ending::NotStarted(error)),
            Err(_) => {
                // The shell was not waited for yet, so its number still names
                // this group and no other, even when the shell is long dead.
                let only_background = group.is_some_and(has_ended);
                if let Some(group) = group
                    && let Err(error) = kill_process_group(group, Signal::KILL)
                {
                    tracing::warn!(%error, "a command that ran out of time could not be killed");
                }
                // The response need not wait until the kernel has cleaned up.
                tokio::spawn(async move { child.wait().await });
                Err(TimedOut { only_background })
            }
        }
    }

    /// Starts the program, both its outputs on one pipe so that their order is
    /// the order of writing. Nothing here needs code between fork and exec, so
    /// the standard library can use `posix_spawn`, which does not copy the
    /// toolbox's page tables.
    fn start(&self) -> io::Result<(Child, pipe::Receiver)> {
        let (reader, writer) = io::pipe()?;
        let mut command = Command::new(&self.program);
        self.environment.apply(command.as_std_mut());
        let child = command
            .args(&self.arguments)
            .current_dir(&self.cwd)
            // A shell believes this when it names the folder it is in; so a
            // folder reached through a link keeps the link's name.
            .env("PWD", &self.cwd)
            .envs(&self.envs)
            .stdin(Stdio::piped())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0)
            .spawn()?;
        Ok((child, pipe::Receiver::from_owned_fd(reader.into())?))
    }
}

/// Whether a child has ended, without waiting for it.
fn has_ended(child: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid(WaitId::Pid(child), options), Ok(Some(_)))
}

/// Feeds the input while the output is read, then waits for the program.
async fn drive(
    child: &mut Child,
    mut output: pipe::Receiver,
    input: String,
    keeper: &mut Keeper,
) -> io::Result<ExitStatus> {
    let stdin = child.stdin.take();
    let feed = async move {
        if let Some(mut stdin) = stdin {
            // A program that ends before the end of its input closes the pipe.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
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
    read.and(child.wait().await)
}
