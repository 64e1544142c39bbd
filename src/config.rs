//! Where the service is and who asks, from JavaScript.

use daytona_client::{Config, Daytona, Error};
use napi_derive::napi;

/// The service's address and the caller's credentials.
#[napi(object)]
#[derive(Clone)]
pub struct ClientConfig {
    /// Base of the control plane, e.g. `https://app.daytona.io/api`.
    pub api_url: String,
    /// API key, or a token together with `organizationId`.
    pub api_key: String,
    /// The organization that a token acts for.
    pub organization_id: Option<String>,
    /// Region for new sandboxes.
    pub target: Option<String>,
}

impl ClientConfig {
    pub(crate) fn client(self) -> Result<Daytona, Error> {
        let mut config = Config::new(&self.api_url, self.api_key.into());
        config.organization_id = self.organization_id;
        config.target = self.target;
        Daytona::new(config)
    }
}
