//! URLs of remotes, as git reads them.

/// Whether a URL contains a password.
pub(super) fn has_password(url: &str) -> bool {
    let user_info = UrlParts::of(url).and_then(|parts| parts.user_info);
    user_info
        .and_then(|user_info| user_info.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty())
}

/// A message without the user names and passwords of the URLs in it.
pub(super) fn without_user_info(message: &str) -> String {
    let mut clean = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + 3);
        clean.push_str(before);
        let end =
            after.find(|c: char| c == '/' || c.is_whitespace() || c.is_control()).unwrap_or(after.len());
        let user_info = after[..end].rfind('@').map_or(0, |at| at + 1);
        rest = &after[user_info..];
    }
    clean + rest
}

/// The parts of a URL that has a host.
pub(super) struct UrlParts<'a> {
    pub(super) scheme: &'a str,
    pub(super) user_info: Option<&'a str>,
    /// With the port.
    pub(super) host: &'a str,
    /// The path and what follows it.
    pub(super) rest: &'a str,
}

impl<'a> UrlParts<'a> {
    pub(super) fn of(url: &'a str) -> Option<Self> {
        let (scheme, after) = url.split_once("://")?;
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        let (authority, rest) = after.split_at(end);
        let (user_info, host) = match authority.rsplit_once('@') {
            Some((user_info, host)) => (Some(user_info), host),
            None => (None, authority),
        };
        Some(Self { scheme, user_info, host, rest })
    }

    pub(super) fn is_http(&self) -> bool {
        ["http", "https"].iter().any(|scheme| self.scheme.eq_ignore_ascii_case(scheme))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lose_what_is_before_a_host() {
        for (message, clean) in [
            ("fatal: 'https://u:p@h:1/x' and http://t@h", "fatal: 'https://h:1/x' and http://h"),
            ("http://a@b@c/d@e", "http://c/d@e"),
            ("http://h/a x@y", "http://h/a x@y"),
            ("none", "none"),
        ] {
            assert_eq!(without_user_info(message), clean);
        }
    }

    #[test]
    fn a_password_is_found_in_a_url() {
        for url in ["https://u:p@h/x", "ssh://u:p@h", "http://:p@h/"] {
            assert!(has_password(url), "{url}");
        }
        for url in ["https://u@h/x", "https://u:@h/x", "https://h:80/x@y:z", "git@h:x", "/a:b@c"] {
            assert!(!has_password(url), "{url}");
        }
    }
}
