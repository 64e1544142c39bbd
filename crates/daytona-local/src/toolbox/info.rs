//! The toolbox itself: its version and folders.

use std::sync::Arc;

use axum::Json;
use daytona_api::toolbox::info::{DirResponse, INITIALIZE, VersionResponse};
use serde_json::{Value, json};

use super::call::InvalidBody;
use super::{Call, Toolbox};
use crate::response::Failure;

/// The release of the service whose behaviour this toolbox has.
const VERSION: &str = "v0.190.0";

/// The release.
pub(super) async fn version(_: &Arc<Toolbox>, _: Call) -> Result<Json<VersionResponse>, Failure> {
    Ok(Json(VersionResponse { version: VERSION.to_owned() }))
}

/// Accepts the token of the platform as the service does. It has no use here: this
/// toolbox reports nothing to anybody.
pub(super) async fn initialize(_: &Arc<Toolbox>, mut call: Call) -> Result<Json<Value>, Failure> {
    call.json(&INITIALIZE).await.map_err(InvalidBody::into_bad_request)?;
    Ok(Json(json!({ "message": "Auth token set and telemetry initialized successfully" })))
}

/// The folder in which commands start.
pub(super) async fn work_dir(toolbox: &Arc<Toolbox>, _: Call) -> Result<Json<DirResponse>, Failure> {
    Ok(Json(DirResponse { dir: toolbox.work_dir.display().to_string() }))
}

/// The home folder of the sandbox's user.
pub(super) async fn home_dir(toolbox: &Arc<Toolbox>, _: Call) -> Result<Json<DirResponse>, Failure> {
    Ok(Json(DirResponse { dir: toolbox.home_dir.display().to_string() }))
}
