//! URLs of one file that are signed instead of having a key.

use std::fmt::{self, Write as _};
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use daytona_api::toolbox::files;
use daytona_api::toolbox::signed_url::{EXPIRES, PATH, Permission, SIGNATURE};
use http::{Method, Uri};

/// The key that signatures for a sandbox are made with; `Debug` does not print it.
#[derive(Clone)]
pub(super) struct SigningKey(String);

impl SigningKey {
    /// Generates a random key of 256 bits.
    ///
    /// # Errors
    /// When the system's random number generator fails.
    pub(super) fn random() -> io::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let mut text = String::new();
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Ok(Self(text))
    }

    /// A key that was kept.
    pub(super) fn new(key: String) -> Self {
        Self(key)
    }

    /// Returns the key, for a client that is authenticated.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

/// A request that is signed, for one file of a sandbox.
#[derive(Debug)]
pub(super) struct SignedRequest {
    method: Method,
    route: &'static str,
    path: String,
    expires: u64,
    signature: String,
}

/// Why a signed request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The signature is not one of this key for this request.
    WrongSignature,
    /// The time of the URL is over.
    Expired,
}

impl SignedRequest {
    /// Reads what a request to a toolbox claims to be permitted; `route` is its path
    /// without the sandbox. `None` when it is not a signed request.
    ///
    /// A query with other parameters, or the same ones twice, is none: the toolbox could
    /// read another path in it than the one that is signed.
    pub(super) fn read(method: &Method, route: &str, query: &str) -> Option<Self> {
        let routes = [files::DOWNLOAD.operation(), files::UPLOAD_V2.operation()];
        let operation = routes.into_iter().find(|known| known.method == *method && known.path == route)?;
        let mut parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut take = |name: &str| {
            let at = parameters.iter().position(|(known, _)| known == name)?;
            Some(parameters.swap_remove(at).1)
        };
        let (path, expires, signature) = (take(PATH)?, take(EXPIRES)?, take(SIGNATURE)?);
        let expires = expires.parse().ok()?;
        let method = method.clone();
        parameters.is_empty().then_some(Self { method, route: operation.path, path, expires, signature })
    }

    /// Checks signature and time.
    pub(super) fn check(&self, key: &SigningKey) -> Result<(), Refusal> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let permission = Permission { method: &self.method, path: &self.path, expires: self.expires };
        if !permission.is_signed(key.expose(), &self.signature) {
            return Err(Refusal::WrongSignature);
        }
        if permission.is_valid_at(now) { Ok(()) } else { Err(Refusal::Expired) }
    }

    /// Returns the request for the toolbox: nothing but what is signed.
    pub(super) fn toolbox_uri(&self) -> Result<Uri, http::Error> {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair(PATH, &self.path).finish();
        let rest = format!("{}?{query}", self.route);
        Uri::builder().scheme("http").authority("toolbox").path_and_query(rest).build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &Method, route: &str, query: &str) -> Option<SignedRequest> {
        SignedRequest::read(method, route, query)
    }

    #[test]
    fn only_the_two_routes_with_exactly_these_parameters_are_signed_requests() {
        let query = "path=a+b&expires=0&signature=v1_x";
        let request = read(&Method::GET, "/files/download", query).unwrap();
        assert_eq!(request.toolbox_uri().unwrap().to_string(), "http://toolbox/files/download?path=a+b");
        assert!(read(&Method::POST, "/files/upload-v2", query).is_some());
        for (method, route, query) in [
            (Method::POST, "/files/download", query),
            (Method::GET, "/files/upload-v2", query),
            (Method::GET, "/files/download/", query),
            (Method::GET, "/files%2Fdownload", query),
            (Method::GET, "/files/info", query),
            (Method::DELETE, "/files", query),
            (Method::GET, "/files/download", "path=a&expires=0"),
            (Method::GET, "/files/download", "path=a&signature=v1_x"),
            (Method::GET, "/files/download", "path=a&path=b&expires=0&signature=v1_x"),
            (Method::GET, "/files/download", "path=a&expires=0&signature=v1_x&depth=1"),
            (Method::GET, "/files/download", "path=a&expires=-1&signature=v1_x"),
            (Method::GET, "/files/download", "path=a&expires=1.5&signature=v1_x"),
        ] {
            assert!(read(&method, route, query).is_none(), "{method} {route}?{query}");
        }
    }

    #[test]
    fn a_signature_is_checked_before_the_time() {
        let key = SigningKey::random().unwrap();
        let signed = |expires: u64| {
            let permission = Permission { method: &Method::GET, path: "a", expires };
            let query = format!("path=a&expires={expires}&signature={}", permission.sign(key.expose()));
            read(&Method::GET, "/files/download", &query).unwrap()
        };
        assert_eq!(signed(0).check(&key), Ok(()));
        assert_eq!(signed(u64::MAX).check(&key), Ok(()));
        assert_eq!(signed(1).check(&key), Err(Refusal::Expired));
        assert_eq!(signed(1).check(&SigningKey::random().unwrap()), Err(Refusal::WrongSignature));
        assert_eq!(format!("{key:?}"), "SigningKey(***)");
    }
}
