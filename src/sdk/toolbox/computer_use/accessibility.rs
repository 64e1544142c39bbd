//! Accessible objects: what programs say about their windows.

use daytona_client::{
    AccessibilityNodesResponse, AccessibilityTreeResponse, FindAccessibilityNodesRequest, Whole,
};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::call::{CALL, CallOptions, Promised, Resource};

/// Which part of the tree of accessible objects.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct AccessibilityTreeOptions {
    /// `focused` (the application that has the keyboard), `pid` or `all`. Default: `focused`.
    pub scope: Option<String>,
    /// Process id of the application, when `scope` is `pid`.
    #[napi(ts_type = "number")]
    pub pid: Option<Whole<i32>>,
    /// How deep to go; 0 for the root only. Default: to the end.
    #[napi(ts_type = "number")]
    pub max_depth: Option<Whole<i32>>,
}

/// Accessible objects of a desktop: what programs say about their windows.
#[napi]
pub struct Accessibility {
    sandbox: daytona_client::Sandbox,
}

part!(Accessibility);

#[napi]
impl Accessibility {
    /// Returns the tree of accessible objects: `GET /computeruse/a11y/tree`.
    /// @param tree Which part of the tree.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The tree.
    /// @throws {DaytonaA11yUnavailableError} The sandbox has no accessibility bus.
    /// @example
    /// ```typescript
    /// const { root } = await sandbox.computerUse.accessibility.getTree({ scope: "all", maxDepth: 3 });
    /// ```
    #[napi(ts_return_type = "Promise<AccessibilityTreeResponse>")]
    pub fn get_tree(
        &self,
        env: Env,
        tree: Option<AccessibilityTreeOptions>,
        options: Option<CallOptions>,
    ) -> Promised<AccessibilityTreeResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            let tree = tree.unwrap_or_default();
            sandbox
                .accessibility_tree(
                    tree.scope.as_deref(),
                    tree.pid.map(|pid| pid.0),
                    tree.max_depth.map(|depth| depth.0),
                    deadline,
                )
                .await
        })
    }

    /// Returns accessible objects that match a filter: `POST /computeruse/a11y/find`.
    /// @param filter The filter.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The objects, without their children.
    /// @throws {DaytonaA11yUnavailableError} The sandbox has no accessibility bus.
    /// @example
    /// ```typescript
    /// const { matches } = await sandbox.computerUse.accessibility.findNodes({ scope: "all", role: "push button", name: "OK" });
    /// ```
    #[napi(ts_return_type = "Promise<AccessibilityNodesResponse>")]
    pub fn find_nodes(
        &self,
        env: Env,
        filter: Option<FindAccessibilityNodesRequest>,
        options: Option<CallOptions>,
    ) -> Promised<AccessibilityNodesResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.find_accessibility_nodes(&filter.unwrap_or_default(), deadline).await
        })
    }

    /// Gives the keyboard focus to an object: `POST /computeruse/a11y/node/focus`.
    /// @param id Id of the object, from `getTree` or `findNodes`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaA11yUnavailableError} The sandbox has no accessibility bus.
    /// @throws {DaytonaNotFoundError} The object does not exist.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn focus_node(&self, env: Env, id: String, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.focus_accessibility_node(&id, deadline).await
        })
    }

    /// Performs an action of an object: `POST /computeruse/a11y/node/invoke`.
    /// @param id Id of the object, from `getTree` or `findNodes`.
    /// @param action Name of the action, such as `click`. Default: the first one.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaA11yUnavailableError} The sandbox has no accessibility bus.
    /// @throws {DaytonaNotFoundError} The object does not exist.
    /// @throws {DaytonaValidationError} The object has no such action.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn invoke_node(
        &self,
        env: Env,
        id: String,
        action: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.invoke_accessibility_node(&id, action, deadline).await
        })
    }

    /// Sets the text or the number of an object: `POST /computeruse/a11y/node/value`.
    /// @param id Id of the object, from `getTree` or `findNodes`.
    /// @param value The text, or a number.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaA11yUnavailableError} The sandbox has no accessibility bus.
    /// @throws {DaytonaNotFoundError} The object does not exist.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_node_value(
        &self,
        env: Env,
        id: String,
        value: String,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.set_accessibility_node_value(&id, &value, deadline).await
        })
    }
}
