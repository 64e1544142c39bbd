//! Buttons, the wheel and keys, pressed and released as a person would.

use std::thread;
use std::time::Duration;

use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT,
    Keycode, MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::wrapper::ConnectionExt as _;

use super::keys::{self, Key, Keymap};
use super::screen::{Screen, ScreenError};
use crate::response::Failure;

/// How many positions a button that is dragged passes through, and how long it
/// stays at each: programs take a single jump for no drag.
const DRAG_STEPS: i32 = 10;
const DRAG_PAUSE: Duration = Duration::from_millis(5);

/// The most notches that the wheel is turned at once.
const MOST_NOTCHES: i32 = 1000;

/// The most clicks at once.
const MOST_CLICKS: i32 = 10;

/// A place on the screen, or near it: the pointer stays at the edge then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    x: i16,
    y: i16,
}

impl Place {
    /// Reads coordinates of a request.
    pub(super) fn new(x: i32, y: i32) -> Result<Self, Failure> {
        match (i16::try_from(x), i16::try_from(y)) {
            (Ok(x), Ok(y)) => Ok(Self { x, y }),
            _ => Err(Failure::bad_request(format_args!("the position {x}, {y} is not on any screen"))),
        }
    }

    fn between(self, end: Self, step: i32) -> Self {
        let at = |from: i16, to: i16| {
            let from = i32::from(from);
            i16::try_from(from + (i32::from(to) - from) * step / DRAG_STEPS).unwrap_or(to)
        };
        Self { x: at(self.x, end.x), y: at(self.y, end.y) }
    }
}

/// Reads the name of a button.
pub(super) fn button(name: Option<&str>) -> Result<u8, Failure> {
    match name.unwrap_or_default() {
        "" | "left" => Ok(1),
        "middle" | "center" => Ok(2),
        "right" => Ok(3),
        other => {
            Err(Failure::bad_request(format_args!("unknown button {other:?}. Use left, right or middle")))
        }
    }
}

/// Reads how often to click.
pub(super) fn clicks(clicks: Option<i32>, double: Option<bool>) -> Result<i32, Failure> {
    match clicks {
        None => Ok(if double == Some(true) { 2 } else { 1 }),
        Some(clicks) if (1..=MOST_CLICKS).contains(&clicks) => Ok(clicks),
        Some(clicks) => {
            Err(Failure::bad_request(format_args!("clicks must be from 1 to {MOST_CLICKS}, not {clicks}")))
        }
    }
}

/// Reads the direction of the wheel and the number of notches.
pub(super) fn wheel(direction: &str, amount: Option<i32>) -> Result<(u8, i32), Failure> {
    let button = match direction {
        "up" => 4,
        "down" => 5,
        "left" => 6,
        "right" => 7,
        other => {
            let message = format_args!("unknown direction {other:?}. Use up, down, left or right");
            return Err(Failure::bad_request(message));
        }
    };
    match amount.unwrap_or(1) {
        0 => Ok((button, 1)),
        notches @ 1..=MOST_NOTCHES => Ok((button, notches)),
        other => {
            Err(Failure::bad_request(format_args!("amount must be from 0 to {MOST_NOTCHES}, not {other}")))
        }
    }
}

impl Screen {
    /// Where the pointer is.
    pub(super) fn pointer(&self) -> Result<(i32, i32), ScreenError> {
        let pointer = self.connection.query_pointer(self.root)?.reply()?;
        Ok((pointer.root_x.into(), pointer.root_y.into()))
    }

