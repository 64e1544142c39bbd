pub(crate) mod daytona;
pub(crate) mod list;
pub(crate) mod sandbox;
