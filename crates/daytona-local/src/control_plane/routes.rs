//! Which path leads where.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, RawQuery, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post, put};
use axum::{Json, Router};
use bytes::Bytes;
use daytona_api::control_plane::sandbox::{
    Sandbox, SandboxLabels, SandboxNumberedPage, SandboxPage, ToolboxProxyUrl,
};
use http::{Method, StatusCode};

use super::api_failure::{ApiFailure, complete};
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
        .route("/autoarchive/{minutes}", post(set_auto_archive))
        .route("/autodelete/{minutes}", post(set_auto_delete))
        .route("/last-activity", post(touch))
        .route("/toolbox-proxy-url", get(toolbox_proxy_url));
    let api = Router::new()
        .route("/sandbox", post(create).get(list))
        .route("/sandbox/paginated", get(numbered_list))
        .nest("/sandbox/{sandbox}", absent_parts(sandbox))
        .route("/api-keys/current", get(service_info::current_key))
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
        ("/ports/{port}/preview-url", "Preview of ports"),
        ("/ports/{port}/signed-preview-url", "Preview of ports"),
        ("/ports/{port}/signed-preview-url/{token}/expire", "Preview of ports"),
        ("/ssh-access", "SSH access"),
        ("/resize", "Resizing"),
        ("/fork", "Forking"),
        ("/snapshot", "Making snapshots of sandboxes"),
        ("/pause", "Pausing"),
        ("/build-logs-url", "Building images"),
        ("/network-settings", "Changing the network of a sandbox"),
        ("/secrets", "Secrets"),
        ("/signing-key", "Signed file addresses"),
        ("/signing-key/rotate", "Signed file addresses"),
        ("/telemetry/metrics", "Metrics"),
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

async fn no_route(method: Method, OriginalUri(uri): OriginalUri) -> ApiFailure {
    let url = uri.path_and_query().map_or(uri.path(), |full| full.as_str());
    ApiFailure::new(StatusCode::NOT_FOUND, format!("Cannot {method} {url}"))
}

async fn create(State(plane): Plane, body: Bytes) -> Answered<Sandbox> {
    let sandbox = request::accept(&plane, &body)?;
    plane.create(sandbox).await.map(Json)
}

async fn list(State(plane): Plane, RawQuery(query): RawQuery) -> Answered<SandboxPage> {
    listing::page(&plane.registry, query.as_deref().unwrap_or_default()).map(Json)
}

async fn numbered_list(State(plane): Plane, RawQuery(query): RawQuery) -> Answered<SandboxNumberedPage> {
    listing::numbered_page(&plane.registry, query.as_deref().unwrap_or_default()).map(Json)
}

async fn one(State(plane): Plane, Path(id): Path<String>) -> Answered<Sandbox> {
    plane.registry.lock().find(&id).map(|entry| Json(entry.sandbox.clone()))
}

async fn remove(State(plane): Plane, Path(id): Path<String>) -> Answered<Sandbox> {
    plane.delete(&id).await.map(Json)
}

async fn start(State(plane): Plane, Path(id): Path<String>) -> Answered<Sandbox> {
    plane.start(&id).await.map(Json)
}

async fn stop(State(plane): Plane, Path(id): Path<String>) -> Answered<Sandbox> {
    plane.stop(&id).await.map(Json)
}

async fn recover(State(plane): Plane, Path(id): Path<String>) -> Answered<Sandbox> {
    plane.recover(&id).await.map(Json)
}

async fn archive(State(plane): Plane, Path(id): Path<String>) -> Answered<Sandbox> {
    plane.archive(&id).map(Json)
}

async fn set_labels(State(plane): Plane, Path(id): Path<String>, body: Bytes) -> Answered<Sandbox> {
    // The sandbox first: a missing one outranks a bad body.
    plane.registry.lock().find(&id)?;
    let labels: SandboxLabels = request::read_json(&body)?;
    change(&plane, &id, |sandbox| sandbox.labels = labels.labels)
}

async fn set_public(State(plane): Plane, Path((id, public)): Path<(String, String)>) -> Answered<Sandbox> {
    let public = match public.as_str() {
        "true" => true,
        "false" => false,
        _ => return Err(ApiFailure::bad_request("Validation failed (boolean string is expected)")),
    };
    change(&plane, &id, |sandbox| sandbox.public = public)
}

async fn set_auto_stop(State(plane): Plane, Path((id, text)): Path<(String, String)>) -> Answered<Sandbox> {
    let minutes = request::not_negative(whole(&text)?, "Auto-stop")?;
    change(&plane, &id, |sandbox| sandbox.auto_stop_interval = Some(minutes))
}

async fn set_auto_archive(
    State(plane): Plane,
    Path((id, text)): Path<(String, String)>,
) -> Answered<Sandbox> {
    let minutes = request::auto_archive(whole(&text)?)?;
    change(&plane, &id, |sandbox| sandbox.auto_archive_interval = Some(minutes))
}

async fn set_auto_delete(State(plane): Plane, Path((id, text)): Path<(String, String)>) -> Answered<Sandbox> {
    let minutes = whole(&text)?.max(-1);
    change(&plane, &id, |sandbox| sandbox.auto_delete_interval = Some(minutes))
}

async fn touch(State(plane): Plane, Path(id): Path<String>) -> Result<StatusCode, ApiFailure> {
    plane.registry.lock().find_mut(&id)?.touch();
    Ok(StatusCode::CREATED)
}

async fn toolbox_proxy_url(State(plane): Plane, Path(id): Path<String>) -> Answered<ToolboxProxyUrl> {
    plane.registry.lock().find(&id)?;
    Ok(Json(ToolboxProxyUrl { url: plane.toolbox_url() }))
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
