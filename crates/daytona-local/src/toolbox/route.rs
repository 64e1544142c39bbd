//! Which operation is carried out where.
//!
//! Method, path and path parameters come from the table of operations. A
//! framework's router would not do: paths are matched after decoding
//! (`/files%2Finfo` is `/files/info`), a wrong method is as unknown as a wrong
//! path, HEAD does not follow GET, and a slash too many or too few leads to a
//! redirect.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use daytona_api::Operation;
use daytona_api::toolbox::{
    computer_use as desktop, files as file, git, info, interpreter, lsp, port, process, pty, session, system,
};
use futures_util::future::BoxFuture;
use http::{HeaderValue, Method, StatusCode, header};

use super::Toolbox;
use super::call::{Call, Parameters};
use crate::response::{self, Failure};

/// What carries an operation out.
type Handler = for<'a> fn(&'a Arc<Toolbox>, Call) -> BoxFuture<'a, Result<Response, Failure>>;

/// An operation and what carries it out.
#[derive(Debug)]
pub(super) struct Route {
    operation: &'static Operation,
    pub(super) handler: Handler,
}

/// Pairs operations with asynchronous functions that take a [`Call`] and return
/// a response, or a value that becomes one.
macro_rules! routes {
    ($($operation:path => $handler:path;)+) => {
        &[$(Route {
            operation: $operation.operation(),
            handler: |toolbox, call| {
                Box::pin(async move { Ok($handler(toolbox, call).await?.into_response()) })
            },
        }),+]
    };
}

