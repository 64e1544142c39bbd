//! Node.js bindings: convert arguments, call the client, convert the result. All
//! logic is in the crates below.

#![allow(clippy::doc_markdown, reason = "doc comments become JSDoc, whose tags name parameters and classes")]

mod backend;
mod bytes;
mod call;
mod cancel;
mod command_stream;
mod config;
mod error;
mod event_loop;
mod local_server;
mod promise;
mod running_calls;
mod sdk;
mod stream;

/// Runs when the addon is loaded, before any environment can call it.
#[napi_derive::module_init]
fn install() {
    bytes::install();
}
