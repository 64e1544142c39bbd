pub(crate) mod files;
pub(crate) mod process;
mod session;
