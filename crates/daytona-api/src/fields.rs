//! The field names of a wire type, as serialized.

use std::fmt;

use serde::de::{self, DeserializeOwned, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Returns the field names of a struct, or of the structs in a list; empty for a
/// type that is not a struct.
pub(crate) fn fields<T: DeserializeOwned>() -> Vec<&'static str> {
    let mut found = Vec::new();
    // Always fails: deserialization stops as soon as the fields are known.
    let _ = T::deserialize(Introspector { found: &mut found });
    found
}

struct Introspector<'a> {
    found: &'a mut Vec<&'static str>,
}

#[derive(Debug)]
struct Known;

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fields are known")
    }
}

impl std::error::Error for Known {}

impl de::Error for Known {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Introspector<'_> {
    type Error = Known;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Known> {
        Err(Known)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Known> {
        self.found.extend_from_slice(fields);
        Err(Known)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Known> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Known> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Known> {
        visitor.visit_seq(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de> SeqAccess<'de> for Introspector<'_> {
    type Error = Known;

    fn next_element_seed<S: de::DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Known> {
        seed.deserialize(Introspector { found: &mut *self.found }).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolbox::{files::FileInfo, process::ExecuteResponse};

    #[test]
    fn field_names_are_the_serialized_names() {
        assert!(fields::<FileInfo>().contains(&"modifiedAt"));
        assert_eq!(fields::<Vec<FileInfo>>(), fields::<FileInfo>());
        assert!(fields::<ExecuteResponse>().contains(&"exitCode"));
        assert!(fields::<()>().is_empty());
    }
}
