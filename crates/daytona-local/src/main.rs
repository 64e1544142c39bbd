//! The program `daytona-local`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use daytona_local::program::typescript::StandIn;
use daytona_local::program::{self, ServeOptions, ToolboxArguments};

/// A local Daytona server: sandboxes on this machine, for any Daytona client.
#[derive(Parser)]
#[command(name = "daytona-local", version, subcommand_precedence_over_arg = true)]
struct Arguments {
    #[command(flatten)]
    serve: ServeOptions,
    #[command(subcommand)]
    role: Option<Role>,
}

/// Internal roles in which the server starts this program again.
#[derive(Subcommand)]
enum Role {
    #[command(hide = true)]
    SandboxInit,
    #[command(hide = true)]
    Toolbox(ToolboxArguments),
    #[command(hide = true)]
    Janitor {
        /// Folder to remove when the server has exited.
        folder: PathBuf,
    },
}

fn main() -> ExitCode {
    let mut given = std::env::args_os();
    if let Some(stand_in) = given.next().as_deref().and_then(StandIn::of) {
        return stand_in.run(given.collect());
    }
    let arguments = Arguments::parse();
    match arguments.role {
        Some(Role::SandboxInit) => daytona_sandbox_init::run(),
        Some(Role::Toolbox(arguments)) => program::run_toolbox(arguments),
        Some(Role::Janitor { folder }) => program::run_janitor(&folder),
        None => program::run_server(arguments.serve),
    }
}
