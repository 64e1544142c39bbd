//! Accessible objects over the sandbox's accessibility bus.

pub(super) mod activation;
mod bus;
mod tree;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use daytona_api::toolbox::computer_use::{
    A11Y_FIND, A11Y_FOCUS, A11Y_INVOKE, A11Y_SET_VALUE, AccessibilityNode, AccessibilityNodesResponse,
    AccessibilityTreeResponse, FindAccessibilityNodesRequest,
};
use http::StatusCode;
use regex_lite::Regex;
use serde_json::Value;

use super::super::client::Client;
use super::super::task::blocking;
use super::super::{Call, Toolbox};
use super::{desktop, nothing};
use crate::response::Failure;
use activation::enable;
use bus::{Arguments, Bus, BusError, MethodCall};
use tree::{Object, Walk};

/// How long a walk through the objects may take.
const WALKS_WITHIN: Duration = Duration::from_secs(30);

/// How many objects a search returns by default, and at most.
const LIMIT: i32 = 500;
const LARGEST_LIMIT: i32 = 5000;

impl From<BusError> for Failure {
    fn from(error: BusError) -> Self {
        let (BusError::Lost(reason) | BusError::Refused(reason)) = error;
        failure(
            StatusCode::INTERNAL_SERVER_ERROR,
            "A11Y_INTERNAL",
            &format!("the accessibility bus: {reason}"),
        )
    }
}

fn failure(status: StatusCode, code: &'static str, message: &str) -> Failure {
    let class = match status {
        StatusCode::BAD_REQUEST => "bad request",
        StatusCode::NOT_FOUND => "not found",
        StatusCode::SERVICE_UNAVAILABLE => "service unavailable",
        _ => "internal server error",
    };
    Failure { status, code, message: format!("{class}: {message}") }
}

fn invalid(message: &str) -> Failure {
    failure(StatusCode::BAD_REQUEST, "A11Y_INVALID_REQUEST", message)
}

fn unavailable(reason: &str) -> Failure {
    let message = format!(
        "accessibility is not available: {reason}. It needs dbus-daemon and at-spi2-core on the host of this \
         sandbox, on Debian and Ubuntu: apt-get install dbus-daemon at-spi2-core"
    );
    failure(StatusCode::SERVICE_UNAVAILABLE, "A11Y_UNAVAILABLE", &message)
}

fn no_such_node(id: &str) -> Failure {
    failure(StatusCode::NOT_FOUND, "A11Y_NODE_NOT_FOUND", &format!("there is no accessibility node {id:?}"))
}

fn unsupported(message: &str) -> Failure {
    failure(StatusCode::BAD_REQUEST, "A11Y_ACTION_NOT_SUPPORTED", message)
}

/// Does blocking work on the bus. It asks the client between its steps.
async fn on_bus<T: Send + 'static>(
    toolbox: &Toolbox,
    work: impl FnOnce(&mut Bus, &Client) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let desktop = desktop(toolbox)?;
    let Some(session) = desktop.bus()? else { return Err(unavailable("no session bus runs")) };
    let _permit = desktop.permit().await?;
    let (client, _presence) = Client::new();
    let work = move || {
        let connected = enable(&session).and_then(|address| Bus::connect(&address));
        let mut bus = connected.map_err(|error| match error {
            BusError::Lost(reason) | BusError::Refused(reason) => unavailable(&reason),
        })?;
        work(&mut bus, &client)
    };
    blocking(work).await?
}

/// Where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// The program that has the keyboard, whose process this is, when its window tells.
    Focused(Option<u32>),
    Process(u32),
    All,
}

impl Scope {
    /// Reads the scope of a request.
    async fn read(toolbox: &Toolbox, scope: &str, pid: Option<i32>) -> Result<Self, Failure> {
        match (scope, pid.and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0)) {
            ("" | "focused", _) => {
                let active = desktop(toolbox)?.on_screen(super::screen::Screen::active_process);
                Ok(Self::Focused(active.await?))
            }
            ("pid", Some(pid)) => Ok(Self::Process(pid)),
            ("pid", None) => Err(invalid("pid must be a process id when scope is pid")),
            ("all", _) => Ok(Self::All),
            (other, _) => Err(failure(
                StatusCode::BAD_REQUEST,
                "A11Y_INVALID_SCOPE",
                &format!("unknown scope {other:?}. Use focused, pid or all"),
            )),
        }
    }

    /// The object to start at.
    fn root(self, bus: &mut Bus) -> Result<Object, Failure> {
        let wanted = match self {
            Self::All => return Ok(Object::root()),
            Self::Process(pid) | Self::Focused(Some(pid)) => Some(pid),
            Self::Focused(None) => None,
        };
        for program in Object::root().children(bus)? {
            let is_wanted = match wanted {
                Some(pid) => process_of(bus, &program).is_ok_and(|found| found == pid),
                None => has_active_window(bus, &program).unwrap_or(false),
            };
            if is_wanted {
                return Ok(program);
            }
        }
        let message = "no accessible program matches. Use the scope all to see every program";
        Err(failure(StatusCode::NOT_FOUND, "A11Y_NO_ACCESSIBLE_ROOT", message))
    }
}

