//! What clients ask for when they create or resize a terminal.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use daytona_api::toolbox::pty::{ENVS_PROTOCOL, PtyCreateRequest, PtyResizeRequest};

use super::super::call::given;
use super::super::cause::clean;
use super::super::environment::check_variables;
use super::super::web_socket::offered_protocols;
use super::super::{Call, Toolbox};
use super::device::Size;
use super::terminal::Plan;
use crate::response::Failure;

const DEFAULT_SIZE: Size = Size { cols: 80, rows: 24 };

/// The largest number of columns and of rows.
const LARGEST_SIZE: u16 = 1000;

/// The most that a terminal may keep of its request, in bytes.
const LARGEST_REQUEST: usize = 256 * 1024;

/// The type of terminal that programs are told.
const TERM: &str = "xterm-256color";

/// Checks a request and decides where and how the shell runs.
pub(super) fn plan(toolbox: &Toolbox, request: PtyCreateRequest) -> Result<Plan, Failure> {
    given("id", &request.id)?;
    if request.id.contains('/') || request.id == "." || request.id == ".." {
        // No path of a request could name it.
        return Err(Failure::bad_request("a PTY session ID may not contain '/', and not be '.' or '..'"));
    }
    let size = Size {
        cols: request.cols.unwrap_or(DEFAULT_SIZE.cols),
        rows: request.rows.unwrap_or(DEFAULT_SIZE.rows),
    };
    check_size(size, 0)?;
    check_variables(request.envs.as_ref())?;
    let mut envs = request.envs.unwrap_or_default();
    let variables: usize = envs.iter().map(|(name, value)| name.len() + value.len()).sum();
    let cwd = request.cwd.filter(|cwd| !cwd.is_empty());
    if request.id.len() + cwd.as_ref().map_or(0, String::len) + variables > LARGEST_REQUEST {
        return Err(Failure::bad_request(format_args!(
            "id, cwd and envs of a terminal may have {} KiB together",
            LARGEST_REQUEST / 1024
        )));
    }
    let term = envs.entry("TERM".to_owned()).or_default();
    if term.is_empty() {
        TERM.clone_into(term);
    }
    let cwd = cwd.unwrap_or_else(|| toolbox.work_dir.display().to_string());
    Ok(Plan {
        id: request.id,
        program: toolbox.shell.clone(),
        folder: clean(&toolbox.locate(Path::new(&cwd))),
        cwd,
        envs,
        environment: toolbox.environment(),
        size,
        starts_late: request.lazy_start == Some(true),
    })
}

/// The request that a client makes with the query and the subprotocols of a WebSocket.
pub(super) fn of_query(call: &Call) -> Result<PtyCreateRequest, Failure> {
    let size = |name: &str| {
        let text = call.query.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let invalid = |_| Failure::bad_request(format_args!("invalid value for {name}: '{text}'"));
        text.parse().map(Some).map_err(invalid)
    };
    Ok(PtyCreateRequest {
        id: call.query.text("id"),
        cwd: Some(call.query.text("cwd")),
        envs: variables(call)?,
        cols: size("cols")?,
        rows: size("rows")?,
        lazy_start: None,
    })
}

/// The variables in the subprotocol for them.
fn variables(call: &Call) -> Result<Option<BTreeMap<String, String>>, Failure> {
    let Some(encoded) = offered_protocols(call).find_map(|protocol| protocol.strip_prefix(ENVS_PROTOCOL))
    else {
        return Ok(None);
    };
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(encoded.trim_end_matches('='));
    let variables = decoded.ok().and_then(|json| serde_json::from_slice(&json).ok());
    variables.map(Some).ok_or_else(|| {
        Failure::bad_request(
            "invalid environment variables: expected JSON in base64 for URLs, without padding",
        )
    })
}

/// The size that a client wants a terminal to have.
pub(super) fn new_size(request: &PtyResizeRequest) -> Result<Size, Failure> {
    let size = Size { cols: request.cols, rows: request.rows };
    check_size(size, 1)?;
    Ok(size)
}

fn check_size(size: Size, least: u16) -> Result<(), Failure> {
    for (name, value) in [("cols", size.cols), ("rows", size.rows)] {
        if !(least..=LARGEST_SIZE).contains(&value) {
            return Err(Failure::bad_request(format_args!(
                "invalid value for {name}: {value} is not between {least} and {LARGEST_SIZE}"
            )));
        }
    }
    Ok(())
}
