//! Tests of the client with a scripted server.
//!
//! They are one program, because linking takes most of the time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic fails the test")]

mod ambiguity;
mod certificates;
mod control_plane;
mod create;
mod deadline;
mod download;
mod execute;
mod http2;
mod idle;
mod interpreter;
mod invalid_responses;
mod proxies;
mod pty;
mod recordings;
mod repeats;
mod retry;
mod started_process;
mod streaming;
mod support;
mod upload;
mod watch;
