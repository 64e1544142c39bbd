//! Accessible objects: what programs say about their windows.

use serde::{Deserialize, Serialize};

/// An accessible object: a window, a button, a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct AccessibilityNode {
    /// Its id, for the methods that take one.
    pub id: String,
    /// Its role, such as `push button`.
    pub role: String,
    /// Its name, mostly what is written on it.
    pub name: String,
    /// A longer description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it is on the screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds: Option<AccessibilityBounds>,
    /// Its states, such as `focused`.
    #[serde(deserialize_with = "crate::null_as_default")]
    pub states: Vec<String>,
    /// What it can do, such as `click`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
    /// The objects inside of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Vec<AccessibilityNode>>,
}

/// A place on the screen in pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct AccessibilityBounds {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

/// The response of [`A11Y_TREE`](super::A11Y_TREE).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct AccessibilityTreeResponse {
    /// The root of the tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<AccessibilityNode>,
    /// Whether objects are missing because there were too many.
    pub truncated: bool,
}

/// The response of [`A11Y_FIND`](super::A11Y_FIND).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct AccessibilityNodesResponse {
    /// The objects found, without their children.
    #[serde(deserialize_with = "crate::null_as_default")]
    pub matches: Vec<AccessibilityNode>,
    /// Whether there are more.
    pub truncated: bool,
}

/// A filter for accessible objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_to_js = false))]
pub struct FindAccessibilityNodesRequest {
    /// Where to search: `focused` (the application that has the keyboard), `pid` or `all`. Default: `focused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Process id of the application, when `scope` is `pid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// The role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How to compare the name: `exact`, `substring` or `regex`. Default: `substring`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_match: Option<String>,
    /// States that it must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub states: Option<Vec<String>>,
    /// How many objects to return. Default: 500; at most 5000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i32>,
}

/// The body of [`A11Y_FOCUS`](super::A11Y_FOCUS).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessibilityNodeRequest {
    /// Id of the object.
    pub id: String,
}

/// The body of [`A11Y_INVOKE`](super::A11Y_INVOKE).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessibilityInvokeRequest {
    /// Id of the object.
    pub id: String,
    /// Name of the action; the first one when absent or empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

/// The body of [`A11Y_SET_VALUE`](super::A11Y_SET_VALUE).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessibilitySetValueRequest {
    /// Id of the object.
    pub id: String,
    /// The text, or a number.
    pub value: String,
}
