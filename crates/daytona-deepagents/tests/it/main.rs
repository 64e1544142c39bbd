//! Tests of the backend with a local server.
//!
//! The server is the program `daytona-local`, started as its users start it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic fails the test")]

mod commands;
mod files;
mod lifecycle;
mod local;
