//! URLs of the service, and their form in error messages.

use bytes::Bytes;
use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use url::Url;

/// The base URL of requests, parsed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    /// The URL without a trailing slash.
    text: String,
    /// The same, parsed; `None` when the service returned an invalid URL.
    parsed: Option<Parsed>,
    pub(crate) is_secure: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parsed {
    url: Url,
    scheme: Scheme,
    authority: Authority,
}

impl Base {
    pub(crate) fn new(text: &str) -> Self {
        let text = text.trim_end_matches('/').to_owned();
        let is_secure = text.starts_with("https:");
        let parsed = Parsed::new(&text);
        Self { text, parsed, is_secure }
    }

    /// Returns the parsed URL; `None` when it is invalid.
    pub(crate) fn parsed(&self) -> Option<&Url> {
        self.parsed.as_ref().map(|parsed| &parsed.url)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Appends a path and query, for a request: only those are parsed. `None`
    /// when the base is not a valid URL.
    pub(crate) fn uri(&self, path_and_query: &str) -> Option<Uri> {
        let Parsed { url, scheme, authority } = self.parsed.as_ref()?;
        let path_and_query = [url.path().trim_end_matches('/'), path_and_query].concat();
        let mut parts = Parts::default();
        parts.scheme = Some(scheme.clone());
        parts.authority = Some(authority.clone());
        parts.path_and_query = Some(PathAndQuery::from_maybe_shared(Bytes::from(path_and_query)).ok()?);
        Uri::from_parts(parts).ok()
    }

    /// Appends a path and query.
    pub(crate) fn join(&self, path_and_query: &str) -> String {
        let mut url = String::with_capacity(self.text.len() + path_and_query.len());
        url.push_str(&self.text);
        url.push_str(path_and_query);
        url
    }
}

impl Parsed {
    fn new(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let scheme = url.scheme().parse().ok()?;
        let host = url.host_str()?;
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(Self { scheme, authority: authority.parse().ok()?, url })
    }
}

/// Returns whether a URL is one of this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Returns scheme, host and port of a URL.
pub(crate) fn origin(url: &str) -> String {
    Url::parse(url).map_or_else(
        |_| "the service".to_owned(),
        |url| {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
        },
    )
}

/// Returns a URL without its query, which may contain file names.
pub(crate) fn origin_and_path(url: &str) -> String {
    Url::parse(url)
        .map_or_else(|_| "the service".to_owned(), |parsed| format!("{}{}", origin(url), parsed.path()))
}

/// Returns the target of a redirect without its query, which may contain a secret.
pub(crate) fn redirect_target(url: &str, location: &str) -> String {
    let target = Url::parse(url).and_then(|base| base.join(location));
    target.map_or_else(|_| "an invalid URL".to_owned(), |target| origin_and_path(target.as_str()))
}
