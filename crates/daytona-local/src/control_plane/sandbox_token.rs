//! The token of a sandbox, which gives access to it without the API key: programs of the
//! sandbox by their preview URLs, and its toolbox.

use std::fmt;
use std::io;

use daytona_api::control_plane::preview::{TOKEN_COOKIE_PREFIX, TOKEN_HEADER, TOKEN_PARAMETER};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri, header};
use subtle::ConstantTimeEq as _;

/// What tokens are made of.
const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// The length of a sandbox's token.
const LENGTH: usize = 32;
/// The length of the token of a signed URL.
const SIGNED_LENGTH: usize = 16;

/// A token; `Debug` does not print it.
#[derive(Clone)]
pub(super) struct SandboxToken(String);

/// How a request has sent a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SentBy {
    Header,
    Query,
    Cookie,
}

impl SandboxToken {
    /// Generates a token of a sandbox.
    ///
    /// # Errors
    /// When the system's random number generator fails.
    pub(super) fn random() -> io::Result<Self> {
        Self::of_length(LENGTH)
    }

    /// Generates a token of a signed URL.
    ///
    /// # Errors
    /// When the system's random number generator fails.
    pub(super) fn random_signed() -> io::Result<Self> {
        Self::of_length(SIGNED_LENGTH)
    }

    fn of_length(length: usize) -> io::Result<Self> {
        let mut text = String::with_capacity(length);
        let mut bytes = [0; LENGTH];
        while text.len() < length {
            getrandom::fill(&mut bytes).map_err(io::Error::other)?;
            // The largest multiple of the number of letters, so that all are as likely.
            let even = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < 252);
            let letters = even.filter_map(|byte| LETTERS.get(byte % LETTERS.len()));
            text.extend(letters.take(length - text.len()).map(|letter| char::from(*letter)));
        }
        Ok(Self(text))
    }

    /// Returns the token, for a client that is authenticated.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is the token. Compares in constant time.
    pub(super) fn is(&self, given: &str) -> bool {
        given.as_bytes().ct_eq(self.0.as_bytes()).into()
    }

    /// How a request to this sandbox has sent the token; `None` if it has not.
    pub(super) fn sent_by(&self, id: &str, headers: &HeaderMap, uri: &Uri) -> Option<SentBy> {
        let mut ways = [
            (SentBy::Header, header_token(headers)),
            (SentBy::Query, query_token(uri)),
            (SentBy::Cookie, cookie_token(headers, id)),
        ]
        .into_iter();
        ways.find(|(_, token)| token.as_deref().is_some_and(|token| self.is(token))).map(|(way, _)| way)
    }

    /// The cookie that lets a browser load what a page refers to.
    pub(super) fn cookie(&self, id: &str) -> Option<HeaderValue> {
        let cookie = format!("{TOKEN_COOKIE_PREFIX}{id}={}; Path=/; HttpOnly; SameSite=Lax", self.0);
        HeaderValue::from_str(&cookie).ok()
    }
}

impl fmt::Debug for SandboxToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SandboxToken(***)")
    }
}

/// Whether a request has sent any token.
pub(super) fn has_token(id: &str, headers: &HeaderMap, uri: &Uri) -> bool {
    header_token(headers).is_some() || query_token(uri).is_some() || cookie_token(headers, id).is_some()
}

/// Removes tokens from a request: they are not for whoever receives it.
pub(super) fn remove_tokens(parts: &mut Parts) {
    parts.headers.remove(TOKEN_HEADER);
    if let Some(uri) = without_token(&parts.uri) {
        parts.uri = uri;
    }
    let (tokens, kept): (Vec<&str>, Vec<&str>) =
        cookies(&parts.headers).partition(|cookie| cookie.starts_with(TOKEN_COOKIE_PREFIX));
    if tokens.is_empty() {
        return;
    }
    match HeaderValue::from_str(&kept.join("; ")) {
        Ok(kept) if !kept.is_empty() => drop(parts.headers.insert(header::COOKIE, kept)),
        _ => drop(parts.headers.remove(header::COOKIE)),
    }
}

fn header_token(headers: &HeaderMap) -> Option<String> {
    headers.get(TOKEN_HEADER)?.to_str().ok().map(str::to_owned)
}

