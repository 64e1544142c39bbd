pub(crate) mod daytona;
pub(crate) mod sandbox;
