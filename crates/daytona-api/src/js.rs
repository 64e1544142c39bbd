//! Wire types that are strings in JavaScript.

use std::sync::OnceLock;

use napi::bindgen_prelude::{
    FromNapiValue, Function, JsObjectValue as _, Latin1String, ToNapiValue, TypeName, Unknown,
    ValidateNapiValue,
};
use napi::{Env, Error, Result, Status, ValueType, sys};

use crate::control_plane::sandbox::SandboxState;
use crate::{Text, Timestamp, Whole};

impl TypeName for Text {
    fn type_name() -> &'static str {
        "string"
    }

    fn value_type() -> ValueType {
        ValueType::String
    }
}

/// Strings from this length on are handed over instead of copied.
const LARGE: usize = 64 * 1024;

impl ToNapiValue for Text {
    unsafe fn to_napi_value(env: sys::napi_env, text: Self) -> Result<sys::napi_value> {
        let is_ascii = text.is_ascii();
        // One byte a character is the engine's own form: it is not decoded, only
        // copied, and a large one not even that.
        let string = match String::from(text) {
            string if !is_ascii => {
                // SAFETY: called with the environment that this function was called with.
                return unsafe { String::to_napi_value(env, string) };
            }
            string if string.len() < LARGE => string,
            // SAFETY: as above.
            string => match unsafe { hand_over(env, string) } {
                Ok(value) => return Ok(value),
                Err(string) => string,
            },
        };
        // SAFETY: as above.
        unsafe { Latin1String::to_napi_value(env, string.into()) }
    }
}

/// Makes a JavaScript string of the memory of an ASCII string, or gives the string
/// back. It is called with an environment on its own thread.
pub type HandOver = unsafe fn(sys::napi_env, String) -> std::result::Result<sys::napi_value, String>;

static HAND_OVER: OnceLock<HandOver> = OnceLock::new();

/// Sets the function that gives long strings to the engine. Without one they are copied.
pub fn hand_over_text_with(hand_over: HandOver) {
    // It is the same function each time.
    let _ = HAND_OVER.set(hand_over);
}

/// Gives a string to the engine, if the addon can.
unsafe fn hand_over(env: sys::napi_env, text: String) -> std::result::Result<sys::napi_value, String> {
    match HAND_OVER.get() {
        // SAFETY: called with the environment that this function was called with.
        Some(hand_over) => unsafe { hand_over(env, text) },
        None => Err(text),
    }
}

impl<T> TypeName for Whole<T> {
    fn type_name() -> &'static str {
        "number"
    }

    fn value_type() -> ValueType {
        ValueType::Number
    }
}

impl<T> ValidateNapiValue for Whole<T> {}

impl FromNapiValue for Whole<u32> {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: called with the environment and the value that this function was called with.
        unsafe { whole(env, value, 0, u32::MAX) }.map(Self)
    }
}

impl FromNapiValue for Whole<u16> {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: called with the environment and the value that this function was called with.
        unsafe { whole(env, value, 0, u16::MAX) }.map(Self)
    }
}

impl FromNapiValue for Whole<i32> {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: called with the environment and the value that this function was called with.
        unsafe { whole(env, value, i32::MIN, i32::MAX) }.map(Self)
    }
}

/// Reads a whole number in a range.
unsafe fn whole<T>(env: sys::napi_env, value: sys::napi_value, least: T, most: T) -> Result<T>
where
    T: Copy + Into<f64> + std::fmt::Display + TryFrom<i64>,
{
    // SAFETY: called with the environment and the value that this function was called with.
    let number = unsafe { f64::from_napi_value(env, value) }?;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 32 bits")]
    let whole = (number.fract() == 0.0 && (least.into()..=most.into()).contains(&number))
        .then_some(number as i64)
        .and_then(|whole| T::try_from(whole).ok());
    whole.ok_or_else(|| {
        let given = if number.is_infinite() { "Infinity".to_owned() } else { number.to_string() };
        let reason = format!("must be a whole number from {least} to {most}, not {given}");
        Error::new(Status::InvalidArg, reason)
    })
}

impl TypeName for Timestamp {
    fn type_name() -> &'static str {
        "Date"
    }

    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ValidateNapiValue for Timestamp {}

impl ToNapiValue for Timestamp {
    unsafe fn to_napi_value(env: sys::napi_env, time: Self) -> Result<sys::napi_value> {
        let global = Env::from_raw(env).get_global()?;
        let constructor: Function<'_, String, Unknown<'_>> = global.get_named_property_unchecked("Date")?;
        let date = constructor.new_instance(time.0)?;
        // SAFETY: called with the environment that this function was called with.
        unsafe { Unknown::to_napi_value(env, date) }
    }
}

impl FromNapiValue for Timestamp {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let mut millis = f64::NAN;
        // SAFETY: called with the environment and the value that this function was called with;
        // the engine writes the result to a number of this function.
        let status = unsafe { sys::napi_get_date_value(env, value, &raw mut millis) };
        if status != sys::Status::napi_ok {
            return Err(Error::new(Status::InvalidArg, "must be a Date"));
        }
        if millis.is_nan() {
            return Err(Error::new(Status::InvalidArg, "must be a valid Date, not an invalid one"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "a Date holds a whole number of 54 bits")]
        let millis = millis as i64;
        Ok(Self::from_millis(millis))
    }
}

impl TypeName for SandboxState {
    fn type_name() -> &'static str {
        "string"
    }

    fn value_type() -> ValueType {
        ValueType::String
    }
}

impl ValidateNapiValue for SandboxState {}

impl ToNapiValue for SandboxState {
    unsafe fn to_napi_value(env: sys::napi_env, state: Self) -> Result<sys::napi_value> {
        // SAFETY: called with the environment that this function was called with.
        unsafe { <&str>::to_napi_value(env, state.as_str()) }
    }
}

impl FromNapiValue for SandboxState {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: called with the environment and the value that this function was called with.
        let text = unsafe { String::from_napi_value(env, value) }?;
        Ok(Self::from(text.as_str()))
    }
}
