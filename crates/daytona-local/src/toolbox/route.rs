//! Which method and path lead where.
//!
//! A table of its own rather than a framework's router: paths are matched
//! after decoding (`/files%2Finfo` is `/files/info`), a wrong method is as
//! unknown as a wrong path, HEAD does not follow GET, and a slash too many or
//! too few is answered by a redirect.

use daytona_api::toolbox as path;
use http::{HeaderValue, Method, StatusCode, header};

use super::query::percent_decode_lossy;
use crate::answer::{self, Answer};

/// The one path that is a route in both spellings.
const FILES_SLASH: &str = "/files/";

/// Everything the toolbox does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Execute,
    List,
    Info,
    Folder,
    Delete,
    Move,
    Permissions,
    Find,
    Search,
    Replace,
    Upload,
    UploadV2,
    BulkUpload,
    Download,
    BulkDownload,
    Version,
    WorkDir,
    HomeDir,
}

/// What a method and a path lead to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Route(Route),
    /// There is a route when a slash at the end is added or dropped: this path.
    Slash(String),
    Nothing,
}

/// Finds the route of a request.
pub(super) fn find(method: &Method, raw_path: &str) -> Found {
    let path = percent_decode_lossy(raw_path);
    if let Some(route) = exact(method, &path) {
        return Found::Route(route);
    }
    let other = match path.strip_suffix('/') {
        Some(shorter) => exact(method, shorter),
        None => exact(method, &format!("{path}/")),
    };
    match other {
        Some(_) => Found::Slash(match raw_path.strip_suffix('/') {
            Some(shorter) => shorter.to_owned(),
            None => format!("{raw_path}/"),
        }),
        None => Found::Nothing,
    }
}

fn exact(method: &Method, path: &str) -> Option<Route> {
    let route = match (method.as_str(), path) {
        ("POST", path::EXECUTE) => Route::Execute,
        ("GET", path::FILES | FILES_SLASH) => Route::List,
        ("DELETE", path::FILES | FILES_SLASH) => Route::Delete,
        ("GET", path::FILE_INFO) => Route::Info,
        ("POST", path::FOLDER) => Route::Folder,
        ("POST", path::MOVE) => Route::Move,
        ("POST", path::PERMISSIONS) => Route::Permissions,
        ("GET", path::FIND) => Route::Find,
        ("GET", path::SEARCH) => Route::Search,
        ("POST", path::REPLACE) => Route::Replace,
        ("POST", path::UPLOAD) => Route::Upload,
        ("POST", path::UPLOAD_V2) => Route::UploadV2,
        ("POST", path::BULK_UPLOAD) => Route::BulkUpload,
        ("GET", path::DOWNLOAD) => Route::Download,
        ("POST", path::BULK_DOWNLOAD) => Route::BulkDownload,
        ("GET", path::VERSION) => Route::Version,
        ("GET", path::WORK_DIR) => Route::WorkDir,
        ("GET", path::USER_HOME_DIR | path::PROJECT_DIR) => Route::HomeDir,
        _ => return None,
    };
    Some(route)
}

/// Sends a client to the path with the right slash, its query kept.
pub(super) fn redirect(method: &Method, path: &str, query: Option<&str>) -> Answer {
    let location = match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut answer = if method == Method::GET {
        let escaped = location.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#34;");
        let body = format!("<a href=\"{escaped}\">Moved Permanently</a>.\n\n");
        answer::typed(StatusCode::MOVED_PERMANENTLY, "text/html; charset=utf-8", body)
    } else {
        answer::empty(StatusCode::TEMPORARY_REDIRECT)
    };
    if let Ok(value) = HeaderValue::from_str(&location) {
        answer.headers_mut().insert(header::LOCATION, value);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_matches_after_decoding_and_only_with_its_method() {
        assert_eq!(find(&Method::POST, "/process%2Fexecute"), Found::Route(Route::Execute));
        assert_eq!(find(&Method::GET, "/process/execute"), Found::Nothing);
        assert_eq!(find(&Method::HEAD, "/version"), Found::Nothing);
        assert_eq!(find(&Method::GET, "//version"), Found::Nothing);
        assert_eq!(find(&Method::GET, "/Version"), Found::Nothing);
    }

    #[test]
    fn a_slash_too_many_is_redirected_with_the_query() {
        assert_eq!(find(&Method::GET, "/version/"), Found::Slash("/version".to_owned()));
        let answer = redirect(&Method::POST, "/process/execute", Some("a=b"));
        assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(answer.headers()[header::LOCATION], "/process/execute?a=b");
    }
}
