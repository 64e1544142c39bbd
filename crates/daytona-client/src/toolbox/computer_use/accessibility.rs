//! Accessible objects: what programs say about their windows.

use daytona_api::toolbox::computer_use::{
    self as api, AccessibilityInvokeRequest, AccessibilityNodeRequest, AccessibilityNodesResponse,
    AccessibilitySetValueRequest, AccessibilityTreeResponse, FindAccessibilityNodesRequest,
};

use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::Error;

impl Sandbox {
    /// Returns the tree of accessible objects: `GET /computeruse/a11y/tree`. `scope`
    /// is `focused`, `pid` or `all`; 0 as `max_depth` is the root only.
    ///
    /// # Errors
    /// [`A11yUnavailable`](crate::ErrorKind::A11yUnavailable) when the sandbox has no
    /// accessibility bus, and the errors of [`Sandbox::start_computer_use`].
    pub async fn accessibility_tree(
        &self,
        scope: Option<&str>,
        pid: Option<i32>,
        max_depth: Option<i32>,
        deadline: Deadline,
    ) -> Result<AccessibilityTreeResponse, Error> {
        self.call(&api::A11Y_TREE)
            .with_some("scope", scope)
            .with_some("pid", pid.map(|pid| pid.to_string()))
            .with_some("maxDepth", max_depth.map(|depth| depth.to_string()))
            .send(deadline)
            .await
    }

    /// Returns accessible objects that match a filter: `POST /computeruse/a11y/find`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::accessibility_tree`].
    pub async fn find_accessibility_nodes(
        &self,
        filter: &FindAccessibilityNodesRequest,
        deadline: Deadline,
    ) -> Result<AccessibilityNodesResponse, Error> {
        self.call(&api::A11Y_FIND).json(filter).send(deadline).await
    }

    /// Gives the keyboard focus to an object: `POST /computeruse/a11y/node/focus`.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the object does not exist, and
    /// the errors of [`Sandbox::accessibility_tree`].
    pub async fn focus_accessibility_node(&self, id: &str, deadline: Deadline) -> Result<(), Error> {
        let body = AccessibilityNodeRequest { id: id.to_owned() };
        self.call(&api::A11Y_FOCUS).json(&body).done(deadline).await
    }

    /// Performs an action of an object, its first one by default:
    /// `POST /computeruse/a11y/node/invoke`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::focus_accessibility_node`].
    pub async fn invoke_accessibility_node(
        &self,
        id: &str,
        action: Option<String>,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let body = AccessibilityInvokeRequest { id: id.to_owned(), action };
        self.call(&api::A11Y_INVOKE).json(&body).done(deadline).await
    }

    /// Sets the text or the number of an object: `POST /computeruse/a11y/node/value`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::focus_accessibility_node`].
    pub async fn set_accessibility_node_value(
        &self,
        id: &str,
        value: &str,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let body = AccessibilitySetValueRequest { id: id.to_owned(), value: value.to_owned() };
        self.call(&api::A11Y_SET_VALUE).json(&body).done(deadline).await
    }
}
