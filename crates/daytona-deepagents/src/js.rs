//! Conversion of file contents to JavaScript.

use napi::bindgen_prelude::{ToNapiValue, TypeName, Uint8Array};
use napi::{Result, ValueType, sys};

use crate::files::Content;

impl TypeName for Content {
    fn type_name() -> &'static str {
        "Uint8Array"
    }

    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ToNapiValue for Content {
    unsafe fn to_napi_value(env: sys::napi_env, content: Self) -> Result<sys::napi_value> {
        // SAFETY: called with the environment that this function was called with.
        unsafe { Uint8Array::to_napi_value(env, Uint8Array::new(content.0)) }
    }
}
