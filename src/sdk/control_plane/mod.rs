pub(crate) mod daytona;
mod lifetime;
pub(crate) mod list;
mod preview;
mod resize;
pub(crate) mod sandbox;
mod ssh;
mod volume;
