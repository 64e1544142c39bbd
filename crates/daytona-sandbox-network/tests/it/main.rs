//! Sandboxes' networks, from inside: each test has a host, a remote machine and
//! sandboxes of its own, all of them network namespaces.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod malformed;
mod names;
mod policy;
mod speed;
mod support;
mod tcp;
mod udp;
mod user_namespace;
