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
//! Every operation takes a [`Deadline`] and may be dropped at any await point:
//! dropping closes the connection, kills the command in the sandbox, and deletes
//! a sandbox that is being created. Every failure is an [`Error`] with an
//! [`ErrorKind`].

mod cleanup;
mod config;
mod control_plane;
mod deadline;
mod error;
mod huge_pages;
mod toolbox;
mod transfer;
mod transport;

pub use cleanup::{has_running_cleanups, wait_for_cleanups};
pub use config::Config;
pub use control_plane::create::{LEASE_LABEL, Unclaimed};
pub use control_plane::create_params::{CreateSandboxParams, Resources};
pub use control_plane::daytona::{Daytona, DeleteAllReport};
pub use control_plane::list::{SandboxPages, SandboxQuery};
pub use control_plane::sandbox::{Sandbox, sandbox_properties};
pub use daytona_api::control_plane::preview::{PortPreviewUrl, SignedPortPreviewUrl};
pub use daytona_api::control_plane::sandbox::{
    BuildInfo, CreateSandbox, LANGUAGE_LABEL, LANGUAGES, ResizeSandbox, Sandbox as SandboxData, SandboxState,
    UpdateSandboxNetworkSettings, VolumeMount,
};
pub use daytona_api::control_plane::ssh::{SshAccess, SshAccessValidation};
pub use daytona_api::control_plane::volume::Volume;
#[cfg(feature = "napi")]
pub use daytona_api::hand_over_text_with;
pub use daytona_api::toolbox::computer_use::{
    AccessibilityBounds, AccessibilityNode, AccessibilityNodesResponse, AccessibilityTreeResponse,
    ComputerUseStartResponse, ComputerUseStatusResponse, ComputerUseStopResponse, CursorPosition,
    DisplayInfo, DisplayInfoResponse, FindAccessibilityNodesRequest, ListRecordingsResponse,
    MouseButtonRequest, MouseClickRequest, MouseClickResponse, MouseDragRequest, MouseDragResponse,
    MousePositionResponse, MouseScrollRequest, ProcessErrorsResponse, ProcessLogsResponse,
    ProcessRestartResponse, ProcessStatus, ProcessStatusResponse, Recording, ScreenshotResponse, WindowInfo,
    WindowsResponse,
};
pub use daytona_api::toolbox::files::{FileEvent, FileInfo, Match, ReplaceResult, SearchFilesResponse};
pub use daytona_api::toolbox::git::{
    AddRemoteRequest, AuthenticateRequest, CloneRequest, CommitRequest, ConfigureUserRequest, FileStatus,
    GitCommitInfo, GitRemote, GitStatus, InitRequest, ListBranchResponse, ListRemotesResponse, PullRequest,
    PushRequest, ResetRequest, RestoreRequest, SetConfigRequest,
};
pub use daytona_api::toolbox::interpreter::InterpreterContext;
pub use daytona_api::toolbox::lsp::{
    CompletionItem, CompletionList, LspLocation, LspPosition, LspRange, LspSymbol,
};
pub use daytona_api::toolbox::process::{CodeRunRequest, ExecuteRequest, ExecuteResponse};
pub use daytona_api::toolbox::pty::{PtyExit, PtySessionInfo};
pub use daytona_api::toolbox::session::{
    Command, Session, SessionCommandLogsResponse, SessionExecuteRequest, SessionExecuteResponse,
};
pub use daytona_api::{Secret, Text, Timestamp, Whole};
pub use deadline::{Deadline, Limit};
pub use error::{Error, ErrorKind, FileErrorDetails};
pub use huge_pages::advise_huge_pages;
pub use toolbox::computer_use::{Compression, Region};
pub use toolbox::execute_stream::StreamedOutput;
pub use toolbox::interpreter::{CodeMessage, CodeStream, ExecutionError, ExecutionResult, RunCode};
pub use toolbox::log_chunk::{LogChunk, Output};
pub use toolbox::lsp::LspServer;
pub use toolbox::process::ExecuteError;
pub use toolbox::pty::{CreatePtyParams, Pty, PtyInput, PtyOutput};
pub use toolbox::session::LogStream;
pub use toolbox::started_process::StartedProcess;
pub use toolbox::system::SandboxMetrics;
pub use toolbox::text_decoder::{TextChunk, TextDecoders};
pub use toolbox::watch::FileWatcher;
pub use transfer::body_stream::BodyStream;
pub use transfer::content::{Content, ContentSource};
pub use transfer::download::{DownloadRequest, Downloaded, DownloadedFile};
pub use transfer::download_stream::DownloadStream;
pub use transfer::failure::{FileCause, FileFailure};
pub use transfer::local_source::{UploadRequest, UploadSource};
pub use transfer::memory::{Memory, Storage};
pub use transfer::upload::{UploadFile, UploadedFile};
pub use transfer::upload_stream::UploadSink;
pub use transport::event_loop::{EventLoop, Readiness, Task, Watcher};
pub use transport::loop_connections::{Entered, LoopConnections};
pub use transport::network::Network;
