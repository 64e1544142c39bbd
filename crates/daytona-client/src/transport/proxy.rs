//! Which proxy requests go through, as the environment says.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use http::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::percent_decode_str;
use url::Url;

use super::unusable::Unusable;
use super::url::is_loopback;

/// The proxies of the environment, and the hosts that are reached without one.
pub(crate) struct Proxies {
    http: Option<Setting>,
    https: Option<Setting>,
    exceptions: Vec<Exception>,
    /// The settings of macOS and Windows, for schemes without a variable.
    system: Option<Matcher>,
}

/// The value of a variable: a proxy, or why it cannot be used.
type Setting = Result<Arc<Proxy>, Unusable>;

/// A proxy.
pub(crate) struct Proxy {
    /// May contain a password, so it is in no message.
    url: Url,
    /// Host and port.
    address: String,
    source: &'static str,
}

/// An entry of `NO_PROXY`.
struct Exception {
    port: Option<u16>,
    /// Connects to everything through a proxy except the hosts of the entry.
    hosts: Matcher,
}

impl Proxies {
    /// Reads the variables: `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in lower
    /// case and in upper case. As in Node.js and curl, the former take precedence.
    pub(crate) fn from_variables(read: &dyn Fn(&str) -> Option<OsString>) -> Self {
        // A program that serves requests by CGI gets HTTP_PROXY from the header `Proxy` of a request.
        let is_cgi = read("REQUEST_METHOD").is_some();
        let http: &[&'static str] = if is_cgi { &["http_proxy"] } else { &["http_proxy", "HTTP_PROXY"] };
        let all = || setting(read, &["all_proxy", "ALL_PROXY"]);
        let exceptions = first(read, &["no_proxy", "NO_PROXY"]).map(|(_, value)| value).unwrap_or_default();
        Self {
            http: setting(read, http).or_else(all),
            https: setting(read, &["https_proxy", "HTTPS_PROXY"]).or_else(all),
            exceptions: exceptions_of(&exceptions.to_string_lossy()),
            system: None,
        }
    }

    /// Also uses the settings of macOS and Windows.
    pub(crate) fn or_system(mut self) -> Self {
        self.system = cfg!(any(target_os = "macos", windows)).then(Matcher::from_system);
        self
    }

    /// Returns the proxy for requests to a URL; `None` for a direct connection.
    ///
    /// What is on this machine is never requested through a proxy.
    pub(crate) fn of(&self, url: &Url) -> Result<Option<Arc<Proxy>>, Unusable> {
        let setting = if url.scheme() == "https" { &self.https } else { &self.http };
        if (setting.is_none() && self.system.is_none()) || is_loopback(url) || self.is_exception(url) {
            return Ok(None);
        }
        match setting {
            Some(setting) => setting.clone().map(Some),
            None => Ok(self.system.as_ref().and_then(|system| of_system(system, url))),
        }
    }

    fn is_exception(&self, url: &Url) -> bool {
        let port = url.port_or_known_default();
        let Ok(uri) = url.as_str().parse::<http::Uri>() else { return false };
        self.exceptions.iter().any(|entry| {
            (entry.port.is_none() || entry.port == port) && entry.hosts.intercept(&uri).is_none()
        })
    }
}

impl Proxy {
    fn new(url: Url, source: &'static str) -> Self {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let address = format!("{host}:{port}");
        Self { url, address, source }
    }

    /// Returns the address of the proxy, without its credentials.
    pub(crate) fn uri(&self) -> Result<http::Uri, http::uri::InvalidUri> {
        format!("{}://{}", self.url.scheme(), self.address).parse()
    }

