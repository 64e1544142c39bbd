//! Information about the server and its API key.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use daytona_api::control_plane::telemetry::{DaytonaConfiguration, OidcConfig};
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

/// `GET /config`: needs no key. There is no analytics service: metrics are the control plane's.
pub(super) async fn config(State(plane): State<Arc<ControlPlane>>) -> Json<DaytonaConfiguration> {
    let local = || "local".to_owned();
    Json(DaytonaConfiguration {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        oidc: OidcConfig {
            issuer: plane.origin.clone(),
            client_id: local(),
            audience: local(),
            provider: local(),
        },
        proxy_template_url: format!("{}/toolbox/{{{{sandboxId}}}}/{{{{PORT}}}}", plane.origin),
        proxy_toolbox_url: plane.toolbox_url(),
        default_snapshot: DEFAULT_SNAPSHOT.to_owned(),
        dashboard_url: plane.origin.clone(),
        max_auto_archive_interval: AUTO_ARCHIVE_MAXIMUM,
        environment: local(),
        ..DaytonaConfiguration::default()
    })
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
