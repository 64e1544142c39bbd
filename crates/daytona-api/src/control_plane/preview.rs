//! Previews: URLs of programs of a sandbox that listen on a port.

use serde::{Deserialize, Serialize};

use crate::operation::{Repeat, Service, operations};

/// Header with the token of a preview.
pub const TOKEN_HEADER: &str = "x-daytona-preview-token";
/// Query parameter with the token of a preview, or of a WebSocket of the toolbox.
pub const TOKEN_PARAMETER: &str = "DAYTONA_SANDBOX_AUTH_KEY";
/// Begins the name of the cookie with the token of a preview; the sandbox's id follows.
pub const TOKEN_COOKIE_PREFIX: &str = "daytona-sandbox-auth-";

/// Ports that need a key or a token also where previews are public: the toolbox, the
/// terminal and the recordings.
pub const PROTECTED_PORTS: [u16; 3] = [2280, 22_222, 33_333];

operations! { Service::ControlPlane;
    /// The URL of a port, and the token that it needs.
    PREVIEW_URL: () => PortPreviewUrl = GET "/sandbox/{sandboxIdOrName}/ports/{port}/preview-url",
        "get a preview URL";
    /// A URL of a port that needs no token, and expires.
    SIGNED_PREVIEW_URL: () => SignedPortPreviewUrl =
        GET "/sandbox/{sandboxIdOrName}/ports/{port}/signed-preview-url", "get a signed preview URL",
        query(&[], &["expiresInSeconds"]);
    /// Ends the validity of a signed URL. An unknown token is no error.
    EXPIRE_SIGNED_PREVIEW_URL: () => () =
        POST "/sandbox/{sandboxIdOrName}/ports/{port}/signed-preview-url/{token}/expire",
        "expire a signed preview URL", repeat(Repeat::Safe);
}

/// The URL of a port of a sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
pub struct PortPreviewUrl {
    /// Id of the sandbox.
    pub sandbox_id: String,
    /// The URL.
    pub url: String,
    /// The token that requests need unless previews of the sandbox are public: as the header
    /// `X-Daytona-Preview-Token` or the query parameter `DAYTONA_SANDBOX_AUTH_KEY`. It also
    /// gives access to the rest of the sandbox.
    pub token: String,
}

/// A URL of a port of a sandbox that needs no token, and expires.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
pub struct SignedPortPreviewUrl {
    /// Id of the sandbox.
    pub sandbox_id: String,
    /// The port.
    pub port: u16,
    /// What `expireSignedPreviewUrl` takes to end the validity of the URL.
    pub token: String,
    /// The URL.
    pub url: String,
}
