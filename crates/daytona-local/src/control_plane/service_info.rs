//! Information about the server and its API key.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::ControlPlane;
use super::clock::now;
use super::sandbox::request::{AUTO_ARCHIVE_MAXIMUM, DEFAULT_SNAPSHOT};

impl ControlPlane {
    /// Returns the base URL of the toolboxes.
    pub(super) fn toolbox_url(&self) -> String {
        format!("{}/toolbox", self.origin)
    }
}

/// `GET /config`: needs no key. Current clients require `oidc.provider`.
pub(super) async fn config(State(plane): State<Arc<ControlPlane>>) -> Json<Value> {
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "oidc": {"issuer": plane.origin, "clientId": "local", "audience": "local", "provider": "local"},
        "linkedAccountsEnabled": false,
        "announcements": {},
        "proxyTemplateUrl": format!("{}/toolbox/{{{{sandboxId}}}}/{{{{PORT}}}}", plane.origin),
        "proxyToolboxUrl": plane.toolbox_url(),
        "defaultSnapshot": DEFAULT_SNAPSHOT,
        "dashboardUrl": plane.origin,
        "maxAutoArchiveInterval": AUTO_ARCHIVE_MAXIMUM,
        "maintananceMode": false,
        "environment": "local",
    }))
}

/// `GET /api-keys/current`: describes the key of the request.
pub(super) async fn current_key(State(plane): State<Arc<ControlPlane>>) -> Json<Value> {
    Json(json!({
        "name": "local",
        "value": plane.key.masked(),
        "createdAt": plane.started_at,
        "permissions": ["write:sandboxes", "delete:sandboxes"],
        "lastUsedAt": now(),
        "expiresAt": null,
        "userId": "local",
    }))
}
