//! Computer use: the desktop of a sandbox, its mouse, keyboard and screen.

use daytona_api::toolbox::computer_use::{
    self as api, ComputerUseStartResponse, ComputerUseStatusResponse, ComputerUseStopResponse,
    DisplayInfoResponse, KeyboardHotkeyRequest, KeyboardKeyRequest, KeyboardPressRequest,
    KeyboardTypeRequest, MouseButtonRequest, MouseClickRequest, MouseClickResponse, MouseDragRequest,
    MouseDragResponse, MouseMoveRequest, MousePositionResponse, MouseScrollRequest, ProcessErrorsResponse,
    ProcessLogsResponse, ProcessRestartResponse, ProcessStatusResponse, ScreenshotResponse, WindowsResponse,
};

use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::transport::call::Call;

mod accessibility;
mod recording;

/// A part of the screen in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

/// How a compressed picture is made. The service has defaults for what is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compression {
    /// Whether the pointer is drawn.
    pub show_cursor: Option<bool>,
    /// `png` or `jpeg`.
    pub format: Option<String>,
    /// Quality of a JPEG, 1 to 100.
    pub quality: Option<i32>,
    /// Scale, 0.1 to 1.
    pub scale: Option<f64>,
}

impl Sandbox {
    /// Starts the desktop: `POST /computeruse/start`.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when the sandbox has no
    /// desktop, and the errors of every call to a sandbox. The other methods of
    /// computer use fail with [`BadRequest`](crate::ErrorKind::BadRequest) when the
    /// desktop does not run.
    pub async fn start_computer_use(&self, deadline: Deadline) -> Result<ComputerUseStartResponse, Error> {
        self.call(&api::START).send(deadline).await
    }

