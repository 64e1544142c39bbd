//! Whole numbers from JavaScript.

/// A whole number that JavaScript passes. All numbers of JavaScript are
/// floating-point numbers: one that is not a whole number, or out of range, is
/// rejected instead of being rounded or wrapped around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whole<T>(pub T);
