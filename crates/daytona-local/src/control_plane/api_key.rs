//! The API key that requests must send.

use std::fmt::{self, Write as _};
use std::io;

use http::{HeaderMap, header};
use subtle::ConstantTimeEq as _;

/// An API key; `Debug` does not print it.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// Uses a given key.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Generates a random key of 256 bits in the format of the service's keys.
    ///
    /// # Errors
    /// When the system's random number generator fails.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let mut text = "dtn_".to_owned();
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Ok(Self(text))
    }

    /// Returns the key, to show it to the user who started the server.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the key with all but its first and last three characters masked.
    #[must_use]
    pub fn masked(&self) -> String {
        let shown = |part: Option<&str>| part.unwrap_or_default().to_owned();
        if self.0.len() < 16 {
            return "*".repeat(8);
        }
        format!("{}{}{}", shown(self.0.get(..3)), "*".repeat(20), shown(self.0.get(self.0.len() - 3..)))
    }

    /// Whether the request has this key as its bearer token. Compares in constant
    /// time.
    #[must_use]
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        bearer(headers).is_some_and(|given| given.as_bytes().ct_eq(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

/// Returns the bearer token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