    /// Stops the desktop: `POST /computeruse/stop`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn stop_computer_use(&self, deadline: Deadline) -> Result<ComputerUseStopResponse, Error> {
        self.call(&api::STOP).send(deadline).await
    }

    /// Returns whether the desktop runs: `GET /computeruse/process-status`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn computer_use_status(&self, deadline: Deadline) -> Result<ComputerUseStatusResponse, Error> {
        self.call(&api::STATUS).send(deadline).await
    }

    /// Returns whether a process of the desktop runs:
    /// `GET /computeruse/process/{processName}/status`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`], also for an unknown name.
    pub async fn desktop_process_status(
        &self,
        name: &str,
        deadline: Deadline,
    ) -> Result<ProcessStatusResponse, Error> {
        self.call(&api::PROCESS_STATUS).with("processName", name).send(deadline).await
    }

    /// Restarts a process of the desktop:
    /// `POST /computeruse/process/{processName}/restart`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::desktop_process_status`].
    pub async fn restart_desktop_process(
        &self,
        name: &str,
        deadline: Deadline,
    ) -> Result<ProcessRestartResponse, Error> {
        self.call(&api::RESTART_PROCESS).with("processName", name).send(deadline).await
    }

    /// Returns what a process of the desktop has printed:
    /// `GET /computeruse/process/{processName}/logs`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::desktop_process_status`].
    pub async fn desktop_process_logs(
        &self,
        name: &str,
        deadline: Deadline,
    ) -> Result<ProcessLogsResponse, Error> {
        self.call(&api::PROCESS_LOGS).with("processName", name).send(deadline).await
    }

    /// Returns what a process of the desktop has printed to its standard error:
    /// `GET /computeruse/process/{processName}/errors`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::desktop_process_status`].
    pub async fn desktop_process_errors(
        &self,
        name: &str,
        deadline: Deadline,
    ) -> Result<ProcessErrorsResponse, Error> {
        self.call(&api::PROCESS_ERRORS).with("processName", name).send(deadline).await
    }

    /// Returns the position of the pointer: `GET /computeruse/mouse/position`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn mouse_position(&self, deadline: Deadline) -> Result<MousePositionResponse, Error> {
        self.call(&api::MOUSE_POSITION).send(deadline).await
    }

    /// Moves the pointer: `POST /computeruse/mouse/move`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn move_mouse(
        &self,
        x: i32,
        y: i32,
        deadline: Deadline,
    ) -> Result<MousePositionResponse, Error> {
        self.call(&api::MOUSE_MOVE).json(&MouseMoveRequest { x, y }).send(deadline).await
    }

    /// Moves the pointer and clicks: `POST /computeruse/mouse/click`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn click_mouse(
        &self,
        request: &MouseClickRequest,
        deadline: Deadline,
    ) -> Result<MouseClickResponse, Error> {
        self.call(&api::MOUSE_CLICK).json(request).send(deadline).await
    }

    /// Moves the pointer with a button held down: `POST /computeruse/mouse/drag`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn drag_mouse(
        &self,
        request: &MouseDragRequest,
        deadline: Deadline,
    ) -> Result<MouseDragResponse, Error> {
        self.call(&api::MOUSE_DRAG).json(request).send(deadline).await
    }

    /// Moves the pointer and turns the wheel: `POST /computeruse/mouse/scroll`.
    /// Returns whether the service did it.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn scroll_mouse(
        &self,
        request: &MouseScrollRequest,
        deadline: Deadline,
    ) -> Result<bool, Error> {
        Ok(self.call(&api::MOUSE_SCROLL).json(request).send(deadline).await?.success)
    }

    /// Presses a button and holds it: `POST /computeruse/mouse/down`.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) before 0.223, and the errors of
    /// [`Sandbox::start_computer_use`].
    pub async fn press_mouse(
        &self,
        request: &MouseButtonRequest,
        deadline: Deadline,
    ) -> Result<MousePositionResponse, Error> {
        self.call(&api::MOUSE_DOWN).json(request).send(deadline).await
    }

    /// Releases a button that is held: `POST /computeruse/mouse/up`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::press_mouse`].
    pub async fn release_mouse(
        &self,
        request: &MouseButtonRequest,
        deadline: Deadline,
    ) -> Result<MousePositionResponse, Error> {
        self.call(&api::MOUSE_UP).json(request).send(deadline).await
    }

    /// Types text: `POST /computeruse/keyboard/type`. `delay` is in milliseconds,
    /// between two keys.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn type_text(&self, text: &str, delay: Option<u32>, deadline: Deadline) -> Result<(), Error> {
        let body = KeyboardTypeRequest { text: text.to_owned(), delay };
        self.call(&api::KEYBOARD_TYPE).json(&body).done(deadline).await
    }

    /// Presses and releases a key: `POST /computeruse/keyboard/key`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn press_key(
        &self,
        key: &str,
        modifiers: Vec<String>,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let body = KeyboardPressRequest { key: key.to_owned(), modifiers: Some(modifiers) };
        self.call(&api::KEYBOARD_PRESS).json(&body).done(deadline).await
    }

    /// Presses and releases a chord such as `ctrl+shift+t`:
    /// `POST /computeruse/keyboard/hotkey`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn press_hotkey(&self, keys: &str, deadline: Deadline) -> Result<(), Error> {
        let body = KeyboardHotkeyRequest { keys: keys.to_owned() };
        self.call(&api::KEYBOARD_HOTKEY).json(&body).done(deadline).await
    }

    /// Presses a key and holds it: `POST /computeruse/keyboard/down`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::press_mouse`].
    pub async fn hold_key(&self, key: &str, deadline: Deadline) -> Result<(), Error> {
        let body = KeyboardKeyRequest { key: key.to_owned() };
        self.call(&api::KEYBOARD_DOWN).json(&body).done(deadline).await
    }

    /// Releases a key that is held: `POST /computeruse/keyboard/up`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::press_mouse`].
    pub async fn release_key(&self, key: &str, deadline: Deadline) -> Result<(), Error> {
        let body = KeyboardKeyRequest { key: key.to_owned() };
        self.call(&api::KEYBOARD_UP).json(&body).done(deadline).await
    }

    /// Returns a PNG of the screen or a region of it: `GET /computeruse/screenshot`
    /// or `GET /computeruse/screenshot/region`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn screenshot(
        &self,
        region: Option<Region>,
        show_cursor: bool,
        deadline: Deadline,
    ) -> Result<ScreenshotResponse, Error> {
        let call = match region {
            None => self.call(&api::SCREENSHOT),
            Some(region) => part(self.call(&api::SCREENSHOT_REGION), region),
        };
        call.with("showCursor", show_cursor.to_string()).send(deadline).await
    }

    /// Returns a picture of the screen or a region of it, smaller than that of
    /// [`Sandbox::screenshot`]: `GET /computeruse/screenshot/compressed` or
    /// `GET /computeruse/screenshot/region/compressed`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn compressed_screenshot(
        &self,
        region: Option<Region>,
        compression: Compression,
        deadline: Deadline,
    ) -> Result<ScreenshotResponse, Error> {
        let call = match region {
            None => self.call(&api::SCREENSHOT_COMPRESSED),
            Some(region) => part(self.call(&api::SCREENSHOT_REGION_COMPRESSED), region),
        };
        let Compression { show_cursor, format, quality, scale } = compression;
        call.with_some("showCursor", show_cursor.map(|show| show.to_string()))
            .with_some("format", format)
            .with_some("quality", quality.map(|quality| quality.to_string()))
            .with_some("scale", scale.map(|scale| scale.to_string()))
            .send(deadline)
            .await
    }

    /// Returns the displays: `GET /computeruse/display/info`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn displays(&self, deadline: Deadline) -> Result<DisplayInfoResponse, Error> {
        self.call(&api::DISPLAY_INFO).send(deadline).await
    }

    /// Returns the open windows: `GET /computeruse/display/windows`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::start_computer_use`].
    pub async fn windows(&self, deadline: Deadline) -> Result<WindowsResponse, Error> {
        self.call(&api::WINDOWS).send(deadline).await
    }
}

fn part<Output>(call: Call<(), Output>, region: Region) -> Call<(), Output> {
    call.with("x", region.x.to_string())
        .with("y", region.y.to_string())
        .with("width", region.width.to_string())
        .with("height", region.height.to_string())
}
