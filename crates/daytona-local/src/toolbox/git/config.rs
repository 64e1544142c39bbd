//! Configuration and stored credentials.

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use daytona_api::toolbox::git::{AUTHENTICATE, CONFIGURE_USER, ConfigResponse, SET_CONFIG};
use http::StatusCode;

use super::super::call::given;
use super::super::{Call, Toolbox, text};
use super::credentials::check_line;
use super::failure;
use super::program::Git;
use super::program::GitFolder;
use crate::response::Failure;

/// Where a value is kept.
struct Scope {
    option: &'static str,
    folder: GitFolder,
}

impl Scope {
    fn of(toolbox: &Toolbox, scope: Option<&str>, path: Option<&str>) -> Result<Self, Failure> {
        let option = match scope.unwrap_or_default() {
            "" | "global" => "--global",
            "system" => "--system",
            "local" => "--local",
            other => {
                return Err(Failure::bad_request(format_args!(
                    "scope is '{other}'; it must be global, local or system"
                )));
            }
        };
        let folder = match path.filter(|path| !path.is_empty() && option == "--local") {
            Some(path) => toolbox.locate(Path::new(path)),
            None if option == "--local" => {
                return Err(Failure::bad_request("path is required when scope is local"));
            }
            None => toolbox.home_dir.clone(),
        };
        Ok(Self { option, folder: GitFolder::new(toolbox, folder) })
    }

    fn git(&self, options: &[&str]) -> Git {
        options.iter().fold(self.folder.git(&["config", self.option]), |git, option| git.arg(*option))
    }

    async fn set(&self, key: &str, value: &str) -> Result<(), Failure> {
        self.git(&["--replace-all", "--"]).arg(key).arg(value).run().await.map(drop)
    }
}

/// A value; null when the key is not set.
pub(in super::super) async fn get(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<ConfigResponse>, Failure> {
    let [key, scope, path] = ["key", "scope", "path"].map(|name| call.query.text(name));
    if key.is_empty() {
        return Err(Failure::bad_request("key is required"));
    }
    let scope = Scope::of(toolbox, Some(&scope), Some(&path))?;
    let finished = scope.git(&["--null", "--get", "--"]).arg(key).finish().await?;
    if finished.status.success() {
        let value = finished.output.strip_suffix(b"\0").unwrap_or(&finished.output);
        return Ok(Json(ConfigResponse { value: Some(text::lossy(value.to_vec())) }));
    }
    // Without a message, it is not set.
    let is_unset = finished.status.code() == Some(1) && finished.messages.is_empty();
    if is_unset { Ok(Json(ConfigResponse::default())) } else { Err(failure::of(&finished)) }
}

/// Sets a value.
pub(in super::super) async fn set(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let request = call.json(&SET_CONFIG).await?;
    given("key", &request.key)?;
    given("value", &request.value)?;
    let scope = Scope::of(toolbox, request.scope.as_deref(), request.path.as_deref())?;
    scope.set(&request.key, &request.value).await?;
    Ok(StatusCode::OK)
}

/// Sets the name and the address of the user.
pub(in super::super) async fn configure_user(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<StatusCode, Failure> {
    let request = call.json(&CONFIGURE_USER).await?;
    given("name", &request.name)?;
    given("email", &request.email)?;
    let scope = Scope::of(toolbox, request.scope.as_deref(), request.path.as_deref())?;
    scope.set("user.name", &request.name).await?;
    scope.set("user.email", &request.email).await?;
    Ok(StatusCode::OK)
}

/// Stores credentials for a host in plain text, with git's own `store`.
pub(in super::super) async fn authenticate(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<StatusCode, Failure> {
    let request = call.json(&AUTHENTICATE).await?;
    let password = request.password.expose();
    given("username", &request.username)?;
    given("password", password)?;
    let or = |value: Option<String>, default: &str| {
        value.filter(|value| !value.is_empty()).unwrap_or_else(|| default.to_owned())
    };
    let (host, protocol) = (or(request.host, "github.com"), or(request.protocol, "https"));
    let fields = [
        ("protocol", protocol.as_str()),
        ("host", &host),
        ("username", &request.username),
        ("password", password),
    ];
    for (name, value) in fields {
        check_line(name, value)?;
    }
    let global = Scope::of(toolbox, None, None)?;
    let helpers = global.git(&["--get-all", "credential.helper"]).finish().await?;
    if !text::lossy_ref(&helpers.output).lines().any(|helper| helper == "store") {
        global.git(&["--add", "credential.helper", "store"]).run().await?;
    }
    let input: String = fields.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let git = global.folder.git(&["credential", "approve"]);
    let finished =
        git.option("credential.helper=").option("credential.helper=store").input(input).finish().await?;
    // It succeeds also when its helper does not.
    if finished.status.success() && finished.messages.is_empty() {
        return Ok(StatusCode::OK);
    }
    Err(failure::of(&finished))
}
