//! The roles of the program.

mod janitor;
mod server;
mod toolbox;

pub use janitor::run_janitor;
pub use server::{ServeOptions, run_server};
pub use toolbox::run_toolbox;
