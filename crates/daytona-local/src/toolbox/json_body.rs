//! JSON bodies of requests, read as leniently as the service reads them: keys
//! in any letter case with the last of two winning, whatever follows the first
//! value unread, half a surrogate pair replaced.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, MapAccess, Visitor};
use serde_json::{Map, Value};

/// The fields of an object by the names asked for.
pub(super) type Fields = Map<String, Value>;

/// Reads an object and keeps the fields of these names.
pub(super) fn fields(body: &[u8], names: &[&'static str]) -> Result<Fields, String> {
    let text = super::text::lossy_ref(body);
    let text = without_lone_surrogates(&text);
    let mut reader = serde_json::Deserializer::from_str(&text);
    Object(names).deserialize(&mut reader).map_err(|error| error.to_string())
}

/// Reads an object with fields of these names. A variable that is null is an empty one.
pub(super) fn read<T: DeserializeOwned>(body: &[u8], names: &[&'static str]) -> Result<T, String> {
    let mut fields = fields(body, names)?;
    if let Some(Value::Object(variables)) = fields.get_mut("envs") {
        for value in variables.values_mut().filter(|value| value.is_null()) {
            *value = Value::String(String::new());
        }
    }
    build(fields)
}

/// Makes a value of the fields.
pub(super) fn build<T: DeserializeOwned>(fields: Fields) -> Result<T, String> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())
}

/// An object of which only the named fields are kept. `null` is an object
/// without fields.
struct Object<'a>(&'a [&'static str]);

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Fields;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Fields, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Fields;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Fields, E> {
        Ok(Fields::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::new();
        while let Some(key) = entries.next_key::<String>()? {
            match self.0.iter().find(|name| name.eq_ignore_ascii_case(&key)) {
                Some(name) => {
                    fields.insert((*name).to_owned(), entries.next_value()?);
                }
                None => {
                    entries.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

/// Replaces every `\uD8xx`-like escape that is not half of a pair; the parser
/// would refuse the whole body for it.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut clean: Option<String> = None;
    let (mut at, mut copied) = (0, 0);
    while let Some(offset) = text[at..].find('\\') {
        let start = at + offset;
        let lone = match surrogate(&bytes[start..]) {
            Some(Half::High) if surrogate(&bytes[start + 6..]) == Some(Half::Low) => {
                at = start + 12;
                continue;
            }
            half => half.is_some(),
        };
        if lone {
            let clean = clean.get_or_insert_default();
            clean.push_str(&text[copied..start]);
            clean.push_str("\\ufffd");
            at = start + 6;
            copied = at;
        } else {
            // Skips the escaped character too: the second backslash of a pair
            // starts nothing. It may be more than one byte long.
            at = start + 1 + text[start + 1..].chars().next().map_or(0, char::len_utf8);
        }
    }
    match clean {
        Some(mut clean) => {
            clean.push_str(&text[copied..]);
            Cow::Owned(clean)
        }
        None => Cow::Borrowed(text),
    }
}

#[derive(PartialEq, Eq)]
enum Half {
    High,
    Low,
}

/// Which half of a pair the escape at the start of `bytes` is.
fn surrogate(bytes: &[u8]) -> Option<Half> {
    let [b'\\', b'u', b'd' | b'D', second, third, fourth, ..] = bytes else { return None };
    if !third.is_ascii_hexdigit() || !fourth.is_ascii_hexdigit() {
        return None;
    }
    match second {
        b'8' | b'9' | b'a' | b'b' | b'A' | b'B' => Some(Half::High),
        b'c'..=b'f' | b'C'..=b'F' => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_match_in_any_case_and_the_last_counts() {
        let found =
            fields(br#"{"COMMAND":1,"x":[{}],"command":2,"Command":3} trailing"#, &["command"]).unwrap();
        assert_eq!(Value::Object(found), serde_json::json!({ "command": 3 }));
    }

    #[test]
    fn null_has_no_fields_and_other_values_are_refused() {
        assert!(fields(b"null", &["a"]).unwrap().is_empty());
        for refused in ["", "[1]", "5", "{\"a\":1", "\u{feff}{}", "echo"] {
            assert!(fields(refused.as_bytes(), &["a"]).is_err(), "{refused}");
        }
    }

    #[test]
    fn half_a_pair_is_replaced_and_a_pair_is_kept() {
        let text = |body: &str| fields(body.as_bytes(), &["a"]).unwrap()["a"].as_str().unwrap().to_owned();
        assert_eq!(text(r#"{"a":"x\ud800y"}"#), "x\u{fffd}y");
        assert_eq!(text(r#"{"a":"\uDC00\ud83d"}"#), "\u{fffd}\u{fffd}");
        assert_eq!(text(r#"{"a":"\ud83d\ude00"}"#), "😀");
        assert_eq!(text(r#"{"a":"\\ud800"}"#), "\\ud800");
        assert_eq!(text(r#"{"a":"é\né"}"#), "é\né");
    }
}
