//! Which path leads where.

use std::sync::Arc;

use axum::extract::{OriginalUri, RawQuery, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post, put};
use axum::{Json, Router};
use daytona_api::control_plane::preview::{PortPreviewUrl, SignedPortPreviewUrl};
use daytona_api::control_plane::sandbox::{
    Sandbox, SandboxLabels, SandboxNumberedPage, SandboxPage, SandboxState, ToolboxProxyUrl,
};
use daytona_api::control_plane::telemetry::MetricsResponse;
use daytona_api::control_plane::volume::Volume;
use http::{HeaderMap, Method, StatusCode};

use super::api_failure::{ApiFailure, complete};
use super::extract::{Payload, Segments};
use super::sandbox::{listing, request};
use super::{ControlPlane, service_info, toolbox_proxy};

type Plane = State<Arc<ControlPlane>>;
type Answered<T> = Result<Json<T>, ApiFailure>;

pub(super) fn router(plane: &Arc<ControlPlane>) -> Router {
    let sandbox = Router::new()
        .route("/", get(one).delete(remove))
        .route("/start", post(start))
        .route("/stop", post(stop))
        .route("/recover", post(recover))
        .route("/archive", post(archive))
        .route("/labels", put(set_labels))
        .route("/public/{public}", post(set_public))
        .route("/autostop/{minutes}", post(set_auto_stop))
        .route("/autopause/{minutes}", post(set_auto_pause))
        .route("/autoarchive/{minutes}", post(set_auto_archive))
        .route("/autodelete/{minutes}", post(set_auto_delete))
        .route("/ttl/{minutes}", post(set_ttl))
        .route("/pause", post(pause))
        .route("/resize", post(resize))
        .route("/network-settings", post(update_network_settings))
        .route("/last-activity", post(touch))
        .route("/signing-key", get(signing_key))
        .route("/signing-key/rotate", post(rotate_signing_key))
        .route("/ports/{port}/preview-url", get(preview_url))
        .route("/ports/{port}/signed-preview-url", get(signed_preview_url))
        .route("/ports/{port}/signed-preview-url/{token}/expire", post(expire_signed_preview_url))
        .route("/toolbox-proxy-url", get(toolbox_proxy_url))
        .route("/telemetry/metrics", get(metrics));
    let api = Router::new()
        .route("/sandbox", post(create).get(list))
        .route("/sandbox/paginated", get(numbered_list))
        .nest("/sandbox/{sandbox}", absent_parts(sandbox))
        .route("/sandbox/for-runner", any(async || ApiFailure::not_built("The interface of runners")))
        .route("/sandbox/ssh-access/validate", any(async || ApiFailure::not_built("SSH access")))
        .route("/volumes", get(list_volumes).post(create_volume))
        .route("/volumes/by-name/{name}", get(volume_by_name))
        .route("/volumes/{volume}", get(volume).delete(delete_volume))
        .route("/api-keys/current", get(service_info::current_key))
        .route_layer(from_fn_with_state(Arc::clone(plane), save))
        .route_layer(from_fn_with_state(Arc::clone(plane), authenticate))
        .route("/config", get(service_info::config))
        .fallback(no_route)
        .method_not_allowed_fallback(no_route)
        .layer(from_fn(complete));
    Router::new().nest("/api", api).fallback(any(toolbox_proxy::handle)).with_state(Arc::clone(plane))
}

/// Parts of the service that the local server does not have: they say so,
/// rather than look like a missing sandbox.
fn absent_parts(sandbox: Router<Arc<ControlPlane>>) -> Router<Arc<ControlPlane>> {
    const PARTS: &[(&str, &str)] = &[
        ("/ssh-access", "SSH access"),
        ("/backup", "Backing up"),
        ("/forks", "Forking"),
        ("/parent", "Forking"),
        ("/ancestors", "Forking"),
        ("/build-logs", "Building images"),
        ("/organization", "Managing organizations"),
        ("/region-quota", "Managing organizations"),
        ("/state", "The interface of runners"),
        ("/telemetry/logs", "Telemetry"),
        ("/telemetry/traces", "Telemetry"),
        ("/telemetry/traces/{trace}", "Telemetry"),
        ("/fork", "Forking"),
        ("/snapshot", "Making snapshots of sandboxes"),
        ("/build-logs-url", "Building images"),
        ("/secrets", "Secrets"),
    ];
    PARTS.iter().fold(sandbox, |router, (path, what)| {
        router.route(path, any(async move || ApiFailure::not_built(what).into_response()))
    })
}

async fn authenticate(State(plane): Plane, request: Request, next: Next) -> Response {
    if plane.key.admits(request.headers()) {
        next.run(request).await
    } else {
        ApiFailure::new(StatusCode::UNAUTHORIZED, "Invalid credentials").into_response()
    }
}

/// Responds to a change once it is saved.
async fn save(State(plane): Plane, request: Request, next: Next) -> Response {
    let is_change = request.method() != Method::GET;
    let response = next.run(request).await;
    if is_change && let Err(error) = plane.save().await {
        tracing::warn!(%error, "cannot save the records of sandboxes");
        let message = format!("The change was made, but cannot be saved: {error}");
        return ApiFailure::new(StatusCode::INTERNAL_SERVER_ERROR, message).into_response();
    }
    response
}

