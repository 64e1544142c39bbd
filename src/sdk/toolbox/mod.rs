pub(crate) mod computer_use;
pub(crate) mod files;
pub(crate) mod git;
pub(crate) mod interpreter;
pub(crate) mod lsp;
pub(crate) mod process;
mod session;
mod started_process;
mod watch;