static ROUTES: &[Route] = routes! {
    process::EXECUTE => super::process::execute;
    process::CODE_RUN => super::process::code_run;
    pty::CREATE => super::pty::create;
    pty::LIST => super::pty::list;
    pty::CREATE_CONNECT => super::pty::create_connect;
    pty::GET => super::pty::get;
    pty::DELETE => super::pty::delete;
    pty::CONNECT => super::pty::connect;
    pty::RESIZE => super::pty::resize;
    session::CREATE => super::session::create;
    session::LIST => super::session::list;
    session::GET_ENTRYPOINT => super::session::get_entrypoint;
    session::GET_ENTRYPOINT_LOGS => super::session::get_entrypoint;
    session::GET => super::session::get;
    session::DELETE => super::session::delete;
    session::EXECUTE => super::session::execute;
    session::GET_COMMAND => super::session::get_command;
    session::GET_COMMAND_LOGS => super::session::get_command_logs;
    session::SEND_INPUT => super::session::send_input;
    desktop::START => super::computer_use::start;
    desktop::STOP => super::computer_use::stop;
    desktop::SYSTEM_STATUS => super::computer_use::status;
    desktop::STATUS => super::computer_use::status;
    desktop::PROCESS_STATUS => super::computer_use::process_status;
    desktop::RESTART_PROCESS => super::computer_use::restart_process;
    desktop::PROCESS_LOGS => super::computer_use::process_logs;
    desktop::PROCESS_ERRORS => super::computer_use::process_errors;
    desktop::MOUSE_POSITION => super::computer_use::mouse_position;
    desktop::MOUSE_MOVE => super::computer_use::move_mouse;
    desktop::MOUSE_CLICK => super::computer_use::click;
    desktop::MOUSE_DRAG => super::computer_use::drag;
    desktop::MOUSE_SCROLL => super::computer_use::scroll;
    desktop::MOUSE_DOWN => super::computer_use::mouse_down;
    desktop::MOUSE_UP => super::computer_use::mouse_up;
    desktop::KEYBOARD_TYPE => super::computer_use::type_text;
    desktop::KEYBOARD_PRESS => super::computer_use::press_key;
    desktop::KEYBOARD_HOTKEY => super::computer_use::press_hotkey;
    desktop::KEYBOARD_DOWN => super::computer_use::key_down;
    desktop::KEYBOARD_UP => super::computer_use::key_up;
    desktop::SCREENSHOT => super::computer_use::screenshot;
    desktop::SCREENSHOT_REGION => super::computer_use::screenshot_region;
    desktop::SCREENSHOT_COMPRESSED => super::computer_use::screenshot_compressed;
    desktop::SCREENSHOT_REGION_COMPRESSED => super::computer_use::screenshot_region_compressed;
    desktop::DISPLAY_INFO => super::computer_use::displays;
    desktop::WINDOWS => super::computer_use::windows;
    desktop::A11Y_TREE => super::computer_use::tree;
    desktop::A11Y_FIND => super::computer_use::find;
    desktop::A11Y_FOCUS => super::computer_use::focus;
    desktop::A11Y_INVOKE => super::computer_use::invoke;
    desktop::A11Y_SET_VALUE => super::computer_use::set_value;
    desktop::RECORDING_START => super::computer_use::start_recording;
    desktop::RECORDING_STOP => super::computer_use::stop_recording;
    desktop::RECORDING_LIST => super::computer_use::list_recordings;
    desktop::RECORDING_GET => super::computer_use::get_recording;
    desktop::RECORDING_DELETE => super::computer_use::delete_recording;
    desktop::RECORDING_DOWNLOAD => super::computer_use::download_recording;
    interpreter::CREATE_CONTEXT => super::interpreter::create;
    interpreter::LIST_CONTEXTS => super::interpreter::list;
    interpreter::DELETE_CONTEXT => super::interpreter::delete;
    interpreter::EXECUTE => super::interpreter::execute;
    file::LIST => super::files::list;
    file::DELETE => super::files::remove;
    file::INFO => super::files::info;
    file::CREATE_FOLDER => super::files::folder;
    file::MOVE => super::files::relocate;
    file::SET_PERMISSIONS => super::files::permissions;
    file::FIND => super::files::find;
    file::SEARCH => super::files::search;
    file::REPLACE => super::files::replace;
    file::UPLOAD => super::files::upload;
    file::UPLOAD_V2 => super::files::upload_v2;
    file::BULK_UPLOAD => super::files::bulk_upload;
    file::WATCH => super::files::watch;
    file::DOWNLOAD => super::files::download;
    file::BULK_DOWNLOAD => super::files::bulk_download;
    git::CLONE => super::git::clone;
    git::STATUS => super::git::status;
    git::LIST_BRANCHES => super::git::list_branches;
    git::CREATE_BRANCH => super::git::create_branch;
    git::DELETE_BRANCH => super::git::delete_branch;
    git::CHECKOUT => super::git::checkout;
    git::ADD => super::git::add;
    git::COMMIT => super::git::commit;
    git::HISTORY => super::git::history;
    git::PUSH => super::git::push;
    git::PULL => super::git::pull;
    git::INIT => super::git::init;
    git::RESET => super::git::reset;
    git::RESTORE => super::git::restore;
    git::LIST_REMOTES => super::git::list_remotes;
    git::ADD_REMOTE => super::git::add_remote;
    git::GET_CONFIG => super::git::get_config;
    git::SET_CONFIG => super::git::set_config;
    git::CONFIGURE_USER => super::git::configure_user;
    git::AUTHENTICATE => super::git::authenticate;
    info::VERSION => super::info::version;
    info::WORK_DIR => super::info::work_dir;
    info::USER_HOME_DIR => super::info::home_dir;
    info::PROJECT_DIR => super::info::home_dir;
    info::INITIALIZE => super::info::initialize;
    info::UPDATE_ENV => super::environment::update;
    lsp::START => super::lsp::start;
    lsp::STOP => super::lsp::stop;
    lsp::DID_OPEN => super::lsp::did_open;
    lsp::DID_CLOSE => super::lsp::did_close;
    lsp::COMPLETIONS => super::lsp::completions;
    lsp::DOCUMENT_SYMBOLS => super::lsp::document_symbols;
    lsp::WORKSPACE_SYMBOLS => super::lsp::workspace_symbols;
    port::LIST => super::port::list;
    port::IS_IN_USE => super::port::is_in_use;
    system::GET_METRICS => super::system::metrics;
};