async fn no_route(
    State(plane): Plane,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> ApiFailure {
    let url = uri.path_and_query().map_or(uri.path(), |full| full.as_str());
    match absent_part(uri.path()) {
        Some(_) if !plane.key.admits(&headers) => {
            ApiFailure::new(StatusCode::UNAUTHORIZED, "Invalid credentials")
        }
        Some(what) => ApiFailure::not_built(what),
        None => ApiFailure::new(StatusCode::NOT_FOUND, format!("Cannot {method} {url}")),
    }
}

/// Resources of the service that the local server does not have.
fn absent_part(path: &str) -> Option<&'static str> {
    const RESOURCES: &[(&str, &str)] = &[
        ("admin", "Administration"),
        ("api-keys", "Managing API keys"),
        ("audit", "The audit log"),
        ("docker-registry", "Container registries"),
        ("health", "The health check of the service"),
        ("jobs", "The interface of runners"),
        ("object-storage", "Object storage"),
        ("organizations", "Managing organizations"),
        ("preview", "The interface of proxies"),
        ("regions", "Managing regions"),
        ("runners", "The interface of runners"),
        ("secret", "Managing secrets"),
        ("shared-regions", "Managing regions"),
        ("snapshots", "Managing snapshots"),
        ("users", "Managing users"),
        ("warm-pools", "Managing warm pools"),
        ("webhooks", "Managing webhooks"),
    ];
    let resource = path.strip_prefix("/api/")?.split('/').next()?;
    RESOURCES.iter().find(|(name, _)| *name == resource).map(|(_, what)| *what)
}

async fn create(State(plane): Plane, Payload(body): Payload) -> Answered<Sandbox> {
    let sandbox = request::accept(&plane, &body).await?;
    plane.create(sandbox).await.map(Json)
}

async fn list(State(plane): Plane, RawQuery(query): RawQuery) -> Answered<SandboxPage> {
    listing::page(&plane.registry, query.as_deref().unwrap_or_default()).map(Json)
}

async fn numbered_list(State(plane): Plane, RawQuery(query): RawQuery) -> Answered<SandboxNumberedPage> {
    listing::numbered_page(&plane.registry, query.as_deref().unwrap_or_default()).map(Json)
}

async fn one(State(plane): Plane, Segments(id): Segments<String>) -> Answered<Sandbox> {
    plane.registry.lock().find(&id).map(|entry| Json(entry.sandbox.clone()))
}

async fn remove(State(plane): Plane, Segments(id): Segments<String>) -> Answered<Sandbox> {
    plane.delete(&id).await.map(Json)
}

async fn start(State(plane): Plane, Segments(id): Segments<String>) -> Answered<Sandbox> {
    plane.start(&id).await.map(Json)
}

async fn stop(State(plane): Plane, Segments(id): Segments<String>) -> Answered<Sandbox> {
    plane.stop(&id).await.map(Json)
}

async fn recover(State(plane): Plane, Segments(id): Segments<String>) -> Answered<Sandbox> {
    plane.recover(&id).await.map(Json)
}

async fn archive(State(plane): Plane, Segments(id): Segments<String>) -> Answered<Sandbox> {
    plane.archive(&id).await.map(Json)
}

async fn set_labels(
    State(plane): Plane,
    Segments(id): Segments<String>,
    Payload(body): Payload,
) -> Answered<Sandbox> {
    // The sandbox first: a missing one outranks a bad body.
    plane.registry.lock().find(&id)?;
    let labels: SandboxLabels = request::read_json(&body)?;
    change(&plane, &id, |sandbox| sandbox.labels = labels.labels)
}

async fn set_public(
    State(plane): Plane,
    Segments((id, public)): Segments<(String, String)>,
) -> Answered<Sandbox> {
    let public = match public.as_str() {
        "true" => true,
        "false" => false,
        _ => return Err(ApiFailure::bad_request("Validation failed (boolean string is expected)")),
    };
    change(&plane, &id, |sandbox| sandbox.public = public)
}

async fn set_auto_stop(
    State(plane): Plane,
    Segments((id, text)): Segments<(String, String)>,
) -> Answered<Sandbox> {
    let minutes = request::not_negative(whole(&text)?, "Auto-stop")?;
    change(&plane, &id, |sandbox| sandbox.auto_stop_interval = Some(minutes))
}

/// Sandboxes here are of a class that the service cannot pause either.
fn not_pausable() -> ApiFailure {
    let message =
        "Sandboxes of the class container cannot be paused; stop the sandbox, which keeps its files";
    ApiFailure::new(StatusCode::UNPROCESSABLE_ENTITY, message)
}

async fn pause(State(plane): Plane, Segments(id): Segments<String>) -> Answered<Sandbox> {
    match plane.registry.lock().find(&id)?.sandbox.state {
        SandboxState::Started => Err(not_pausable()),
        _ => Err(ApiFailure::bad_request("Sandbox is not started")),
    }
}