fn query_token(uri: &Uri) -> Option<String> {
    let mut pairs = form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.find(|(name, _)| name == TOKEN_PARAMETER).map(|(_, token)| token.into_owned())
}

fn cookie_token(headers: &HeaderMap, id: &str) -> Option<String> {
    cookies(headers).find_map(|cookie| {
        let (name, token) = cookie.split_once('=')?;
        (name.strip_prefix(TOKEN_COOKIE_PREFIX) == Some(id)).then(|| token.to_owned())
    })
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty())
}

/// The same address without the token, and otherwise byte for byte; `None` if it has none.
fn without_token(uri: &Uri) -> Option<Uri> {
    let query = uri.query()?;
    let is_token = |pair: &&str| {
        let mut names = form_urlencoded::parse(pair.as_bytes()).map(|(name, _)| name);
        names.next().is_some_and(|name| name == TOKEN_PARAMETER)
    };
    query.split('&').any(|pair| is_token(&pair)).then_some(())?;
    let rest = query.split('&').filter(|pair| !is_token(pair)).collect::<Vec<_>>().join("&");
    let path = uri.path();
    let whole = if rest.is_empty() { path.to_owned() } else { format!("{path}?{rest}") };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(whole.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn tokens_are_random_small_letters_and_digits() {
        let [one, other] = [SandboxToken::random().unwrap(), SandboxToken::random().unwrap()];
        assert_ne!(one.expose(), other.expose());
        let signed = SandboxToken::random_signed().unwrap();
        for (token, length) in [(&one, 32), (&signed, 16)] {
            assert_eq!(token.expose().len(), length);
            assert!(token.expose().bytes().all(|byte| LETTERS.contains(&byte)));
        }
        assert_eq!(format!("{one:?}"), "SandboxToken(***)");
    }

    #[test]
    fn a_token_is_taken_from_header_query_or_cookie() {
        let token = SandboxToken("t0".to_owned());
        let cookie = |value| ("cookie", value);
        for (uri, headers, expected) in [
            ("/", vec![], None),
            ("/", vec![(TOKEN_HEADER, "t0")], Some(SentBy::Header)),
            ("/", vec![(TOKEN_HEADER, "t")], None),
            ("/?a=1&DAYTONA_SANDBOX_AUTH_KEY=t0", vec![(TOKEN_HEADER, "t")], Some(SentBy::Query)),
            ("/?daytona_sandbox_auth_key=t0", vec![], None),
            ("/", vec![cookie("a=b; daytona-sandbox-auth-box=t0")], Some(SentBy::Cookie)),
            ("/", vec![cookie("a=b"), cookie("daytona-sandbox-auth-box=t0")], Some(SentBy::Cookie)),
            ("/", vec![cookie("daytona-sandbox-auth-other=t0")], None),
            ("/", vec![cookie("daytona-sandbox-auth-box=t00")], None),
        ] {
            let parts = request(uri, &headers);
            assert_eq!(token.sent_by("box", &parts.headers, &parts.uri), expected, "{uri} {headers:?}");
        }
    }

    #[test]
    fn whoever_receives_a_request_does_not_receive_the_token() {
        for (uri, expected) in [
            ("/p?b=%20&DAYTONA_SANDBOX_AUTH_KEY=t&a=+", "/p?b=%20&a=+"),
            ("/p?DAYTONA_SANDBOX_AUTH_KEY=t", "/p"),
            ("/p?DAYTONA%5FSANDBOX_AUTH_KEY=t&&x", "/p?&x"),
            ("/p?", "/p?"),
            ("/p", "/p"),
            ("http://host/p?DAYTONA_SANDBOX_AUTH_KEY=t", "http://host/p"),
        ] {
            let mut parts = request(uri, &[(TOKEN_HEADER, "t")]);
            remove_tokens(&mut parts);
            assert_eq!((parts.uri.to_string().as_str(), parts.headers.len()), (expected, 0));
        }
        let mut parts = request(
            "/",
            &[("cookie", "a=b; daytona-sandbox-auth-x=t;c=d"), ("cookie", "daytona-sandbox-auth-y=t")],
        );
        remove_tokens(&mut parts);
        assert_eq!(parts.headers.get_all("cookie").iter().collect::<Vec<_>>(), ["a=b; c=d"]);
    }
}
