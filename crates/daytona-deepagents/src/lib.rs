//! A Daytona sandbox as a backend of deepagents.
//!
//! Options have the names and defaults of `@langchain/daytona`; commands and files
//! have the results that deepagents expects; one table maps errors to codes.

mod backend;
mod code;
mod files;
mod options;

pub use backend::{Backend, CommandOutput, DeleteAllResult, DeleteFailure};
pub use code::{Code, Failure, Operation};
pub use files::{DownloadResult, FileError, UploadResult};
pub use options::{CreateOptions, ExecuteOptions};