async fn set_auto_pause(
    State(plane): Plane,
    Segments((id, text)): Segments<(String, String)>,
) -> Answered<Sandbox> {
    match request::not_negative(whole(&text)?, "Auto-pause")? {
        0 => change(&plane, &id, |sandbox| sandbox.auto_pause_interval = Some(0)),
        _ => plane.registry.lock().find(&id).and_then(|_| Err(not_pausable())),
    }
}

async fn set_ttl(State(plane): Plane, Segments((id, text)): Segments<(String, String)>) -> Answered<Sandbox> {
    let time = request::destroy_at(whole(&text)?)?;
    change(&plane, &id, |sandbox| sandbox.auto_destroy_at = time)
}

async fn resize(
    State(plane): Plane,
    Segments(id): Segments<String>,
    Payload(body): Payload,
) -> Answered<Sandbox> {
    plane.registry.lock().find(&id)?;
    plane.resize(&id, request::read_json(&body)?).map(Json)
}

async fn set_auto_archive(
    State(plane): Plane,
    Segments((id, text)): Segments<(String, String)>,
) -> Answered<Sandbox> {
    let minutes = request::auto_archive(whole(&text)?)?;
    change(&plane, &id, |sandbox| sandbox.auto_archive_interval = Some(minutes))
}

async fn set_auto_delete(
    State(plane): Plane,
    Segments((id, text)): Segments<(String, String)>,
) -> Answered<Sandbox> {
    let minutes = whole(&text)?.max(-1);
    change(&plane, &id, |sandbox| sandbox.auto_delete_interval = Some(minutes))
}

async fn update_network_settings(
    State(plane): Plane,
    Segments(id): Segments<String>,
    Payload(body): Payload,
) -> Answered<Sandbox> {
    plane.registry.lock().find(&id)?;
    plane.update_network_settings(&id, &request::read_json(&body)?).map(Json)
}

async fn touch(State(plane): Plane, Segments(id): Segments<String>) -> Result<StatusCode, ApiFailure> {
    plane.registry.lock().find_mut(&id)?.touch();
    Ok(StatusCode::CREATED)
}

async fn signing_key(State(plane): Plane, Segments(id): Segments<String>) -> Answered<String> {
    plane.registry.lock().find(&id).map(|entry| Json(entry.signing_key.expose().to_owned()))
}

async fn rotate_signing_key(State(plane): Plane, Segments(id): Segments<String>) -> Answered<String> {
    plane.rotate_signing_key(&id).map(Json)
}

async fn preview_url(
    State(plane): Plane,
    Segments((id, port)): Segments<(String, String)>,
) -> Answered<PortPreviewUrl> {
    plane.preview_url(&id, &port).map(Json)
}

async fn signed_preview_url(
    State(plane): Plane,
    Segments((id, port)): Segments<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answered<SignedPortPreviewUrl> {
    plane.signed_preview_url(&id, &port, query.as_deref().unwrap_or_default()).map(Json)
}

async fn expire_signed_preview_url(
    State(plane): Plane,
    Segments((id, port, token)): Segments<(String, String, String)>,
) -> Result<StatusCode, ApiFailure> {
    plane.expire_signed_preview_url(&id, &port, &token)?;
    Ok(StatusCode::CREATED)
}

async fn metrics(
    State(plane): Plane,
    Segments(id): Segments<String>,
    RawQuery(query): RawQuery,
) -> Answered<MetricsResponse> {
    plane.metrics(&id, query.as_deref().unwrap_or_default()).await.map(Json)
}

async fn toolbox_proxy_url(State(plane): Plane, Segments(id): Segments<String>) -> Answered<ToolboxProxyUrl> {
    plane.registry.lock().find(&id)?;
    Ok(Json(ToolboxProxyUrl { url: plane.toolbox_url() }))
}

async fn list_volumes(State(plane): Plane) -> Json<Vec<Volume>> {
    Json(plane.list_volumes())
}

async fn create_volume(State(plane): Plane, Payload(body): Payload) -> Answered<Volume> {
    plane.create_volume(request::read_json(&body)?).await.map(Json)
}

async fn volume(State(plane): Plane, Segments(id): Segments<String>) -> Answered<Volume> {
    plane.volume(&id).map(Json)
}

async fn volume_by_name(State(plane): Plane, Segments(name): Segments<String>) -> Answered<Volume> {
    plane.volume_by_name(&name).map(Json)
}

async fn delete_volume(
    State(plane): Plane,
    Segments(id): Segments<String>,
) -> Result<StatusCode, ApiFailure> {
    plane.delete_volume(&id).await.map(|()| StatusCode::OK)
}

fn change(plane: &ControlPlane, id: &str, change: impl FnOnce(&mut Sandbox)) -> Answered<Sandbox> {
    let mut entries = plane.registry.lock();
    let entry = entries.find_mut(id)?;
    change(&mut entry.sandbox);
    entry.changed();
    entry.touch();
    Ok(Json(entry.sandbox.clone()))
}

fn whole(text: &str) -> Result<i64, ApiFailure> {
    text.parse().map_err(|_| ApiFailure::bad_request("Validation failed (numeric string is expected)"))
}
