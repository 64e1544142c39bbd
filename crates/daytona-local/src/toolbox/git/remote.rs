//! A remote: its URL, and the credentials for it.

use std::path::PathBuf;

use super::super::Toolbox;
use super::super::query::percent_decode_lossy;
use super::credentials::{Credentials, check_line};
use super::program::Git;
use super::url::{UrlParts, has_password};
use crate::response::Failure;

/// Where a remote is.
#[derive(Debug)]
pub(super) struct Remote {
    /// The URL, without user name and password if it is one of HTTP.
    pub(super) url: String,
    /// Scheme, host and port of a URL of HTTP.
    scope: Option<String>,
    credentials: Option<Credentials>,
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
                Some(Credentials::new(username, password.into()))
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