/// What a method and a path lead to.
#[derive(Debug)]
pub(super) enum Found {
    Route(&'static Route, Parameters),
    /// There is a route when a slash at the end is added or dropped: this path.
    Slash(String),
    Nothing,
}

/// Finds the route of a request. `path` is decoded, `raw_path` as it was sent.
pub(super) fn find(method: &Method, path: &str, raw_path: &str) -> Found {
    if let Some((route, parameters)) = exact(method, path) {
        return Found::Route(route, parameters);
    }
    // The one path that is a route in both spellings.
    if path == "/files/"
        && let Some((route, parameters)) = exact(method, "/files")
    {
        return Found::Route(route, parameters);
    }
    // A port that is not a number, where any other route would be unknown.
    if path == "/port//in-use"
        && let Some((route, _)) = exact(method, "/port/0/in-use")
    {
        return Found::Route(route, Parameters::new());
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

/// The route with the fewest parameters: `entrypoint` is a path of its own
/// before it is the name of a session.
fn exact(method: &Method, path: &str) -> Option<(&'static Route, Parameters)> {
    let matching = ROUTES.iter().filter(|route| route.operation.method == *method);
    let (route, parameters) = matching
        .filter_map(|route| Some((route, route.operation.matches(path)?)))
        .min_by_key(|(_, parameters)| parameters.len())?;
    Some((route, parameters.into_iter().map(|(name, value)| (name, value.to_owned())).collect()))
}

/// Sends a client to the path with the right slash, its query kept.
pub(super) fn redirect(method: &Method, path: &str, query: Option<&str>) -> Response {
    let location = match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut response = if method == Method::GET {
        let escaped = location.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#34;");
        let body = format!("<a href=\"{escaped}\">Moved Permanently</a>.\n\n");
        response::typed(StatusCode::MOVED_PERMANENTLY, "text/html; charset=utf-8", body)
    } else {
        response::empty(StatusCode::TEMPORARY_REDIRECT)
    };
    if let Ok(value) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use daytona_api::{Service, operations};

    use super::super::query::percent_decode_lossy;
    use super::*;

    fn find_raw(method: &Method, raw_path: &str) -> Found {
        find(method, &percent_decode_lossy(raw_path), raw_path)
    }

    fn path_of(found: &Found) -> Option<&'static str> {
        match found {
            Found::Route(route, _) => Some(route.operation.path),
            _ => None,
        }
    }

    #[test]
    fn every_operation_of_the_table_has_a_route() {
        let toolbox = |operation: &&Operation| operation.service == Service::Toolbox;
        let all: Vec<&Operation> = operations::all().filter(toolbox).collect();
        assert_eq!(all.len(), ROUTES.len());
        for route in ROUTES {
            assert!(all.iter().any(|operation| std::ptr::eq(*operation, route.operation)), "{route:?}");
            let found = find_raw(&route.operation.method, &route.operation.path_with(|_| Some("x y")));
            assert_eq!(path_of(&found), Some(route.operation.path));
        }
    }

    #[test]
    fn a_path_matches_after_decoding_and_only_with_its_method() {
        assert_eq!(path_of(&find_raw(&Method::POST, "/process%2Fexecute")), Some("/process/execute"));
        for (method, path) in [
            (Method::GET, "/process/execute"),
            (Method::HEAD, "/version"),
            (Method::GET, "//version"),
            (Method::GET, "/Version"),
        ] {
            assert!(matches!(find_raw(&method, path), Found::Nothing), "{method} {path}");
        }
    }

    #[test]
    fn a_fixed_path_comes_before_one_with_a_parameter() {
        let found = find_raw(&Method::GET, "/process/session/entrypoint");
        assert_eq!(path_of(&found), Some("/process/session/entrypoint"));
        match find_raw(&Method::GET, "/process/session/a%20b") {
            Found::Route(_, parameters) => assert_eq!(parameters, [("sessionId", "a b".to_owned())]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_slash_too_many_is_redirected_with_the_query() {
        assert!(matches!(find_raw(&Method::GET, "/version/"), Found::Slash(path) if path == "/version"));
        let response = redirect(&Method::POST, "/process/execute", Some("a=b"));
        assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(response.headers()[header::LOCATION], "/process/execute?a=b");
    }
}
