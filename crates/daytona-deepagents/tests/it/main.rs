//! An agent's sandbox at a real local Daytona.
//!
//! The server is the program `daytona-local`, started as its users start it:
//! nothing here knows how it is made.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod commands;
mod files;
mod lifecycle;
mod local;
