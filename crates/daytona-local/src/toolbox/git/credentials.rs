//! User names and passwords for remotes, and the URLs that they are for.

use std::path::PathBuf;

use daytona_api::Secret;

use super::super::Toolbox;
use super::super::query::percent_decode_lossy;
use super::program::Git;
use crate::response::Failure;

/// Passwords of fewer bytes are not looked for in messages: they would be found in any.
const SHORTEST: usize = 4;

/// A user name and a password.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    username: String,
    password: Secret,
}

/// Where a remote is.
#[derive(Debug)]
pub(super) struct Remote {
    /// The URL, without user name and password if it is one of HTTP.
    pub(super) url: String,
    /// Scheme, host and port of a URL of HTTP.
    scope: Option<String>,
    credentials: Option<Credentials>,
}

impl Credentials {
    /// The credentials of a request. One without the other is none.
    pub(super) fn of(username: Option<String>, password: Option<Secret>) -> Result<Option<Self>, Failure> {
        let (Some(username), Some(password)) = (username, password) else { return Ok(None) };
        if username.is_empty() || password.expose().is_empty() {
            return Ok(None);
        }
        for (name, value) in [("username", username.as_str()), ("password", password.expose())] {
            check_line(name, value)?;
        }
        Ok(Some(Self { username, password }))
    }

    /// What git is told when it asks.
    pub(super) fn answer(&self) -> Vec<u8> {
        format!("username={}\npassword={}\n", self.username, self.password.expose()).into_bytes()
    }

    /// A message without the password.
    pub(super) fn redact(&self, message: &str) -> String {
        let password = self.password.expose();
        if password.len() < SHORTEST { message.to_owned() } else { message.replace(password, "***") }
    }
}

/// Refuses what would be more than one line for git's helpers.
pub(super) fn check_line(name: &str, value: &str) -> Result<(), Failure> {
    match value.contains(['\n', '\r', '\0']) {
        true => Err(Failure::bad_request(format_args!("{name} contains a line break or a NUL"))),
        false => Ok(()),
    }
}

impl Remote {
    /// The remote of a URL, or of a path from the folder of the toolbox.
    pub(super) fn of(toolbox: &Toolbox, url: &str) -> Result<Self, Failure> {
        check_line("url", url)?;
        if url.starts_with('/') {
            let path = toolbox.locate(&PathBuf::from(url));
            return Ok(Self { url: path.display().to_string(), scope: None, credentials: None });
        }
        let Some(parts) = UrlParts::of(url) else {
            return Ok(Self { url: url.to_owned(), scope: None, credentials: None });
        };
        if !parts.is_http() {
            if has_password(url) {
                return Err(Failure::bad_request(
                    "git takes a password only for URLs of http:// and https://",
                ));
            }
            return Ok(Self { url: url.to_owned(), scope: None, credentials: None });
        }
        if parts.host.is_empty() || parts.host.contains(['=', ' ', '"', '\\']) {
            return Err(Failure::bad_request("the URL has no valid host"));
        }
        let scheme = parts.scheme.to_ascii_lowercase();
        let scope = format!("{scheme}://{}", parts.host);
        let credentials = match parts.user_info {
            None | Some("") => None,
            Some(user_info) => {
                let (username, password) = user_info.split_once(':').unwrap_or((user_info, ""));
                let (username, password) = (percent_decode_lossy(username), percent_decode_lossy(password));
                check_line("the user name of the URL", &username)?;
                check_line("the password of the URL", &password)?;
                Some(Credentials { username, password: password.into() })
            }
        };
        Ok(Self { url: format!("{scope}{}", parts.rest), scope: Some(scope), credentials })
    }

    /// Lets git use the credentials, else those of the URL, for this remote only.
    pub(super) fn authorize(&self, git: Git, credentials: Option<Credentials>) -> Git {
        match (&self.scope, credentials.or_else(|| self.credentials.clone())) {
            (Some(scope), Some(credentials)) => git.slow().credentials(scope.clone(), credentials),
            _ => git.slow(),
        }
    }
}

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
struct UrlParts<'a> {
    scheme: &'a str,
    user_info: Option<&'a str>,
    /// With the port.
    host: &'a str,
    /// The path and what follows it.
    rest: &'a str,
}

impl<'a> UrlParts<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, after) = url.split_once("://")?;
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        let (authority, rest) = after.split_at(end);
        let (user_info, host) = match authority.rsplit_once('@') {
            Some((user_info, host)) => (Some(user_info), host),
            None => (None, authority),
        };
        Some(Self { scheme, user_info, host, rest })
    }

    fn is_http(&self) -> bool {
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

    #[test]
    fn one_of_both_is_no_credentials_and_a_line_break_is_refused() {
        let of = |name: &str, password: &str| {
            Credentials::of(Some(name.to_owned()), Some(Secret::from(password.to_owned())))
        };
        assert!(of("u", "").unwrap().is_none() && of("", "p").unwrap().is_none());
        assert!(Credentials::of(Some("u".to_owned()), None).unwrap().is_none());
        assert!(of("u", "p\nhost=x").is_err() && of("u\0", "p").is_err());
        let credentials = of("u", "hunter2").unwrap().unwrap();
        assert_eq!(credentials.answer(), b"username=u\npassword=hunter2\n");
        assert_eq!(credentials.redact("not hunter2!"), "not ***!");
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }
}
