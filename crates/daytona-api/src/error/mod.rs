//! Error responses of the service, and the kinds and classes of errors.

mod body;
mod class;
mod kind;

pub use body::{ErrorBody, source};
pub use class::{CLASSES, ErrorClass};
pub use kind::ErrorKind;
