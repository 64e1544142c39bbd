//! A Daytona sandbox as deepagents see it.
//!
//! Options with names and defaults of `@langchain/daytona`, commands and files
//! with the results that deepagents expect, and one table of error codes.

mod backend;
mod code;
mod files;
mod options;

pub use backend::{Backend, Output};
pub use code::{Code, Failure, Operation};
pub use files::{DownloadResult, FileError, UploadResult};
pub use options::{CreateOptions, ExecuteOptions};
