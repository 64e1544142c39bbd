//! The log of the server, on standard error.

use std::io;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts to write the events that a filter lets pass. They never contain keys, headers or
/// contents.
pub(super) fn start(filter: Option<&str>) -> Result<(), String> {
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(io::stderr);
    tracing_subscriber::registry()
        .with(targets(filter)?)
        .with(lines)
        .try_init()
        .map_err(|error| format!("cannot start the log: {error}"))
}

fn targets(filter: Option<&str>) -> Result<Targets, String> {
    let Some(filter) = filter else {
        // The variable may be meant for another program, which knows other filters.
        let variable = std::env::var("RUST_LOG").ok().and_then(|filter| filter.parse().ok());
        return Ok(variable.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN)));
    };
    filter.parse().map_err(|error| {
        format!("{filter:?} is not a filter for the log: {error}. Use a level such as debug, or module=level")
    })
}
