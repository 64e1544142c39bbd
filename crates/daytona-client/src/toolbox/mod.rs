//! The toolbox of a sandbox, one file per resource.

pub(crate) mod computer_use;
pub(crate) mod files;
mod git;
mod info;
pub(crate) mod interpreter;
mod kill;
pub(crate) mod lsp;
pub(crate) mod process;
pub(crate) mod session;
pub(crate) mod system;
