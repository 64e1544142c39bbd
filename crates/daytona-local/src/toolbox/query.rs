//! The query of a request, as bytes: paths need not be UTF-8.
//!
//! Form libraries decode to text and keep broken escapes; here a pair that
//! cannot be decoded counts as not sent, and so does one with a raw `;` in it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// The decoded pairs of a query, in the order sent.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(Vec<u8>, Vec<u8>)>);

impl Query {
    /// Decodes a raw query.
    pub(super) fn parse(raw: &str) -> Self {
        let decoded =
            raw.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')).filter_map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decode(name)?, decode(value)?))
            });
        Self(decoded.collect())
    }

    /// The first value of a name, empty when there is none.
    pub(super) fn bytes(&self, name: &str) -> &[u8] {
        let found = self.0.iter().find(|(key, _)| key == name.as_bytes());
        found.map_or(&[], |(_, value)| value)
    }

    /// The first value of a name as text, bytes that are not UTF-8 replaced.
    pub(super) fn text(&self, name: &str) -> String {
        super::text::lossy(self.bytes(name).to_vec())
    }

    /// The first value of a name as a path, `None` when absent or empty.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        let bytes = self.bytes(name);
        (!bytes.is_empty()).then(|| PathBuf::from(OsString::from_vec(bytes.to_vec())))
    }
}

/// Decodes one half of a pair: `+` is a space. `None` for a broken escape.
fn decode(text: &str) -> Option<Vec<u8>> {
    percent_decode(text.as_bytes(), true)
}

fn percent_decode(text: &[u8], plus_is_space: bool) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        decoded.push(match byte {
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    Some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The path of a URL decoded; as it stands when an escape in it is broken.
pub(super) fn percent_decode_lossy(path: &str) -> String {
    match percent_decode(path.as_bytes(), false) {
        Some(decoded) => super::text::lossy(decoded),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_two_counts_and_plus_is_a_space() {
        let query = Query::parse("path=a+b%2Bc&path=x&&empty=&bare");
        assert_eq!(query.bytes("path"), b"a b+c");
        assert_eq!(query.path("empty"), None);
        assert_eq!(query.path("bare"), None);
        assert_eq!(query.path("absent"), None);
    }

    #[test]
    fn a_broken_pair_counts_as_not_sent() {
        let query = Query::parse("path=%zz&path=%4&path=a;b&path=%ff");
        assert_eq!(query.bytes("path"), b"\xff");
    }

    mod properties {
        use proptest::collection::vec;
        use proptest::prelude::*;

        use super::*;
        use crate::toolbox::cause::{clean, clean_relative};

        fn encode(bytes: &[u8]) -> String {
            bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
        }

        proptest! {
            #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

            #[test]
            fn a_value_comes_out_as_it_went_in(bytes in vec(any::<u8>(), 0..60), more in "[a-z%=&;+]{0,20}") {
                let query = Query::parse(&format!("path={}&{more}", encode(&bytes)));
                prop_assert_eq!(query.bytes("path"), bytes.as_slice());
            }

            #[test]
            fn any_query_and_path_are_read(text in "\\PC{0,80}", marks in "[%&=;+/.0-9a-fA-F]{0,80}") {
                for text in [text, marks] {
                    let query = Query::parse(&text);
                    let _path = query.path("path");
                    let decoded = percent_decode_lossy(&text);
                    let _found = crate::toolbox::route::find(&http::Method::GET, &decoded, &text);
                }
            }

            #[test]
            fn a_clean_path_is_clean(path in "[./a]{0,40}") {
                let path = std::path::Path::new(&path);
                let (relative, absolute) = (clean_relative(path), clean(path));
                prop_assert_eq!(&clean_relative(&relative), &relative);
                prop_assert_eq!(&clean(&absolute), &absolute);
                prop_assert!(absolute.is_absolute() && !absolute.components().any(|part| part.as_os_str() == ".."));
            }
        }
    }
}
