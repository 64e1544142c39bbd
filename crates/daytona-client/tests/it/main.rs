//! The client at a scripted server.
//!
//! One program for all of them: linking is most of the time that tests take.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod ambiguity;
mod control_plane;
mod create;
mod deadline;
mod download;
mod execute;
mod recordings;
mod retry;
mod support;
mod upload;
mod wrong_answers;
