//! The client of the Daytona service.
//!
//! ```no_run
//! # async fn run() -> Result<(), daytona_client::Error> {
//! use daytona_client::{Config, Daytona, Deadline, ExecuteRequest};
//!
//! let daytona = Daytona::new(Config::new("https://app.daytona.io/api", "key".into()))?;
//! let sandbox = daytona.create(Default::default(), Deadline::seconds(60)).await?;
//! let request = ExecuteRequest { command: "echo hello".into(), ..Default::default() };
//! let output = sandbox.execute(&request, Deadline::seconds(30)).await?;
//! assert_eq!(output.result, "hello\n");
//! sandbox.delete(Deadline::seconds(60)).await
//! # }
//! ```
//!
//! Every operation takes a [`Deadline`] and may be dropped at any await:
//! dropping closes its connection, kills a command in the sandbox and deletes a
//! sandbox that nobody will hold. Failures are one [`Error`], whose
//! [`ErrorKind`] says what happened.

mod background;
mod classify;
mod config;
mod create;
mod daytona;
mod deadline;
mod download;
mod error;
mod files;
mod kill;
pub mod local_server;
mod process;
mod request;
mod response;
mod retry;
mod sandbox;
mod transport;
mod upload;
mod wait;

pub use background::cleanups_settled;
pub use config::Config;
pub use create::LEASE_LABEL;
pub use daytona::{Daytona, DeleteAllReport};
pub use daytona_api::files::{FileInfo, FindMatch, ReplaceResult};
pub use daytona_api::process::{ExecuteRequest, ExecuteResponse};
pub use daytona_api::sandbox::{BuildInfo, CreateSandbox, LANGUAGE_LABEL, SandboxState, VolumeMount};
pub use deadline::Deadline;
pub use download::{DownloadFailure, DownloadedFile};
pub use error::{Error, ErrorKind};
pub use local_server::LocalServer;
pub use sandbox::Sandbox;
pub use upload::{UploadFailure, UploadFile, UploadedFile};
