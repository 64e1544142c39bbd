//! The roles of the program.

mod arguments;
mod data_folder;
mod janitor;
mod log;
mod package_manager;
mod sandbox_options;
mod server;
mod server_folder;
mod toolbox;
pub mod typescript;

use std::path::PathBuf;

pub use janitor::run_janitor;
pub use server::{ServeOptions, run_server};
pub use toolbox::{ToolboxArguments, run_toolbox};

/// Returns the folder for temporary files. An empty `TMPDIR` counts as unset, as it
/// does for other programs.
fn temp_dir() -> PathBuf {
    let folder = std::env::temp_dir();
    if folder.as_os_str().is_empty() { PathBuf::from("/tmp") } else { folder }
}
