//! The Daytona service as data: wire types, operations and errors.
//!
//! The crate describes requests and responses only: it has no I/O, and no
//! defaults that only one side knows. The client and the local server read the
//! same tables; tests with third-party clients catch mistakes that both share.
//!
//! A wire type is declared once. With the feature `napi` it is a JavaScript
//! value as well, and its TypeScript declaration and documentation are generated
//! from here.

pub mod control_plane;
pub mod error;
mod fields;
#[cfg(feature = "napi")]
mod js;
pub mod operation;
pub mod operations;
mod secret;
mod text;
mod text_decoder;
mod timestamp;
pub mod toolbox;
mod whole;

pub use error::{ErrorBody, ErrorClass, ErrorKind, source};
#[cfg(feature = "napi")]
pub use js::{HandOver, hand_over_text_with};
pub use operation::{Endpoint, Operation, Repeat, Service};
pub use secret::Secret;
pub use text::Text;
pub use text_decoder::{InvalidEscape, TextDecoder};
pub use timestamp::Timestamp;
pub use whole::Whole;

/// Deserializes null as the type's default: services write both for an empty value.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de> + Default,
{
    let value: Option<T> = serde::Deserialize::deserialize(deserializer)?;
    Ok(value.unwrap_or_default())
}
