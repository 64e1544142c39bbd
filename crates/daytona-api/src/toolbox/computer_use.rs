//! Computer use: the desktop of a sandbox, its mouse, keyboard and screen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Text;
use crate::operation::{Repeat, Service, operations};

mod accessibility;
mod recording;

pub use accessibility::*;
pub use recording::*;

operations! { Service::Toolbox;
    /// Starts the processes of the desktop. Has no effect on those that run.
    START: () => ComputerUseStartResponse = POST "/computeruse/start", "start computer use", repeat(Repeat::Safe);
    /// Stops the processes of the desktop.
    STOP: () => ComputerUseStopResponse = POST "/computeruse/stop", "stop computer use", repeat(Repeat::Safe);
    /// Whether the desktop runs.
    SYSTEM_STATUS: () => ComputerUseStatusResponse = GET "/computeruse/status", "get the status of computer use";
    /// Whether the processes of the desktop run.
    STATUS: () => ComputerUseStatusResponse = GET "/computeruse/process-status", "get the status of computer use";
    /// Whether one process of the desktop runs.
    PROCESS_STATUS: () => ProcessStatusResponse = GET "/computeruse/process/{processName}/status",
        "get the status of the process {processName}";
    /// Restarts a process of the desktop.
    RESTART_PROCESS: () => ProcessRestartResponse = POST "/computeruse/process/{processName}/restart",
        "restart the process {processName}";
    /// What a process of the desktop has printed.
    PROCESS_LOGS: () => ProcessLogsResponse = GET "/computeruse/process/{processName}/logs",
        "get the logs of the process {processName}";
    /// What a process of the desktop has printed to its standard error.
    PROCESS_ERRORS: () => ProcessErrorsResponse = GET "/computeruse/process/{processName}/errors",
        "get the errors of the process {processName}";
    /// The position of the pointer.
    MOUSE_POSITION: () => MousePositionResponse = GET "/computeruse/mouse/position", "get the position of the mouse";
    /// Moves the pointer.
    MOUSE_MOVE: MouseMoveRequest => MousePositionResponse = POST "/computeruse/mouse/move", "move the mouse",
        repeat(Repeat::Safe);
    /// Moves the pointer and clicks.
    MOUSE_CLICK: MouseClickRequest => MouseClickResponse = POST "/computeruse/mouse/click", "click the mouse";
    /// Moves the pointer with a button held down.
    MOUSE_DRAG: MouseDragRequest => MouseDragResponse = POST "/computeruse/mouse/drag", "drag the mouse";
    /// Turns the wheel.
    MOUSE_SCROLL: MouseScrollRequest => ScrollResponse = POST "/computeruse/mouse/scroll", "scroll";
    /// Presses a button and holds it.
    MOUSE_DOWN: MouseButtonRequest => MousePositionResponse = POST "/computeruse/mouse/down", "press a mouse button";
    /// Releases a button that is held.
    MOUSE_UP: MouseButtonRequest => MousePositionResponse = POST "/computeruse/mouse/up", "release a mouse button";
    /// Types text.
    KEYBOARD_TYPE: KeyboardTypeRequest => () = POST "/computeruse/keyboard/type", "type text";
    /// Presses and releases a key.
    KEYBOARD_PRESS: KeyboardPressRequest => () = POST "/computeruse/keyboard/key", "press a key";
    /// Presses and releases a chord.
    KEYBOARD_HOTKEY: KeyboardHotkeyRequest => () = POST "/computeruse/keyboard/hotkey", "press a hotkey";
    /// Presses a key and holds it.
    KEYBOARD_DOWN: KeyboardKeyRequest => () = POST "/computeruse/keyboard/down", "press a key and hold it";
    /// Releases a key that is held.
    KEYBOARD_UP: KeyboardKeyRequest => () = POST "/computeruse/keyboard/up", "release a key";
    /// A picture of the screen.
    SCREENSHOT: () => ScreenshotResponse = GET "/computeruse/screenshot", "take a screenshot",
        query(&[], &["showCursor"]);
    /// A picture of a region.
    SCREENSHOT_REGION: () => ScreenshotResponse = GET "/computeruse/screenshot/region", "take a screenshot",
        query(&["x", "y", "width", "height"], &["showCursor"]);
    /// A smaller picture of the screen.
    SCREENSHOT_COMPRESSED: () => ScreenshotResponse = GET "/computeruse/screenshot/compressed", "take a screenshot",
        query(&[], &["showCursor", "format", "quality", "scale"]);
    /// A smaller picture of a region.
    SCREENSHOT_REGION_COMPRESSED: () => ScreenshotResponse = GET "/computeruse/screenshot/region/compressed",
        "take a screenshot", query(&["x", "y", "width", "height"], &["showCursor", "format", "quality", "scale"]);
    /// The displays.
    DISPLAY_INFO: () => DisplayInfoResponse = GET "/computeruse/display/info", "get the displays";
    /// The open windows.
    WINDOWS: () => WindowsResponse = GET "/computeruse/display/windows", "get the windows";
    /// The tree of accessible objects.
    A11Y_TREE: () => AccessibilityTreeResponse = GET "/computeruse/a11y/tree", "get the accessibility tree",
        query(&[], &["scope", "pid", "maxDepth"]);
    /// Accessible objects that match a filter.
    A11Y_FIND: FindAccessibilityNodesRequest => AccessibilityNodesResponse = POST "/computeruse/a11y/find",
        "find accessibility nodes", repeat(Repeat::Safe);
    /// Moves the keyboard focus.
    A11Y_FOCUS: AccessibilityNodeRequest => () = POST "/computeruse/a11y/node/focus", "focus an accessibility node",
        repeat(Repeat::Safe);
    /// Performs an action.
    A11Y_INVOKE: AccessibilityInvokeRequest => () = POST "/computeruse/a11y/node/invoke",
        "invoke an accessibility node";
    /// Sets a text or a number.
    A11Y_SET_VALUE: AccessibilitySetValueRequest => () = POST "/computeruse/a11y/node/value",
        "set the value of an accessibility node", repeat(Repeat::Safe);
    /// Starts a recording.
    RECORDING_START: StartRecordingRequest => Recording = POST "/computeruse/recordings/start", "start a recording";
    /// Stops a recording.
    RECORDING_STOP: StopRecordingRequest => Recording = POST "/computeruse/recordings/stop", "stop a recording";
    /// All recordings.
    RECORDING_LIST: () => ListRecordingsResponse = GET "/computeruse/recordings", "list the recordings";
    /// One recording.
    RECORDING_GET: () => Recording = GET "/computeruse/recordings/{id}", "get the recording {id}";
    /// Deletes a recording.
    RECORDING_DELETE: () => () = DELETE "/computeruse/recordings/{id}", "delete the recording {id}",
        repeat(Repeat::DoneAt(&[crate::error::ErrorKind::NotFound]));
    /// The file of a recording.
    RECORDING_DOWNLOAD: () => crate::operation::Bytes = GET "/computeruse/recordings/{id}/download",
        "download the recording {id}";
}