    /// Moves the pointer.
    pub(super) fn move_to(&self, place: Place) -> Result<(), ScreenError> {
        self.connection.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, self.root, place.x, place.y, 0)?;
        Ok(self.connection.sync()?)
    }

    /// Presses or releases a button.
    pub(super) fn press_button(&self, button: u8, is_down: bool) -> Result<(), ScreenError> {
        let event = if is_down { BUTTON_PRESS_EVENT } else { BUTTON_RELEASE_EVENT };
        self.connection.xtest_fake_input(event, button, 0, self.root, 0, 0, 0)?;
        Ok(self.connection.sync()?)
    }

    /// Presses and releases a button, several times.
    pub(super) fn click(&self, button: u8, times: i32) -> Result<(), ScreenError> {
        for _click in 0..times {
            self.press_button(button, true)?;
            self.press_button(button, false)?;
        }
        Ok(())
    }

    /// Moves the pointer with a button held down.
    pub(super) fn drag(&self, start: Place, end: Place, button: u8) -> Result<(), ScreenError> {
        self.move_to(start)?;
        self.press_button(button, true)?;
        let moved = (1..=DRAG_STEPS).try_for_each(|step| {
            thread::sleep(DRAG_PAUSE);
            self.move_to(start.between(end, step))
        });
        thread::sleep(DRAG_PAUSE);
        self.press_button(button, false)?;
        moved
    }

    fn press_code(&self, code: Keycode, is_down: bool) -> Result<(), ScreenError> {
        let event = if is_down { KEY_PRESS_EVENT } else { KEY_RELEASE_EVENT };
        self.connection.xtest_fake_input(event, code, 0, self.root, 0, 0, 0)?;
        Ok(())
    }

    /// Presses or releases a key that is held.
    pub(super) fn hold(&self, key: Key, is_down: bool) -> Result<(), ScreenError> {
        let mut keymap = Keymap::read(self)?;
        let stroke = keymap.stroke(self, key)?;
        self.press_code(stroke.code, is_down)?;
        Ok(self.connection.sync()?)
    }

    /// Does work while keys are held.
    pub(super) fn with_held<T>(
        &self,
        held: &[Key],
        work: impl FnOnce(&Self) -> Result<T, ScreenError>,
    ) -> Result<T, ScreenError> {
        if held.is_empty() {
            return work(self);
        }
        let mut keymap = Keymap::read(self)?;
        let mut codes = Vec::with_capacity(held.len());
        for key in held {
            codes.push(keymap.stroke(self, *key)?.code);
        }
        for code in &codes {
            self.press_code(*code, true)?;
        }
        let done = work(self);
        for code in codes.iter().rev() {
            self.press_code(*code, false)?;
        }
        self.connection.sync()?;
        done
    }

    /// Presses and releases a key while others are held.
    pub(super) fn press(&self, key: Key, held: &[Key]) -> Result<(), ScreenError> {
        self.with_held(held, |screen| {
            let mut keymap = Keymap::read(screen)?;
            screen.strike(&mut keymap, key)
        })
    }

    fn strike(&self, keymap: &mut Keymap, key: Key) -> Result<(), ScreenError> {
        let stroke = keymap.stroke(self, key)?;
        let shift = if stroke.needs_shift { Some(keymap.stroke(self, keys::SHIFT)?.code) } else { None };
        if let Some(shift) = shift {
            self.press_code(shift, true)?;
        }
        self.press_code(stroke.code, true)?;
        self.press_code(stroke.code, false)?;
        if let Some(shift) = shift {
            self.press_code(shift, false)?;
        }
        Ok(self.connection.sync()?)
    }

    /// Types keys one after the other, for as long as `goes_on` says so.
    pub(super) fn type_keys(
        &self,
        typed: &[Key],
        pause: Duration,
        goes_on: impl Fn() -> bool,
    ) -> Result<(), ScreenError> {
        let mut keymap = Keymap::read(self)?;
        for (index, key) in typed.iter().enumerate() {
            if !goes_on() {
                return Ok(());
            }
            if index > 0 && !pause.is_zero() {
                thread::sleep(pause);
            }
            self.strike(&mut keymap, *key)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_done_is_refused() {
        assert_eq!(button(None).unwrap(), 1);
        assert_eq!(button(Some("right")).unwrap(), 3);
        assert!(button(Some("fourth")).unwrap_err().message.contains("\"fourth\""));
        assert_eq!((clicks(None, Some(true)).unwrap(), clicks(Some(3), Some(true)).unwrap()), (2, 3));
        assert!(clicks(Some(0), None).is_err() && clicks(Some(11), None).is_err());
        assert_eq!((wheel("down", Some(0)).unwrap(), wheel("left", None).unwrap()), ((5, 1), (6, 1)));
        assert!(wheel("sideways", None).is_err() && wheel("up", Some(-1)).is_err());
        assert!(wheel("up", Some(MOST_NOTCHES + 1)).is_err());
        assert!(Place::new(70_000, 0).is_err());
    }

    #[test]
    fn a_drag_passes_through_places_to_its_end() {
        let (start, end) = (Place { x: i16::MIN, y: 0 }, Place { x: i16::MAX, y: -7 });
        assert_eq!(start.between(end, DRAG_STEPS), end);
        assert_eq!(start.between(end, DRAG_STEPS / 2), Place { x: -1, y: -3 });
    }
}