fn process_of(bus: &mut Bus, object: &Object) -> Result<u32, BusError> {
    let call = MethodCall {
        destination: "org.freedesktop.DBus",
        path: "/org/freedesktop/DBus",
        interface: "org.freedesktop.DBus",
        member: "GetConnectionUnixProcessID",
        arguments: Arguments::default().string(&object.program),
    };
    bus.call(call)?.unsigned()
}

fn has_active_window(bus: &mut Bus, program: &Object) -> Result<bool, BusError> {
    for window in program.children(bus)? {
        if window.describe(bus)?.states.iter().any(|state| state == "active") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The tree of accessible objects.
pub(in super::super) async fn tree(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<AccessibilityTreeResponse>, Failure> {
    desktop(toolbox)?.display()?;
    let number = |name: &str| match &*call.query.text(name) {
        "" => Ok(None),
        text => text.parse::<i32>().map(Some).map_err(|_| invalid(&format!("{name} must be a whole number"))),
    };
    let (pid, depth) = (number("pid")?, number("maxDepth")?);
    let scope = Scope::read(toolbox, &call.query.text("scope"), pid).await?;
    let most = depth.and_then(|depth| usize::try_from(depth).ok());
    let walked = on_bus(toolbox, move |bus, client| {
        let root = scope.root(bus)?;
        let mut walk = Walk::new(bus, client, Instant::now() + WALKS_WITHIN);
        let root = walk.tree(&root, 0, most)?;
        Ok(AccessibilityTreeResponse { root, truncated: walk.is_truncated })
    });
    Ok(Json(walked.await?))
}

/// Accessible objects that match a filter.
pub(in super::super) async fn find(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<Json<AccessibilityNodesResponse>, Failure> {
    desktop(toolbox)?.display()?;
    let request = call.json(&A11Y_FIND).await?;
    let (scope, pid) = (request.scope.clone().unwrap_or_default(), request.pid);
    let limit = match request.limit.unwrap_or_default() {
        ..=0 => LIMIT,
        limit => limit.min(LARGEST_LIMIT),
    };
    let limit = usize::try_from(limit).unwrap_or_default();
    let filter = Filter::new(request)?;
    let scope = Scope::read(toolbox, &scope, pid).await?;
    let found = on_bus(toolbox, move |bus, client| {
        let root = scope.root(bus)?;
        let mut walk = Walk::new(bus, client, Instant::now() + WALKS_WITHIN);
        let mut matches = Vec::new();
        walk.find(&root, 0, &|node| filter.matches(node), limit, &mut matches)?;
        Ok(AccessibilityNodesResponse { matches, truncated: walk.is_truncated })
    });
    Ok(Json(found.await?))
}

/// What a search looks for.
struct Filter {
    role: Option<String>,
    name: Option<NameMatch>,
    states: Vec<String>,
}

enum NameMatch {
    Exact(String),
    Substring(String),
    Regex(Regex),
}

impl Filter {
    fn new(request: FindAccessibilityNodesRequest) -> Result<Self, Failure> {
        let name = request.name.filter(|name| !name.is_empty());
        let name = match (name, request.name_match.as_deref().unwrap_or_default()) {
            (None, "" | "substring" | "exact" | "regex") => None,
            (Some(name), "" | "substring") => Some(NameMatch::Substring(name.to_lowercase())),
            (Some(name), "exact") => Some(NameMatch::Exact(name)),
            (Some(name), "regex") => {
                let regex = Regex::new(&name).map_err(|error| invalid(&format!("invalid name: {error}")))?;
                Some(NameMatch::Regex(regex))
            }
            (_, other) => {
                return Err(invalid(&format!("unknown nameMatch {other:?}. Use exact, substring or regex")));
            }
        };
        let role = request.role.filter(|role| !role.is_empty()).map(|role| plain_role(&role));
        let states = request.states.unwrap_or_default().iter().map(|state| plain(state)).collect();
        Ok(Self { role, name, states })
    }

    fn matches(&self, node: &AccessibilityNode) -> bool {
        let has = |wanted: &String| node.states.iter().any(|state| plain(state) == *wanted);
        self.role.as_ref().is_none_or(|role| *role == plain_role(&node.role))
            && self.states.iter().all(has)
            && match &self.name {
                None => true,
                Some(NameMatch::Exact(name)) => *name == node.name,
                Some(NameMatch::Substring(name)) => node.name.to_lowercase().contains(name),
                Some(NameMatch::Regex(regex)) => regex.is_match(&node.name),
            }
    }
}

/// A word in one spelling: toolkits write spaces, hyphens and underscores.
fn plain(word: &str) -> String {
    word.to_lowercase().replace(['-', '_'], " ")
}

/// A role in one spelling: toolkits do not agree what a button is called.
fn plain_role(role: &str) -> String {
    match plain(role).as_str() {
        "push button" => "button".to_owned(),
        other => other.to_owned(),
    }
}

/// Does something with an object that exists.
async fn on_node<T: Send + 'static>(
    toolbox: &Toolbox,
    id: String,
    work: impl FnOnce(&Object, &mut Bus) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    if id.is_empty() {
        return Err(invalid("id is required"));
    }
    on_bus(toolbox, move |bus, _client| {
        let object = Object::parse(&id).ok_or_else(|| no_such_node(&id))?;
        match object.describe(bus) {
            Ok(_) => work(&object, bus),
            Err(BusError::Refused(_)) => Err(no_such_node(&id)),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// Whether the object did what it was asked for; objects refuse what they cannot do.
fn done(result: Result<bool, BusError>) -> Result<bool, Failure> {
    match result {
        Err(BusError::Refused(_)) => Ok(false),
        result => Ok(result?),
    }
}

/// Gives the keyboard to an object.
pub(in super::super) async fn focus(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Json<Value>, Failure> {
    desktop(toolbox)?.display()?;
    let id = call.json(&A11Y_FOCUS).await?.id;
    let focus = |object: &Object, bus: &mut Bus| {
        if done(object.focus(bus))? { Ok(()) } else { Err(unsupported("the node does not take the focus")) }
    };
    on_node(toolbox, id, focus).await?;
    Ok(nothing())
}

/// Performs an action of an object.
pub(in super::super) async fn invoke(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Json<Value>, Failure> {
    desktop(toolbox)?.display()?;
    let request = call.json(&A11Y_INVOKE).await?;
    let wanted = request.action.unwrap_or_default();
    let invoke = move |object: &Object, bus: &mut Bus| {
        let actions = object.actions(bus).unwrap_or_default();
        let is_wanted = |action: &String| wanted.is_empty() || plain(action) == plain(&wanted);
        let index = actions.iter().position(is_wanted).and_then(|index| i32::try_from(index).ok());
        let Some(index) = index else {
            let known = actions.join(", ");
            return Err(unsupported(&format!("the node has no action {wanted:?}, but these: {known}")));
        };
        if done(object.act(bus, index))? {
            Ok(())
        } else {
            Err(unsupported("the node did not do the action"))
        }
    };
    on_node(toolbox, request.id, invoke).await?;
    Ok(nothing())
}

/// Sets the text or the number of an object.
pub(in super::super) async fn set_value(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<Json<Value>, Failure> {
    desktop(toolbox)?.display()?;
    let request = call.json(&A11Y_SET_VALUE).await?;
    let set = move |object: &Object, bus: &mut Bus| {
        if done(object.set_text(bus, &request.value))? {
            return Ok(());
        }
        match request.value.trim().parse() {
            Ok(number) if done(object.set_number(bus, number).map(|()| true))? => Ok(()),
            _ => Err(unsupported(
                "the node has no text that can be changed, nor a number that can be set to this",
            )),
        }
    };
    on_node(toolbox, request.id, set).await?;
    Ok(nothing())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(request: FindAccessibilityNodesRequest) -> Filter {
        Filter::new(request).unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    #[test]
    fn a_filter_compares_roles_names_and_states() {
        let node = AccessibilityNode {
            role: "push button".to_owned(),
            name: "OK, go".to_owned(),
            states: vec!["has-tooltip".to_owned()],
            ..AccessibilityNode::default()
        };
        let request =
            || FindAccessibilityNodesRequest { role: Some("button".to_owned()), ..Default::default() };
        let named = |name: &str, how: &str| FindAccessibilityNodesRequest {
            name: Some(name.to_owned()),
            name_match: Some(how.to_owned()),
            ..request()
        };
        assert!(filter(request()).matches(&node));
        assert!(filter(named("ok", "")).matches(&node) && filter(named("^OK", "regex")).matches(&node));
        assert!(
            !filter(named("ok", "exact")).matches(&node) && !filter(named("^go", "regex")).matches(&node)
        );
        let states = Some(vec!["HAS_TOOLTIP".to_owned()]);
        assert!(filter(FindAccessibilityNodesRequest { states, ..request() }).matches(&node));
        let states = Some(vec!["focused".to_owned()]);
        assert!(!filter(FindAccessibilityNodesRequest { states, ..request() }).matches(&node));
        assert!(Filter::new(named("(", "regex")).is_err() && Filter::new(named("x", "fuzzy")).is_err());
    }
}
