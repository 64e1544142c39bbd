//! Volumes: folders that several sandboxes share, and that outlive them.

use serde::{Deserialize, Serialize};

use crate::ErrorKind;
use crate::null_as_default;
use crate::operation::{Repeat, Service, operations};

/// The state of a volume that can be mounted.
pub const READY: &str = "ready";

operations! { Service::ControlPlane;
    /// All volumes.
    LIST: () => Vec<Volume> = GET "/volumes", "list the volumes", query(&[], &["includeDeleted"]);
    /// Creates a volume.
    CREATE: CreateVolume => Volume = POST "/volumes", "create a volume";
    /// One volume, by its name.
    GET_BY_NAME: () => Volume = GET "/volumes/by-name/{name}", "find the volume";
    /// One volume, by its id.
    GET: () => Volume = GET "/volumes/{volumeId}", "find the volume";
    /// Deletes a volume with its files.
    DELETE: () => () = DELETE "/volumes/{volumeId}", "delete the volume",
        repeat(Repeat::DoneAt(&[ErrorKind::NotFound]));
}

/// The body of [`CREATE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateVolume {
    /// Name, unique in the organization.
    pub name: String,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct Volume {
    /// Unique id.
    pub id: String,
    /// Name, unique in the organization.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// The organization that owns it.
    #[serde(deserialize_with = "null_as_default")]
    pub organization_id: String,
    /// Current state; a volume can be mounted once it is `ready`.
    #[serde(deserialize_with = "null_as_default")]
    #[cfg_attr(
        feature = "napi",
        napi(
            ts_type = "'creating' | 'ready' | 'pending_create' | 'pending_delete' | 'deleting' | 'deleted' | 'error' | (string & {})"
        )
    )]
    pub state: String,
    /// When it was created, RFC 3339.
    pub created_at: Option<String>,
    /// When it last changed, RFC 3339.
    pub updated_at: Option<String>,
    /// When it was last mounted, RFC 3339.
    pub last_used_at: Option<String>,
    /// Reason for the state `error`.
    pub error_reason: Option<String>,
}