/// A process of the desktop. Older toolboxes write the names with capitals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ProcessStatus {
    /// Whether it runs.
    #[serde(alias = "Running")]
    pub running: bool,
    /// Its place in the order of starting; lower ones first.
    #[serde(alias = "Priority")]
    pub priority: i32,
    /// Whether it is started again after it has exited.
    #[serde(alias = "AutoRestart")]
    pub auto_restart: bool,
    /// Its process id, while it runs.
    #[serde(alias = "Pid", skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
}

/// The response of [`START`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ComputerUseStartResponse {
    /// What happened.
    pub message: String,
    /// The processes by name.
    pub status: BTreeMap<String, ProcessStatus>,
}

/// The response of [`STOP`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ComputerUseStopResponse {
    /// What happened.
    pub message: String,
    /// The processes by name.
    pub status: BTreeMap<String, ProcessStatus>,
}

/// The response of [`STATUS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ComputerUseStatusResponse {
    /// `active`, `partial` (not all processes run) or `inactive`.
    pub status: String,
}

/// The response of [`PROCESS_STATUS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ProcessStatusResponse {
    /// Name of the process.
    pub process_name: String,
    /// Whether it runs.
    pub running: bool,
}

/// The response of [`RESTART_PROCESS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ProcessRestartResponse {
    /// What happened.
    pub message: String,
    /// Name of the process.
    pub process_name: String,
}

/// The response of [`PROCESS_LOGS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ProcessLogsResponse {
    /// Name of the process.
    pub process_name: String,
    /// The end of its standard output.
    pub logs: String,
}

/// The response of [`PROCESS_ERRORS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ProcessErrorsResponse {
    /// Name of the process.
    pub process_name: String,
    /// The end of its standard error.
    pub errors: String,
}

