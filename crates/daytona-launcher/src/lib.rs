//! Starts and stops the local server, the program `daytona-local`.

mod local_server;

pub use local_server::LocalServer;
