//! Displays and windows.

use daytona_api::toolbox::computer_use::{DisplayInfo, WindowInfo};
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, Window};

use super::super::text;
use super::screen::{Screen, ScreenError};

impl Screen {
    /// The displays.
    pub(super) fn displays(&self) -> Result<Vec<DisplayInfo>, ScreenError> {
        let monitors = self.connection.randr_get_monitors(self.root, true)?.reply()?.monitors;
        let displays = monitors.iter().enumerate().map(|(index, monitor)| DisplayInfo {
            id: i64::try_from(index).unwrap_or_default(),
            x: monitor.x.into(),
            y: monitor.y.into(),
            width: monitor.width.into(),
            height: monitor.height.into(),
            is_active: true,
        });
        Ok(displays.collect())
    }

    /// The windows that the window manager knows, the oldest first.
    pub(super) fn windows(&self) -> Result<Vec<WindowInfo>, ScreenError> {
        let active = self.numbers(self.root, "_NET_ACTIVE_WINDOW")?.first().copied();
        let windows = self.numbers(self.root, "_NET_CLIENT_LIST")?;
        // One that was closed meanwhile is left out.
        let known = windows.into_iter().filter_map(|window| self.window(window, active).ok());
        Ok(known.collect())
    }

    fn window(&self, window: Window, active: Option<Window>) -> Result<WindowInfo, ScreenError> {
        let size = self.connection.get_geometry(window)?.reply()?;
        let place = self.connection.translate_coordinates(window, self.root, 0, 0)?.reply()?;
        Ok(WindowInfo {
            id: window.into(),
            title: self.title(window)?,
            x: place.dst_x.into(),
            y: place.dst_y.into(),
            width: size.width.into(),
            height: size.height.into(),
            is_active: active == Some(window) && self.has_keyboard(window).unwrap_or(false),
        })
    }

    /// Whether keys go to a window. A window manager may call a window active shortly before it
    /// gives it the keyboard, and what is typed in between is lost. Fails when the window that has
    /// it is closed meanwhile.
    fn has_keyboard(&self, window: Window) -> Result<bool, ScreenError> {
        let focus = self.connection.get_input_focus()?.reply()?.focus;
        // Programs give it to a window inside theirs, window managers to the frame around it.
        Ok(self.is_within(focus, window)? || (focus != self.root && self.is_within(window, focus)?))
    }

    /// Whether a window is another, or inside it.
    fn is_within(&self, window: Window, other: Window) -> Result<bool, ScreenError> {
        const NO_WINDOW: Window = 0;
        const WHERE_THE_POINTER_IS: Window = 1;
        let mut window = window;
        while ![other, self.root, NO_WINDOW, WHERE_THE_POINTER_IS].contains(&window) {
            window = self.connection.query_tree(window)?.reply()?.parent;
        }
        Ok(window == other)
    }

    fn title(&self, window: Window) -> Result<String, ScreenError> {
        let title = self.bytes(window, self.atom("_NET_WM_NAME")?)?;
        if !title.is_empty() {
            return Ok(text::lossy(title));
        }
        // Older programs have one of Latin-1, or of anything.
        let title = self.bytes(window, AtomEnum::WM_NAME.into())?;
        Ok(String::from_utf8(title)
            .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect()))
    }

    /// The process of the window that has the keyboard, when it says so.
    pub(super) fn active_process(&self) -> Result<Option<u32>, ScreenError> {
        let active = self.numbers(self.root, "_NET_ACTIVE_WINDOW")?.first().copied().unwrap_or_default();
        // A window that was closed meanwhile has none.
        let process = self.numbers(active, "_NET_WM_PID").unwrap_or_default();
        Ok(process.first().copied())
    }
}
