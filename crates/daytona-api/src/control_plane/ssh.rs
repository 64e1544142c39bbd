//! SSH access to sandboxes.

use serde::{Deserialize, Serialize};

use super::sandbox::Sandbox;
use crate::Timestamp;
use crate::operation::{Repeat, Service, operations};

operations! { Service::ControlPlane;
    /// A token to log in with. Ends the validity of the sandbox's earlier tokens. Not
    /// repeated: each request makes another token.
    CREATE_SSH_ACCESS: () => SshAccess = POST "/sandbox/{sandboxIdOrName}/ssh-access", "create SSH access",
        query(&[], &["expiresInMinutes"]);
    /// Ends the validity of a token.
    REVOKE_SSH_ACCESS: () => Sandbox = DELETE "/sandbox/{sandboxIdOrName}/ssh-access", "revoke SSH access",
        query(&[], &["token"]), repeat(Repeat::Safe);
    /// Whether a token is valid. Many deployments answer it to their SSH gateway only.
    VALIDATE_SSH_ACCESS: () => SshAccessValidation = GET "/sandbox/ssh-access/validate", "validate SSH access",
        query(&["token"], &[]);
}

/// Access to a sandbox by SSH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct SshAccess {
    /// Id of the access.
    pub id: String,
    /// Id of the sandbox.
    pub sandbox_id: String,
    /// The user name to log in with; there is no password.
    pub token: String,
    /// When it expires.
    #[cfg_attr(feature = "napi", napi(ts_type = "Date"))]
    pub expires_at: Timestamp,
    /// When it was created.
    #[cfg_attr(feature = "napi", napi(ts_type = "Date"))]
    pub created_at: Timestamp,
    /// When it was changed.
    #[cfg_attr(feature = "napi", napi(ts_type = "Date"))]
    pub updated_at: Timestamp,
    /// The command that logs in.
    pub ssh_command: String,
}

/// Whether a token is valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
pub struct SshAccessValidation {
    /// Whether the token is valid.
    pub valid: bool,
    /// Id of the sandbox that it belongs to, if it is valid.
    #[serde(default)]
    pub sandbox_id: Option<String>,
}
