//! The key that every request must carry.

use std::fmt::{self, Write as _};
use std::io;

use http::{HeaderMap, header};
use subtle::ConstantTimeEq as _;

/// A bearer key; never shown by `Debug`.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// A key of the caller's choice.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// A new random key of 256 bits, in the form of the service's own keys.
    ///
    /// # Errors
    /// When the system has no randomness to give.
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

    /// The key itself, for the one who started the server.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The key with its middle left out.
    #[must_use]
    pub fn masked(&self) -> String {
        let shown = |part: Option<&str>| part.unwrap_or_default().to_owned();
        if self.0.len() < 16 {
            return "*".repeat(8);
        }
        format!("{}{}{}", shown(self.0.get(..3)), "*".repeat(20), shown(self.0.get(self.0.len() - 3..)))
    }

    /// Whether the bearer key of a request is this one.
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

/// The bearer key of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
