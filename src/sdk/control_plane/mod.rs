pub(crate) mod daytona;
pub(crate) mod list;
mod preview;
pub(crate) mod sandbox;
mod ssh;
