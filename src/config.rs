//! The configuration of a client, from JavaScript.

use daytona_client::{Config, Daytona, Error};
use napi_derive::napi;

/// The address of the service and the credentials of the caller.
#[napi(object)]
#[derive(Clone)]
pub struct ClientConfig {
    /// Base URL of the control plane, e.g. `https://app.daytona.io/api`.
    pub api_url: String,
    /// API key, or a JWT together with `organizationId`.
    pub api_key: String,
    /// Organization that a JWT acts for.
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
