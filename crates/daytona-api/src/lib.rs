//! Wire types and paths of the Daytona service.
//!
//! What travels between a client and the service, and nothing else: no I/O, no
//! defaults that only one side knows. The client and the local server share
//! these types; tests with other people's clients keep them honest.

pub mod error;
pub mod files;
pub mod path;
pub mod process;
pub mod sandbox;
pub mod toolbox;

pub use error::{ErrorBody, source};
