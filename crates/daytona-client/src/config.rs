//! Where the service is and who asks.

use secrecy::SecretString;

use crate::error::{Error, ErrorKind};

/// The service's address and the caller's credentials.
#[derive(Clone, Debug)]
pub struct Config {
    /// Base of the control plane, e.g. `https://app.daytona.io/api`.
    pub api_url: String,
    /// API key, or a token when [`Config::organization_id`] is set.
    pub api_key: SecretString,
    /// The organization a token acts for; keys imply theirs.
    pub organization_id: Option<String>,
    /// Region for new sandboxes; the service's default when absent.
    pub target: Option<String>,
}

impl Config {
    /// The address of the public service.
    pub const DEFAULT_API_URL: &str = "https://app.daytona.io/api";

    /// A configuration with the given address and key, and defaults.
    #[must_use]
    pub fn new(api_url: &str, api_key: SecretString) -> Self {
        Self { api_url: api_url.to_owned(), api_key, organization_id: None, target: None }
    }

    /// Checks the address; the result has no slash at its end.
    pub(crate) fn base_url(&self) -> Result<String, Error> {
        let invalid = |why: &str| {
            Error::new(
                ErrorKind::InvalidArgument,
                "use the service",
                format!("the API URL (apiUrl) {:?} {why}", self.api_url),
            )
        };
        let url =
            reqwest::Url::parse(&self.api_url).map_err(|error| invalid(&format!("is no URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid("must start with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            // Not quoted: it holds a secret.
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "use the service",
                "the API URL (apiUrl) must not hold a user name or a password".to_owned(),
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("must not have a query or a fragment"));
        }
        Ok(self.api_url.trim_end_matches('/').to_owned())
    }
}
