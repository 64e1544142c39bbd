//! URLs of the service, and their form in error messages.

use reqwest::Url;

/// The base URL of requests, parsed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    /// The URL without a trailing slash.
    text: String,
    /// The same, parsed; `None` when the service returned an invalid URL.
    url: Option<Url>,
    pub(crate) is_secure: bool,
}

impl Base {
    pub(crate) fn new(text: &str) -> Self {
        let text = text.trim_end_matches('/').to_owned();
        let is_secure = text.starts_with("https:");
        let url = Url::parse(&text).ok();
        Self { text, url, is_secure }
    }

    /// Returns the parsed URL; `None` when it is invalid.
    pub(crate) fn parsed(&self) -> Option<&Url> {
        self.url.as_ref()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Appends a path and query, for a request: only those are parsed. `None`
    /// when the base is not a valid URL.
    pub(crate) fn url(&self, path_and_query: &str) -> Option<Url> {
        let base = self.url.as_ref()?;
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let mut url = base.clone();
        url.set_path(&[base.path().trim_end_matches('/'), path].concat());
        url.set_query(query);
        Some(url)
    }

    /// Appends a path and query.
    pub(crate) fn join(&self, path_and_query: &str) -> String {
        let mut url = String::with_capacity(self.text.len() + path_and_query.len());
        url.push_str(&self.text);
        url.push_str(path_and_query);
        url
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
