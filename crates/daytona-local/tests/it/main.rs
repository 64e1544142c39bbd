//! The crate through its public doors.
//!
//! One program for all of them: linking is most of the time that tests take.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod connections;
mod control_plane;
mod data;
mod disk;
mod isolation;
mod limits;
mod malformed;
mod metrics;
mod network_settings;
mod program;
mod proxy;
mod published;
mod server;
mod toolbox;
mod toolbox_code_run;
mod toolbox_desktop;
mod toolbox_download;
mod toolbox_execute;
mod toolbox_files;
mod toolbox_follow;
mod toolbox_git;
mod toolbox_interpreter;
mod toolbox_limits;
mod toolbox_lsp;
mod toolbox_proxy;
mod toolbox_pty;
mod toolbox_session;
mod toolbox_upload;
mod volumes;
