//! Domains that a sandbox may reach.

use std::net::IpAddr;

/// Bytes of a name and of one of its labels, at most.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// A domain of an allow list: one name, or all names below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// In lower case, without the dot at the end.
    name: String,
    /// Whether it was written `*.name`: every name below it, but not the name itself.
    is_wildcard: bool,
}

impl Domain {
    /// Whether a name, in lower case and without the dot at the end, belongs to the domain.
    pub(crate) fn contains(&self, name: &str) -> bool {
        if self.is_wildcard {
            name.strip_suffix(&self.name)
                .is_some_and(|rest| rest.strip_suffix('.').is_some_and(|below| !below.is_empty()))
        } else {
            name == self.name
        }
    }
}

/// Why a list of domains is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{entry}\" is not a valid domain: {problem}. Use names such as example.com or *.example.com")]
pub struct DomainListError {
    entry: String,
    problem: &'static str,
}

/// Parses `domainAllowList`: names, separated by commas. `*.example.com` is every name
/// below `example.com`, at any depth, without `example.com` itself. Spaces around names
/// are ignored.
///
/// # Errors
/// Names the first entry that is not a domain.
pub fn parse_domain_list(list: &str) -> Result<Vec<Domain>, DomainListError> {
    list.split(',').map(|entry| parse_domain(entry.trim())).collect()
}

fn parse_domain(entry: &str) -> Result<Domain, DomainListError> {
    let invalid = |problem| DomainListError { entry: entry.to_owned(), problem };
    if entry.is_empty() {
        return Err(invalid("an entry is empty"));
    }
    let name = entry.strip_suffix('.').unwrap_or(entry).to_ascii_lowercase();
    let (is_wildcard, name) = match name.strip_prefix("*.") {
        Some(name) => (true, name.to_owned()),
        None => (false, name),
    };
    if name.contains('*') {
        return Err(invalid("only the first label can be *"));
    }
    if !name.is_ascii() {
        return Err(invalid("names with other letters are written in their ASCII form, xn--…"));
    }
    if name.contains(['/', ':']) {
        return Err(invalid("it has a scheme, a port or a path"));
    }
    if name.parse::<IpAddr>().is_ok() {
        return Err(invalid("it is an address, which belongs in networkAllowList"));
    }
    if name.len() > LONGEST_NAME || !name.split('.').all(|label| is_label(label.as_bytes())) {
        return Err(invalid("a label is empty, too long, or has a character that names do not have"));
    }
    Ok(Domain { name, is_wildcard })
}

/// Whether a label of a name has only characters that host names and service names have, so
/// that the name can be written with dots without ambiguity.
pub(super) fn is_label(label: &[u8]) -> bool {
    (1..=LONGEST_LABEL).contains(&label.len())
        && label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(list: &str, name: &str) -> bool {
        parse_domain_list(list).unwrap().iter().any(|domain| domain.contains(name))
    }

    #[test]
    fn a_name_is_itself_alone() {
        for list in ["example.com", " Example.COM. ", "a.test,example.com"] {
            assert!(allows(list, "example.com"), "{list}");
            for other in ["www.example.com", "notexample.com", "example.com.evil.test", "com", ""] {
                assert!(!allows(list, other), "{list} {other}");
            }
        }
    }

    #[test]
    fn a_wildcard_is_every_name_below() {
        for name in ["www.example.com", "a.b.example.com"] {
            assert!(allows("*.example.com", name), "{name}");
        }
        for name in ["example.com", ".example.com", "notexample.com", "www.example.com.evil.test"] {
            assert!(!allows("*.example.com", name), "{name}");
        }
    }

    #[test]
    fn what_is_not_a_domain_is_named_with_the_reason() {
        let long = format!("{}.test", "a".repeat(64));
        for (entry, problem) in [
            ("", "an entry is empty"),
            ("*", "only the first label can be *"),
            ("a.*.test", "only the first label can be *"),
            ("*.*.test", "only the first label can be *"),
            ("bücher.test", "names with other letters are written in their ASCII form, xn--…"),
            ("https://a.test", "it has a scheme, a port or a path"),
            ("a.test:443", "it has a scheme, a port or a path"),
            ("10.0.0.1", "it is an address, which belongs in networkAllowList"),
            ("10.0.0.0/8", "it has a scheme, a port or a path"),
            ("a..test", "a label is empty, too long, or has a character that names do not have"),
            ("a b.test", "a label is empty, too long, or has a character that names do not have"),
            (&long, "a label is empty, too long, or has a character that names do not have"),
        ] {
            let error = parse_domain_list(&format!("ok.test,{entry}")).unwrap_err();
            assert_eq!((error.entry.as_str(), error.problem), (entry, problem));
        }
    }
}
