//! Pipes between the toolbox and the programs that it starts.

use std::io::{self, PipeReader, PipeWriter};

use tokio::net::unix::pipe;

/// A pipe for the input of a program: its end, and the one of the toolbox.
pub(super) fn input() -> io::Result<(PipeReader, pipe::Sender)> {
    let (reader, writer) = io::pipe()?;
    Ok((reader, pipe::Sender::from_owned_fd(writer.into())?))
}

/// A pipe for the output of a program: the end of the toolbox, and its own.
pub(super) fn output() -> io::Result<(pipe::Receiver, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    Ok((pipe::Receiver::from_owned_fd(reader.into())?, writer))
}