/// The position of the pointer in pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct MousePositionResponse {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// The position of the pointer after a click, in pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct MouseClickResponse {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// The position of the pointer after dragging, in pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct MouseDragResponse {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// The response of [`MOUSE_SCROLL`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScrollResponse {
    /// Whether the wheel was turned.
    pub success: bool,
}

/// The body of [`MOUSE_MOVE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MouseMoveRequest {
    /// Pixels from the left.
    pub x: i32,
    /// Pixels from the top.
    pub y: i32,
}

/// The body of [`MOUSE_CLICK`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MouseClickRequest {
    /// Pixels from the left.
    pub x: i32,
    /// Pixels from the top.
    pub y: i32,
    /// `left`, `right` or `middle`. Default: `left`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    /// Whether to click twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub double: Option<bool>,
    /// How often to click, 1 to 10; since 0.223. Takes precedence over `double`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clicks: Option<i32>,
    /// Keys that are held meanwhile; since 0.223.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modifiers: Option<Vec<String>>,
}

/// The body of [`MOUSE_DRAG`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MouseDragRequest {
    /// Where the button is pressed, pixels from the left.
    pub start_x: i32,
    /// Where the button is pressed, pixels from the top.
    pub start_y: i32,
    /// Where the button is released, pixels from the left.
    pub end_x: i32,
    /// Where the button is released, pixels from the top.
    pub end_y: i32,
    /// `left`, `right` or `middle`. Default: `left`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    /// Keys that are held meanwhile; since 0.223.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modifiers: Option<Vec<String>>,
}

/// The body of [`MOUSE_SCROLL`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MouseScrollRequest {
    /// Pixels from the left.
    pub x: i32,
    /// Pixels from the top.
    pub y: i32,
    /// `up` or `down`; `left` or `right` since 0.223.
    pub direction: String,
    /// Number of notches of the wheel; 0 means 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<i32>,
    /// Keys that are held meanwhile; since 0.223.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modifiers: Option<Vec<String>>,
}

/// The body of [`MOUSE_DOWN`] and [`MOUSE_UP`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MouseButtonRequest {
    /// Where to move first, pixels from the left; absent to stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<i32>,
    /// Where to move first, pixels from the top; absent to stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<i32>,
    /// `left`, `right` or `middle`. Default: `left`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
}

/// The body of [`KEYBOARD_TYPE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyboardTypeRequest {
    /// The text; a line feed is the Enter key.
    pub text: String,
    /// Milliseconds between two keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<u32>,
}

/// The body of [`KEYBOARD_PRESS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyboardPressRequest {
    /// Name of the key.
    pub key: String,
    /// Keys that are held meanwhile: `ctrl`, `alt`, `shift`, `cmd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modifiers: Option<Vec<String>>,
}

/// The body of [`KEYBOARD_HOTKEY`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyboardHotkeyRequest {
    /// A chord such as `ctrl+shift+t`.
    pub keys: String,
}

/// The body of [`KEYBOARD_DOWN`] and [`KEYBOARD_UP`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyboardKeyRequest {
    /// Name of the key.
    pub key: String,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ScreenshotResponse {
    /// The picture, PNG or JPEG, in Base64.
    #[cfg_attr(feature = "napi", napi(ts_type = "string"))]
    pub screenshot: Text,
    /// The position of the pointer, in pixels of the screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor_position: Option<CursorPosition>,
    /// Size of the picture in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<i64>,
}

/// A position on the screen in pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct CursorPosition {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// The response of [`DISPLAY_INFO`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct DisplayInfoResponse {
    /// The displays.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub displays: Vec<DisplayInfo>,
}

/// A display.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct DisplayInfo {
    /// Its number, from 0.
    pub id: i64,
    /// Pixels from the left of the screen.
    pub x: i32,
    /// Pixels from the top of the screen.
    pub y: i32,
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
    /// Whether it is in use.
    pub is_active: bool,
}

/// The response of [`WINDOWS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct WindowsResponse {
    /// The windows.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub windows: Vec<WindowInfo>,
}

/// An open window. Services up to 0.190 know no more than its id and title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct WindowInfo {
    /// Its id.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// Pixels from the left of the screen, without its frame.
    pub x: i32,
    /// Pixels from the top of the screen, without its frame.
    pub y: i32,
    /// Width in pixels, without its frame.
    pub width: i32,
    /// Height in pixels, without its frame.
    pub height: i32,
    /// Whether it has the keyboard.
    pub is_active: bool,
}
