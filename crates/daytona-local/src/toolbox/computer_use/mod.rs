//! Computer use: a desktop with a screen that nobody sees, and everything that a
//! person does at one.
//!
//! The processes are the host's Xvfb and window manager, started on request. Each
//! operation has a connection of its own to the X server, on a thread that may
//! block, so that a server that hangs holds up nothing but this.

mod accessibility;
mod desktop;
mod display;
mod input;
mod keys;
mod picture;
mod process;
mod programs;
mod recording;
mod screen;
mod windows;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daytona_api::toolbox::computer_use::{
    self as api, ComputerUseStartResponse, ComputerUseStatusResponse, ComputerUseStopResponse,
    CursorPosition, DisplayInfoResponse, MouseClickResponse, MouseDragResponse, MousePositionResponse,
    ProcessErrorsResponse, ProcessLogsResponse, ProcessRestartResponse, ProcessStatusResponse,
    ScreenshotResponse, ScrollResponse, WindowsResponse,
};
use serde_json::{Value, json};

use super::client::Client;
use super::task::detached;
use super::{Call, Toolbox};
use crate::response::Failure;
pub(super) use accessibility::{find, focus, invoke, set_value, tree};
use desktop::{Desktop, Name};
use input::Place;
use keys::Key;
use picture::{Compression, Region};
use programs::Programs;
use recording::Recordings;
pub(super) use recording::{
    delete as delete_recording, download as download_recording, get as get_recording,
    list as list_recordings, start as start_recording, stop as stop_recording,
};
use screen::Screen;

/// How long typing may take besides its pauses.
const TYPING: Duration = Duration::from_secs(60);

/// The longest pause between two keys in milliseconds.
const LONGEST_PAUSE: u32 = 10_000;

/// The desktop of a sandbox and the recordings of its screen.
#[derive(Debug, Default)]
pub(super) struct ComputerUse {
    desktop: Desktop,
    recordings: Recordings,
}

impl ComputerUse {
    /// Variables of programs that are started while the desktop runs.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        self.desktop.variables()
    }
}

/// The desktop, on a host that has the programs of one.
fn desktop(toolbox: &Toolbox) -> Result<&Desktop, Failure> {
    Programs::find()?;
    Ok(&toolbox.computer_use.desktop)
}

/// Starts the desktop, also when the client leaves meanwhile.
pub(super) async fn start(
    toolbox: &Arc<Toolbox>,
    _: Call,
) -> Result<Json<ComputerUseStartResponse>, Failure> {
    Programs::find()?;
    finish(toolbox, |toolbox| async move { toolbox.computer_use.desktop.start(&toolbox).await }).await?;
    let message = "Computer use processes started successfully".to_owned();
    Ok(Json(ComputerUseStartResponse { message, status: toolbox.computer_use.desktop.describe() }))
}

/// Stops the desktop and what is recorded of it.
pub(super) async fn stop(toolbox: &Arc<Toolbox>, _: Call) -> Result<Json<ComputerUseStopResponse>, Failure> {
    Programs::find()?;
    finish(toolbox, |toolbox| async move {
        toolbox.computer_use.recordings.stop_all().await;
        toolbox.computer_use.desktop.stop().await;
        Ok(())
    })
    .await?;
    let message = "Computer use processes stopped successfully".to_owned();
    Ok(Json(ComputerUseStopResponse { message, status: toolbox.computer_use.desktop.describe() }))
}

/// Does something to its end, also when the client leaves meanwhile.
async fn finish<Work>(toolbox: &Arc<Toolbox>, work: impl FnOnce(Arc<Toolbox>) -> Work) -> Result<(), Failure>
where
    Work: Future<Output = Result<(), Failure>> + Send + 'static,
{
    detached(work(Arc::clone(toolbox))).await?
}

/// Whether the desktop runs.
pub(super) async fn status(
    toolbox: &Arc<Toolbox>,
    _: Call,
) -> Result<Json<ComputerUseStatusResponse>, Failure> {
    let status = desktop(toolbox)?.status().to_owned();
    Ok(Json(ComputerUseStatusResponse { status }))
}

