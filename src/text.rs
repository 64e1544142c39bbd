//! Long texts on their way to JavaScript.

use napi::bindgen_prelude::{Either, Latin1String, Utf16String};

/// A text in the form that the engine copies without looking at it, so that
/// the JavaScript thread does not stall on a large one.
pub(crate) type Text = Either<Latin1String, Utf16String>;

/// Converts a text; to be called off the JavaScript thread.
pub(crate) fn text(text: String) -> Text {
    if text.is_ascii() { Either::A(text.into()) } else { Either::B(text.into()) }
}
