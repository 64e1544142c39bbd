//! The process of a context: Python, and what it is asked and says.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use daytona_api::toolbox::interpreter::message;
use memchr::memchr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use tokio::time::{Instant, timeout, timeout_at};

use super::super::cause::cause;
use super::super::environment::Changes;
use super::super::pipes;
use super::super::process_group::ProcessGroup;

/// The program of the process.
const PROGRAM: &str = include_str!("worker.py");

const PYTHON: &str = "python3";

/// How long Python may take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// The longest line with the lengths of fields.
const LONGEST_HEAD: usize = 128;

/// The longest message: a text of 256 Ki characters, and the lines of a traceback.
const LONGEST_MESSAGE: usize = 4 * 1024 * 1024;

/// How much is read at once.
const PIECE: usize = 32 * 1024;

/// How long output may come after the end of the process.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// What a worker says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It has begun with the code, and can be interrupted.
    Started,
    /// Output of the code: `stdout` or `stderr`.
    Output { stream: &'static str, text: String },
    /// The code ended with an exception.
    Error { name: String, value: String, traceback: String },
    /// The run is over.
    Completed,
    /// The run is over: the code was interrupted.
    Interrupted,
}

/// A running Python, killed with everything that it started when this is dropped.
pub(super) struct Worker {
    process: ProcessGroup,
    input: pipe::Sender,
    output: pipe::Receiver,
    /// What was read and not understood yet.
    read: Vec<u8>,
    /// Until when output is waited for, once the process has ended.
    ends: Option<Instant>,
}

/// Where interpreters of a context run.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) cwd: PathBuf,
    pub(super) environment: Arc<Changes>,
}

impl Worker {
    /// Starts Python in a folder and waits until it is ready.
    pub(super) async fn start(place: &Place) -> Result<Self, String> {
        let cwd = &place.cwd;
        if !cwd.is_dir() {
            return Err(format!("the working directory {} is not a folder of the sandbox", cwd.display()));
        }
        let mut worker = Self::spawn(place).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!(
                "{PYTHON} is not installed. The local server runs code with the programs of this machine: \
                 install Python 3.7 or later"
            ),
            _ => format!("could not start {PYTHON}: {}", cause(&error)),
        })?;
        match timeout(STARTS_WITHIN, worker.ready()).await {
            Ok(Ok(true)) => Ok(worker),
            Ok(Ok(false)) => Err(match worker.process.ended().await {
                Ok(status) => format!("{PYTHON} ended when it was started: {}", describe(status)),
                Err(error) => format!("{PYTHON} ended when it was started: {error}"),
            }),
            Ok(Err(error)) => Err(format!("{PYTHON} did not start as expected: {error}")),
            Err(_) => Err(format!("{PYTHON} did not start within {} s", STARTS_WITHIN.as_secs())),
        }
    }

    fn spawn(place: &Place) -> io::Result<Self> {
        let (input_end, input) = pipes::input()?;
        let (output, output_end) = pipes::output()?;
        // The program itself comes through the pipe: it would be the command line that users see.
        let load = format!("exec(open(0, 'rb', closefd=False).read({}))", PROGRAM.len());
        let mut command = place.environment.command(PYTHON, &place.cwd);
        command.args(["-u", "-c", &load]).stdin(input_end).stdout(output_end).stderr(Stdio::null());
        let process = ProcessGroup::spawn(command)?;
        Ok(Self { process, input, output, read: Vec::new(), ends: None })
    }

    async fn ready(&mut self) -> io::Result<bool> {
        self.input.write_all(PROGRAM.as_bytes()).await?;
        Ok(self.receive().await?.is_some_and(|fields| fields == ["ready"]))
    }

    /// Gives the worker a code to run.
    pub(super) async fn run(&mut self, code: &str, variables: &BTreeMap<String, String>) -> io::Result<()> {
        let pairs = variables.iter().flat_map(|(name, value)| [name.as_str(), value]);
        let fields: Vec<&str> = std::iter::once(code).chain(pairs).collect();
        let lengths: Vec<String> = fields.iter().map(|field| field.len().to_string()).collect();
        self.input.write_all(format!("{}\n{}", lengths.join(" "), fields.concat()).as_bytes()).await
    }

    /// What the worker says next; `None` when it has ended. Loses nothing when it is
    /// dropped.
    pub(super) async fn next(&mut self) -> io::Result<Option<Said>> {
        let Some(fields) = self.receive().await? else { return Ok(None) };
        understand(fields)
            .map(Some)
            .ok_or_else(|| io::Error::other("it said something else than a worker says"))
    }

    async fn receive(&mut self) -> io::Result<Option<Vec<String>>> {
        loop {
            if let Some(fields) = take(&mut self.read)? {
                return Ok(Some(fields));
            }
            let length = match self.ends {
                None => {
                    self.read.reserve(PIECE);
                    tokio::select! {
                        biased;
                        length = self.output.read_buf(&mut self.read) => length?,
                        _ = self.process.ended() => {
                            // Another process may hold the pipe.
                            self.ends = Some(Instant::now() + LAST_OUTPUT);
                            continue;
                        }
                    }
                }
                Some(ends) => match timeout_at(ends, self.output.read_buf(&mut self.read)).await {
                    Ok(length) => length?,
                    Err(_) => 0,
                },
            };
            if length == 0 {
                return Ok(None);
            }
        }
    }

    /// Interrupts the code, as Ctrl-C does.
    pub(super) fn interrupt(&self) {
        self.process.interrupt();
    }

    /// Kills the process and everything that it started, and waits until they are gone.
    pub(super) async fn kill(self) {
        self.process.end(Duration::ZERO).await;
    }
}

