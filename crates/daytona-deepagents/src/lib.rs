//! A Daytona sandbox as a backend of deepagents.
//!
//! Options have the names and defaults of `@langchain/daytona`; commands and files
//! have the results that deepagents expects; one table maps errors to codes.

mod backend;
mod code;
mod command;
mod files;
mod options;
mod timeout;

pub use backend::{Backend, DeleteAllResult, DeleteFailure, IDLE_LIMIT};
pub use code::{Code, Failure, Operation};
pub use command::{CommandOutput, OnTimeout, TimedOutCommand};
pub use files::{DownloadResult, FileError, UploadResult};
pub use options::{CreateOptions, ExecuteOptions};
