//! The crate through its public doors.
//!
//! One program for all of them: linking is most of the time that tests take.

mod control_plane;
mod isolation;
mod program;
mod proxy;
mod server;
