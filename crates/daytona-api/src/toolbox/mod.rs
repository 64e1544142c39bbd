//! The toolbox of a sandbox. Paths are relative to
//! `{toolboxProxyUrl}/{sandboxId}`.

pub mod files;
pub mod info;
pub mod process;
pub mod session;