fn describe(status: ExitStatus) -> String {
    let status = status.to_string();
    // A process that ends has "exit status: 1" in the words of Rust.
    status.replace("exit status: ", "exit code ")
}

/// Takes the fields of the first message, when it is whole.
fn take(read: &mut Vec<u8>) -> io::Result<Option<Vec<String>>> {
    let invalid = || io::Error::other("it wrote something else than messages to the pipe of the toolbox");
    let Some(end) = memchr(b'\n', read) else {
        return if read.len() > LONGEST_HEAD { Err(invalid()) } else { Ok(None) };
    };
    let head = std::str::from_utf8(&read[..end]).ok().filter(|head| head.len() <= LONGEST_HEAD);
    let lengths = head.ok_or_else(invalid)?.split(' ').map(|length| length.parse::<usize>().ok());
    let lengths: Vec<usize> = lengths.collect::<Option<_>>().ok_or_else(invalid)?;
    let total = lengths.iter().try_fold(0_usize, |sum, length| sum.checked_add(*length));
    let total = total.filter(|total| *total <= LONGEST_MESSAGE).ok_or_else(invalid)?;
    if read.len() - end - 1 < total {
        return Ok(None);
    }
    let mut start = end + 1;
    let mut fields = Vec::with_capacity(lengths.len());
    for length in lengths {
        fields.push(String::from_utf8_lossy(&read[start..start + length]).into_owned());
        start += length;
    }
    read.drain(..start);
    Ok(Some(fields))
}

fn understand(fields: Vec<String>) -> Option<Said> {
    let mut fields = fields.into_iter();
    let kind = fields.next()?;
    let mut field = || fields.next();
    Some(match kind.as_str() {
        "started" => Said::Started,
        message::STDOUT => Said::Output { stream: message::STDOUT, text: field()? },
        message::STDERR => Said::Output { stream: message::STDERR, text: field()? },
        message::ERROR => Said::Error { name: field()?, value: field()?, traceback: field()? },
        "completed" => Said::Completed,
        "interrupted" => Said::Interrupted,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_taken_when_it_is_whole() {
        let whole = "6 4\nstdoutaé\n5 0 1 1\nerrorxy".as_bytes();
        let first = Said::Output { stream: "stdout", text: "aé\n".to_owned() };
        let second = Said::Error { name: String::new(), value: "x".to_owned(), traceback: "y".to_owned() };
        for cut in 0..whole.len() {
            let mut read = whole[..cut].to_vec();
            let mut said = Vec::new();
            while let Some(fields) = take(&mut read).unwrap() {
                said.push(understand(fields).unwrap());
            }
            read.extend_from_slice(&whole[cut..]);
            while let Some(fields) = take(&mut read).unwrap() {
                said.push(understand(fields).unwrap());
            }
            assert!(read.is_empty());
            assert_eq!(said.len(), 2, "{cut}");
            assert_eq!((&said[0], &said[1]), (&first, &second));
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for written in
            ["x\n", "\n", "1 -1\n", "99999999999999999999\n", "5000000\n", "18446744073709551615 9\n"]
        {
            assert!(take(&mut written.as_bytes().to_vec()).is_err(), "{written:?}");
        }
        assert!(take(&mut vec![b'1'; LONGEST_HEAD + 1]).is_err());
        assert_eq!(understand(vec!["stdout".to_owned()]), None);
        assert_eq!(understand(vec!["else".to_owned(), "x".to_owned()]), None);
    }
}