/// Whether a process runs.
pub(super) async fn process_status(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<ProcessStatusResponse>, Failure> {
    let desktop = desktop(toolbox)?;
    let process_name = call.parameter("processName").to_owned();
    let running = desktop.runs(Name::parse(&process_name)?);
    Ok(Json(ProcessStatusResponse { process_name, running }))
}

/// Restarts a process.
pub(super) async fn restart_process(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<ProcessRestartResponse>, Failure> {
    Programs::find()?;
    let process_name = call.parameter("processName").to_owned();
    let name = Name::parse(&process_name)?;
    let restart = move |toolbox: Arc<Toolbox>| async move {
        toolbox.computer_use.desktop.restart(name, &toolbox).await
    };
    finish(toolbox, restart).await?;
    Ok(Json(ProcessRestartResponse { message: format!("Process {process_name} restarted"), process_name }))
}

/// The end of what a process has printed.
pub(super) async fn process_logs(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<ProcessLogsResponse>, Failure> {
    let desktop = desktop(toolbox)?;
    let process_name = call.parameter("processName").to_owned();
    let process = desktop.process(Name::parse(&process_name)?);
    let logs = process.map(|process| process.logs.text()).unwrap_or_default();
    Ok(Json(ProcessLogsResponse { process_name, logs }))
}

/// The end of what a process has printed to its standard error.
pub(super) async fn process_errors(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<ProcessErrorsResponse>, Failure> {
    let desktop = desktop(toolbox)?;
    let process_name = call.parameter("processName").to_owned();
    let process = desktop.process(Name::parse(&process_name)?);
    let errors = process.map(|process| process.errors.text()).unwrap_or_default();
    Ok(Json(ProcessErrorsResponse { process_name, errors }))
}

/// Where the pointer is.
pub(super) async fn mouse_position(
    toolbox: &Arc<Toolbox>,
    _: Call,
) -> Result<Json<MousePositionResponse>, Failure> {
    let (x, y) = desktop(toolbox)?.on_screen(Screen::pointer).await?;
    Ok(Json(MousePositionResponse { x, y }))
}

/// Moves the pointer.
pub(super) async fn move_mouse(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<Json<MousePositionResponse>, Failure> {
    let desktop = desktop(toolbox)?;
    let request = call.json(&api::MOUSE_MOVE).await?;
    let place = Place::new(request.x, request.y)?;
    let moved = desktop.on_screen(move |screen| {
        screen.move_to(place)?;
        screen.pointer()
    });
    let (x, y) = moved.await?;
    Ok(Json(MousePositionResponse { x, y }))
}

/// Moves the pointer and clicks.
pub(super) async fn click(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<Json<MouseClickResponse>, Failure> {
    let desktop = desktop(toolbox)?;
    let request = call.json(&api::MOUSE_CLICK).await?;
    let place = Place::new(request.x, request.y)?;
    let button = input::button(request.button.as_deref())?;
    let times = input::clicks(request.clicks, request.double)?;
    let held = Key::modifiers(&request.modifiers.unwrap_or_default())?;
    let clicked = desktop.on_screen(move |screen| {
        screen.move_to(place)?;
        screen.with_held(&held, |screen| screen.click(button, times))?;
        screen.pointer()
    });
    let (x, y) = clicked.await?;
    Ok(Json(MouseClickResponse { x, y }))
}

/// Moves the pointer with a button held down.
pub(super) async fn drag(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Json<MouseDragResponse>, Failure> {
    let desktop = desktop(toolbox)?;
    let request = call.json(&api::MOUSE_DRAG).await?;
    let start = Place::new(request.start_x, request.start_y)?;
    let end = Place::new(request.end_x, request.end_y)?;
    let button = input::button(request.button.as_deref())?;
    let held = Key::modifiers(&request.modifiers.unwrap_or_default())?;
    let dragged = desktop.on_screen(move |screen| {
        screen.with_held(&held, |screen| screen.drag(start, end, button))?;
        screen.pointer()
    });
    let (x, y) = dragged.await?;
    Ok(Json(MouseDragResponse { x, y }))
}

/// Moves the pointer and turns the wheel.
pub(super) async fn scroll(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Json<ScrollResponse>, Failure> {
    let desktop = desktop(toolbox)?;
    let request = call.json(&api::MOUSE_SCROLL).await?;
    let place = Place::new(request.x, request.y)?;
    let (button, notches) = input::wheel(&request.direction, request.amount)?;
    let held = Key::modifiers(&request.modifiers.unwrap_or_default())?;
    let scrolled = desktop.on_screen(move |screen| {
        screen.move_to(place)?;
        screen.with_held(&held, |screen| screen.click(button, notches))
    });
    scrolled.await?;
    Ok(Json(ScrollResponse { success: true }))
}

/// Presses a button and holds it.
pub(super) async fn mouse_down(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<MousePositionResponse>, Failure> {
    hold_button(toolbox, call, true).await
}

/// Releases a button.
pub(super) async fn mouse_up(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<MousePositionResponse>, Failure> {
    hold_button(toolbox, call, false).await
}

async fn hold_button(
    toolbox: &Toolbox,
    mut call: Call,
    is_down: bool,
) -> Result<Json<MousePositionResponse>, Failure> {
    let desktop = desktop(toolbox)?;
    let request = call.json(&api::MOUSE_DOWN).await?;
    let button = input::button(request.button.as_deref())?;
    let place = match (request.x, request.y) {
        (None, None) => None,
        (Some(x), Some(y)) => Some(Place::new(x, y)?),
        _ => return Err(Failure::bad_request("x and y must be given together, or neither of them")),
    };
    let held = desktop.on_screen(move |screen| {
        if let Some(place) = place {
            screen.move_to(place)?;
        }
        screen.press_button(button, is_down)?;
        screen.pointer()
    });
    let (x, y) = held.await?;
    Ok(Json(MousePositionResponse { x, y }))
}

/// The response of operations that return nothing.
fn nothing() -> Json<Value> {
    Json(json!({}))
}

/// Types text. It ends when the client leaves.
pub(super) async fn type_text(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Json<Value>, Failure> {
    let desktop = desktop(toolbox)?;
    let request = call.json(&api::KEYBOARD_TYPE).await?;
    let typed = keys::text(&request.text)?;
    let pause = request.delay.unwrap_or_default();
    if pause > LONGEST_PAUSE {
        return Err(Failure::bad_request(format_args!("delay must be at most {LONGEST_PAUSE}, not {pause}")));
    }
    let pause = Duration::from_millis(pause.into());
    let limit = TYPING + pause * u32::try_from(typed.len()).unwrap_or(u32::MAX);
    let (client, _presence) = Client::new();
    let typing = move |screen: &Screen| screen.type_keys(&typed, pause, || client.check().is_ok());
    desktop.on_screen_within(limit, typing).await?;
    Ok(nothing())
}

/// Presses and releases a key.
pub(super) async fn press_key(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Json<Value>, Failure> {
    let desktop = desktop(toolbox)?;
    let request = call.json(&api::KEYBOARD_PRESS).await?;
    let held = Key::modifiers(&request.modifiers.unwrap_or_default())?;
    let key = if held.is_empty() { Key::parse(&request.key)? } else { Key::in_chord(&request.key)? };
    desktop.on_screen(move |screen| screen.press(key, &held)).await?;
    Ok(nothing())
}

/// Presses and releases a chord.
pub(super) async fn press_hotkey(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Json<Value>, Failure> {
    let desktop = desktop(toolbox)?;
    let (key, held) = keys::chord(&call.json(&api::KEYBOARD_HOTKEY).await?.keys)?;
    desktop.on_screen(move |screen| screen.press(key, &held)).await?;
    Ok(nothing())
}

/// Presses a key and holds it.
pub(super) async fn key_down(toolbox: &Arc<Toolbox>, call: Call) -> Result<Json<Value>, Failure> {
    hold_key(toolbox, call, true).await
}

/// Releases a key.
pub(super) async fn key_up(toolbox: &Arc<Toolbox>, call: Call) -> Result<Json<Value>, Failure> {
    hold_key(toolbox, call, false).await
}

async fn hold_key(toolbox: &Toolbox, mut call: Call, is_down: bool) -> Result<Json<Value>, Failure> {
    let desktop = desktop(toolbox)?;
    let key = Key::parse(&call.json(&api::KEYBOARD_DOWN).await?.key)?;
    desktop.on_screen(move |screen| screen.hold(key, is_down)).await?;
    Ok(nothing())
}

/// A picture of the screen.
pub(super) async fn screenshot(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<ScreenshotResponse>, Failure> {
    take(toolbox, &call, false, Compression::NONE).await
}

/// A picture of a region.
pub(super) async fn screenshot_region(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<ScreenshotResponse>, Failure> {
    take(toolbox, &call, true, Compression::NONE).await
}

/// A smaller picture of the screen.
pub(super) async fn screenshot_compressed(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<ScreenshotResponse>, Failure> {
    take(toolbox, &call, false, Compression::of(&call.query)).await
}

/// A smaller picture of a region.
pub(super) async fn screenshot_region_compressed(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<ScreenshotResponse>, Failure> {
    take(toolbox, &call, true, Compression::of(&call.query)).await
}

async fn take(
    toolbox: &Toolbox,
    call: &Call,
    of_region: bool,
    compression: Compression,
) -> Result<Json<ScreenshotResponse>, Failure> {
    let desktop = desktop(toolbox)?;
    let region = if of_region { Some(Region::of(&call.query)?) } else { None };
    let with_cursor = picture::shows_cursor(&call.query);
    let taken = desktop.on_screen(move |screen| {
        let file = screen.picture(region, with_cursor)?.encode(compression)?;
        let (x, y) = screen.pointer()?;
        Ok((STANDARD.encode(&file), file.len(), CursorPosition { x, y }))
    });
    let (screenshot, size, position) = taken.await?;
    Ok(Json(ScreenshotResponse {
        screenshot: screenshot.into(),
        cursor_position: Some(position),
        size_bytes: i64::try_from(size).ok(),
    }))
}

/// The displays.
pub(super) async fn displays(toolbox: &Arc<Toolbox>, _: Call) -> Result<Json<DisplayInfoResponse>, Failure> {
    let displays = desktop(toolbox)?.on_screen(Screen::displays).await?;
    Ok(Json(DisplayInfoResponse { displays }))
}

/// The open windows.
pub(super) async fn windows(toolbox: &Arc<Toolbox>, _: Call) -> Result<Json<WindowsResponse>, Failure> {
    let windows = desktop(toolbox)?.on_screen(Screen::windows).await?;
    Ok(Json(WindowsResponse { windows }))
}
