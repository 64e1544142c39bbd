//! The configuration of a client.

use secrecy::SecretString;

use crate::error::{Error, ErrorKind};
use crate::transport::network::Network;

/// The address of the service and the credentials of the caller.
#[derive(Clone, Debug)]
pub struct Config {
    /// Base URL of the control plane, e.g. `https://app.daytona.io/api`.
    pub api_url: String,
    /// API key, or a JWT together with [`Config::organization_id`].
    pub api_key: SecretString,
    /// Organization that a JWT acts for; an API key implies its own.
    pub organization_id: Option<String>,
    /// Region for new sandboxes. Default: that of the service.
    pub target: Option<String>,
    /// Proxies, trusted certificates and connections. Default: those of the process.
    pub network: Network,
}

impl Config {
    /// The API URL of the public service.
    pub const DEFAULT_API_URL: &str = "https://app.daytona.io/api";

    /// Creates a configuration with this API URL and key, and default values.
    #[must_use]
    pub fn new(api_url: &str, api_key: SecretString) -> Self {
        Self {
            api_url: api_url.to_owned(),
            api_key,
            organization_id: None,
            target: None,
            network: Network::of_process(),
        }
    }

    /// Returns the validated API URL, without a trailing slash.
    pub(crate) fn base_url(&self) -> Result<String, Error> {
        let invalid = |reason: &str| {
            Error::new(
                ErrorKind::InvalidArgument,
                "create the client",
                format!("the API URL (apiUrl) {:?} {reason}", self.api_url),
            )
        };
        let api_url = self.api_url.trim();
        let url = url::Url::parse(api_url).map_err(|error| {
            invalid(&format!(
                "is not a valid URL: {error}. Pass an absolute URL such as {}",
                Self::DEFAULT_API_URL
            ))
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid("must start with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            // The URL is not quoted because it contains a secret.
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "create the client",
                "the API URL (apiUrl) must not contain a user name or a password".to_owned(),
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("must not contain a query or a fragment"));
        }
        Ok(api_url.trim_end_matches('/').to_owned())
    }
}
