//! The toolbox of a sandbox, one file per resource.

pub(crate) mod computer_use;
pub(crate) mod execute_stream;
pub(crate) mod files;
mod framing;
mod git;
mod info;
pub(crate) mod interpreter;
mod kill;
pub(crate) mod log_chunk;
pub(crate) mod lsp;
pub(crate) mod process;
pub(crate) mod pty;
mod received_outputs;
pub(crate) mod session;
mod session_command;
pub(crate) mod started_process;
pub(crate) mod system;
pub(crate) mod text_decoder;
pub(crate) mod watch;
mod wrapper;