    /// Returns the credentials as the value of a header.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        if !self.has_credentials() {
            return None;
        }
        let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
        let (user, password) =
            (decoded(self.url.username()), decoded(self.url.password().unwrap_or_default()));
        let credentials = BASE64_STANDARD.encode([&user[..], b":", &password].concat());
        let mut value = HeaderValue::from_str(&format!("Basic {credentials}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Returns whether the connection to the proxy itself is encrypted.
    pub(crate) fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(crate) fn has_credentials(&self) -> bool {
        !self.url.username().is_empty() || self.url.password().is_some()
    }

    /// Returns where the proxy was set.
    pub(crate) fn source(&self) -> &'static str {
        self.source
    }

    /// Returns the URL with placeholders for the credentials.
    pub(crate) fn example(&self) -> String {
        format!("{}://USER:PASSWORD@{}", self.url.scheme(), self.address)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {} ({})", self.address, self.source)
    }
}

/// Returns the first variable with a value; an empty one is like none.
fn first(
    read: &dyn Fn(&str) -> Option<OsString>,
    names: &[&'static str],
) -> Option<(&'static str, OsString)> {
    names.iter().find_map(|name| Some((*name, read(name).filter(|value| !value.is_empty())?)))
}

fn setting(read: &dyn Fn(&str) -> Option<OsString>, names: &[&'static str]) -> Option<Setting> {
    let (name, value) = first(read, names)?;
    Some(parse(name, &value.to_string_lossy()).map(|url| Arc::new(Proxy::new(url, name))))
}

/// Parses the URL of a proxy. Errors do not quote it, because it may contain a password.
fn parse(name: &'static str, value: &str) -> Result<Url, Unusable> {
    const EXPECTED: &str =
        "Set it to the URL of an HTTP proxy, such as http://proxy.example.com:3128, or unset it";
    // A host without a scheme is an HTTP proxy.
    let url = if value.contains("://") { Url::parse(value) } else { Url::parse(&format!("http://{value}")) };
    match url {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        Ok(url) if url.scheme().starts_with("socks") => Err(Unusable::new(format!(
            "{name} names a SOCKS proxy ({}://), which is not supported. {EXPECTED}",
            url.scheme()
        ))),
        Ok(url) if url.has_host() => Err(Unusable::new(format!(
            "{name} names a proxy of an unknown kind ({}://). {EXPECTED}",
            url.scheme()
        ))),
        Ok(_) => Err(Unusable::new(format!("{name} is not a valid URL. {EXPECTED}"))),
        Err(error) => Err(Unusable::new(format!("{name} is not a valid URL: {error}. {EXPECTED}"))),
    }
}

fn of_system(system: &Matcher, url: &Url) -> Option<Arc<Proxy>> {
    let uri = system.intercept(&url.as_str().parse().ok()?)?.uri().to_string();
    Some(Arc::new(Proxy::new(Url::parse(&uri).ok()?, "the system's settings")))
}

/// Parses `NO_PROXY`: entries between commas or white space, each a host with its subdomains
/// (`example.com`, `.example.com`, `*.example.com`), an address, a network (`10.0.0.0/8`) or `*`,
/// with an optional port.
fn exceptions_of(list: &str) -> Vec<Exception> {
    let entries = list.split(|separator: char| separator == ',' || separator.is_whitespace());
    entries.filter(|entry| !entry.is_empty()).map(exception).collect()
}

fn exception(entry: &str) -> Exception {
    let (host, port) = match entry.rsplit_once(':') {
        // The colons of an IPv6 address are not that of a port.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
    Exception { port, hosts: Matcher::builder().all("http://proxy").no(host).build() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        Proxies::from_variables(&|name| {
            variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        })
    }

    fn proxy_of(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let proxy = proxies(variables).of(&Url::parse(url).unwrap());
        proxy.unwrap_or_else(|error| panic!("{error:?}")).map(|proxy| proxy.to_string())
    }

    #[test]
    fn each_scheme_has_its_variables() {
        let table = [
            ("HTTPS_PROXY", "https://a.test", true),
            ("HTTPS_PROXY", "http://a.test", false),
            ("https_proxy", "https://a.test", true),
            ("HTTP_PROXY", "http://a.test", true),
            ("http_proxy", "http://a.test", true),
            ("http_proxy", "https://a.test", false),
            ("ALL_PROXY", "https://a.test", true),
            ("all_proxy", "http://a.test", true),
        ];
        for (name, url, is_used) in table {
            let expected = is_used.then(|| format!("the proxy proxy.test:3128 ({name})"));
            assert_eq!(proxy_of(&[(name, "http://me:hush@proxy.test:3128")], url), expected, "{name} {url}");
        }
    }

    #[test]
    fn lower_case_and_the_own_variable_take_precedence() {
        let lower = [("HTTPS_PROXY", "http://upper.test"), ("https_proxy", "http://lower.test")];
        assert_eq!(proxy_of(&lower, "https://a.test").unwrap(), "the proxy lower.test:80 (https_proxy)");
        let own = [("ALL_PROXY", "http://all.test"), ("HTTPS_PROXY", "https://own.test")];
        assert_eq!(proxy_of(&own, "https://a.test").unwrap(), "the proxy own.test:443 (HTTPS_PROXY)");
        let empty = [("https_proxy", ""), ("HTTPS_PROXY", "proxy.test:3128")];
        assert_eq!(proxy_of(&empty, "https://a.test").unwrap(), "the proxy proxy.test:3128 (HTTPS_PROXY)");
        assert_eq!(proxy_of(&[("https_proxy", "")], "https://a.test"), None);
        let cgi = [("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://attacker.test")];
        assert_eq!(proxy_of(&cgi, "http://a.test"), None);
    }

    #[test]
    fn no_proxy_excludes_hosts_in_all_its_forms() {
        let table = [
            ("*", "https://api.example.com", true),
            ("example.com", "https://example.com", true),
            ("example.com", "https://api.example.com", true),
            ("EXAMPLE.com", "https://api.example.COM", true),
            (".example.com", "https://api.example.com", true),
            ("*.example.com", "https://api.example.com", true),
            ("example.com", "https://notexample.com", false),
            ("*.example.com", "https://notexample.com", false),
            ("other.test,example.com", "https://example.com", true),
            ("other.test , example.com", "https://example.com", true),
            ("other.test example.com", "https://example.com", true),
            ("other.test", "https://example.com", false),
            ("example.com:443", "https://example.com", true),
            ("example.com:8443", "https://example.com", false),
            ("example.com:8443", "https://example.com:8443", true),
            ("*:8443", "https://example.com:8443", true),
            ("*:8443", "https://example.com", false),
            ("192.0.2.7", "https://192.0.2.7", true),
            ("192.0.2.7:3986", "https://192.0.2.7:3986", true),
            ("192.0.2.7:3986", "https://192.0.2.7", false),
            ("192.0.2.0/24", "https://192.0.2.7", true),
            ("192.0.3.0/24", "https://192.0.2.7", false),
            ("2001:db8::7", "https://[2001:db8::7]", true),
            ("[2001:db8::7]", "https://[2001:db8::7]", true),
            ("[2001:db8::7]:8443", "https://[2001:db8::7]:8443", true),
            ("[2001:db8::7]:8443", "https://[2001:db8::7]", false),
            ("2001:db8::/32", "https://[2001:db8::7]", true),
            ("", "https://example.com", false),
            (",, ,", "https://example.com", false),
        ];
        for (list, url, is_direct) in table {
            for name in ["NO_PROXY", "no_proxy"] {
                let variables = [("HTTPS_PROXY", "http://proxy.test:3128"), (name, list)];
                assert_eq!(proxy_of(&variables, url).is_none(), is_direct, "{name}={list:?} {url}");
            }
        }
    }

    #[test]
    fn loopback_has_no_proxy() {
        let hosts = ["localhost", "app.localhost", "127.0.0.1", "127.8.8.8", "[::1]", "[::ffff:127.0.0.1]"];
        for url in hosts.iter().flat_map(|host| [format!("http://{host}"), format!("https://{host}:8443")]) {
            assert_eq!(proxy_of(&[("ALL_PROXY", "http://proxy.test:3128")], &url), None, "{url}");
        }
    }
}
