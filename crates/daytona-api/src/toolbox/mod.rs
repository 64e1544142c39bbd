//! The toolbox of a sandbox. Paths are relative to
//! `{toolboxProxyUrl}/{sandboxId}`.

pub mod computer_use;
pub mod files;
pub mod git;
pub mod info;
pub mod interpreter;
pub mod lsp;
pub mod port;
pub mod process;
pub mod pty;
pub mod session;
pub mod signed_url;
pub mod system;
