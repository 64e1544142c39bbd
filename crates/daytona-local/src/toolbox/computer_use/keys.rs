//! Keys: their names, and where the keyboard has them.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, Keycode};
use x11rb::wrapper::ConnectionExt as _;

use super::screen::{Screen, ScreenError};
use crate::response::Failure;

/// A key, by the number that X has for what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(u32);

/// The shift key.
pub(super) const SHIFT: Key = Key(0xFFE1);
const ENTER: Key = Key(0xFF0D);

/// How long programs may take to learn of a new meaning of a key, before the key
/// gets another one.
const LEARNS_WITHIN: Duration = Duration::from_millis(50);

/// Names of keys, without case, spaces, `_` and `-`.
const NAMES: &[(&str, u32)] = &[
    ("enter", 0xFF0D),
    ("return", 0xFF0D),
    ("escape", 0xFF1B),
    ("esc", 0xFF1B),
    ("tab", 0xFF09),
    ("space", 0x20),
    ("spacebar", 0x20),
    ("backspace", 0xFF08),
    ("delete", 0xFFFF),
    ("del", 0xFFFF),
    ("insert", 0xFF63),
    ("ins", 0xFF63),
    ("home", 0xFF50),
    ("end", 0xFF57),
    ("pageup", 0xFF55),
    ("prior", 0xFF55),
    ("pgup", 0xFF55),
    ("pagedown", 0xFF56),
    ("next", 0xFF56),
    ("pgdn", 0xFF56),
    ("left", 0xFF51),
    ("arrowleft", 0xFF51),
    ("up", 0xFF52),
    ("arrowup", 0xFF52),
    ("right", 0xFF53),
    ("arrowright", 0xFF53),
    ("down", 0xFF54),
    ("arrowdown", 0xFF54),
    ("capslock", 0xFFE5),
    ("numlock", 0xFF7F),
    ("scrolllock", 0xFF14),
    ("printscreen", 0xFF61),
    ("print", 0xFF61),
    ("pause", 0xFF13),
    ("menu", 0xFF67),
    ("numplus", 0xFFAB),
    ("numminus", 0xFFAD),
    ("nummultiply", 0xFFAA),
    ("numasterisk", 0xFFAA),
    ("numdivide", 0xFFAF),
    ("numslash", 0xFFAF),
    ("numdecimal", 0xFFAE),
    ("numperiod", 0xFFAE),
    ("numequal", 0xFFBD),
    ("numenter", 0xFF8D),
    ("plus", 0x2B),
    ("minus", 0x2D),
    ("comma", 0x2C),
    ("period", 0x2E),
    ("slash", 0x2F),
    ("ctrl", 0xFFE3),
    ("control", 0xFFE3),
    ("lctrl", 0xFFE3),
    ("rctrl", 0xFFE4),
    ("shift", 0xFFE1),
    ("lshift", 0xFFE1),
    ("rshift", 0xFFE2),
    ("alt", 0xFFE9),
    ("option", 0xFFE9),
    ("lalt", 0xFFE9),
    ("ralt", 0xFFEA),
    ("altgr", 0xFE03),
    ("cmd", 0xFFEB),
    ("command", 0xFFEB),
    ("meta", 0xFFEB),
    ("win", 0xFFEB),
    ("super", 0xFFEB),
];

/// The first function key, and their number.
const F1: u32 = 0xFFBE;
const FUNCTION_KEYS: u32 = 24;
/// The digit 0 of the numeric keypad.
const NUM_0: u32 = 0xFFB0;

impl Key {
    /// The key that types a character.
    fn of_char(character: char) -> Self {
        match u32::from(character) {
            latin @ (0x20..=0x7E | 0xA0..=0xFF) => Self(latin),
            other => Self(0x0100_0000 | other),
        }
    }

    /// Reads the name of a key, or the character that it types.
    pub(super) fn parse(name: &str) -> Result<Self, Failure> {
        let mut characters = name.chars();
        if let (Some(character), None) = (characters.next(), characters.next())
            && !character.is_control()
        {
            return Ok(Self::of_char(character));
        }
        let plain: String = name
            .chars()
            .filter(|character| !matches!(character, '_' | '-' | ' '))
            .flat_map(char::to_lowercase)
            .collect();
        let named = NAMES.iter().find(|(known, _)| *known == plain).map(|(_, key)| *key);
        let numbered = |prefix: &str, first: u32, most: u32| {
            let number: u32 = plain.strip_prefix(prefix)?.parse().ok()?;
            let number = Some(number).filter(|number| *number <= most)?;
            Some(first + number)
        };
        let found = named
            .or_else(|| numbered("f", F1 - 1, FUNCTION_KEYS).filter(|key| *key >= F1))
            .or_else(|| numbered("num", NUM_0, 9));
        found.map(Self).ok_or_else(|| {
            Failure::bad_request(format_args!(
                "unknown key {name:?}. Use a character, or a name such as enter, escape, tab, f5, num_plus or ctrl"
            ))
        })
    }

    /// Reads the key of a chord: a capital letter is the same key as a small one.
    pub(super) fn in_chord(name: &str) -> Result<Self, Failure> {
        Self::parse(name).map(|key| match u8::try_from(key.0) {
            Ok(letter) if letter.is_ascii_uppercase() => Self(letter.to_ascii_lowercase().into()),
            _ => key,
        })
    }

    /// Reads the names of keys that are held.
    pub(super) fn modifiers(names: &[String]) -> Result<Vec<Self>, Failure> {
        names.iter().map(|name| Self::parse_modifier(name)).collect()
    }

    fn parse_modifier(name: &str) -> Result<Self, Failure> {
        match Self::parse(name) {
            Ok(key) if matches!(key.0, 0xFFE1..=0xFFEE | 0xFE03) => Ok(key),
            _ => Err(Failure::bad_request(format_args!(
                "unknown modifier {name:?}. Use ctrl, alt, shift or cmd"
            ))),
        }
    }
}

/// The most keys that are held in a chord.
const MOST_MODIFIERS: usize = 8;

/// Reads a chord such as `ctrl+shift+t`: its key, and what is held meanwhile.
pub(super) fn chord(text: &str) -> Result<(Key, Vec<Key>), Failure> {
    let trimmed = text.trim();
    // The key may be `+` itself.
    let (held, key) = match trimmed.strip_suffix('+').map(str::trim_end) {
        Some("") => ("", "+"),
        Some(before) if before.ends_with('+') => (before, "+"),
        _ => trimmed.rsplit_once('+').unwrap_or(("", trimmed)),
    };
    let names: Vec<&str> = held.split('+').map(str::trim).filter(|name| !name.is_empty()).collect();
    if key.trim().is_empty() || names.len() > MOST_MODIFIERS {
        let message =
            format_args!("invalid hotkey {text:?}. Join one key and modifiers, such as ctrl+shift+t");
        return Err(Failure::bad_request(message));
    }
    let held = names.into_iter().map(Key::parse_modifier).collect::<Result<_, _>>()?;
    Ok((Key::in_chord(key.trim())?, held))
}

/// The most characters that are typed at once.
pub(super) const LONGEST_TEXT: usize = 100_000;

/// Reads text as the keys that type it.
pub(super) fn text(text: &str) -> Result<Vec<Key>, Failure> {
    let mut keys = Vec::with_capacity(text.len().min(LONGEST_TEXT));
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        keys.push(match character {
            '\r' if characters.peek() == Some(&'\n') => continue,
            '\n' | '\r' => ENTER,
            control if control.is_control() => {
                let message = format_args!(
                    "the text contains the control character {control:?}, which cannot be typed. Press its key instead"
                );
                return Err(Failure::bad_request(message));
            }
            other => Key::of_char(other),
        });
        if keys.len() > LONGEST_TEXT {
            let message = format_args!("the text is longer than {LONGEST_TEXT} characters. Type it in parts");
            return Err(Failure::bad_request(message));
        }
    }
    Ok(keys)
}

/// How a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stroke {
    pub(super) code: Keycode,
    pub(super) needs_shift: bool,
}

/// What the keys of the keyboard mean.
#[derive(Debug)]
pub(super) struct Keymap {
    first: Keycode,
    per_key: usize,
    meanings: Vec<u32>,
    /// Keys without a meaning, or with one that was given here; the front one gets
    /// the next.
    spare: VecDeque<Spare>,
}

#[derive(Clone, Copy, Debug)]
struct Spare {
    code: Keycode,
    was_given: bool,
}

impl Keymap {
    /// Reads what the keys mean now.
    pub(super) fn read(screen: &Screen) -> Result<Self, ScreenError> {
        let setup = screen.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let mapping = screen.connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
        let per_key = usize::from(mapping.keysyms_per_keycode).max(1);
        Ok(Self::new(first, per_key, mapping.keysyms))
    }

    fn new(first: Keycode, per_key: usize, meanings: Vec<u32>) -> Self {
        let codes = (first..=Keycode::MAX).zip(meanings.chunks(per_key));
        let spare = codes
            .filter(|(_, meanings)| meanings.iter().all(|meaning| *meaning == 0))
            .map(|(code, _)| Spare { code, was_given: false })
            .collect();
        Self { first, per_key, meanings, spare }
    }

    /// How a key is pressed. A key that the keyboard does not have takes the place
    /// of a spare one.
    pub(super) fn stroke(&mut self, screen: &Screen, key: Key) -> Result<Stroke, ScreenError> {
        match self.find(key) {
            Some(stroke) => Ok(stroke),
            None => self.give(screen, key),
        }
    }

    fn find(&self, key: Key) -> Option<Stroke> {
        let codes = || (self.first..=Keycode::MAX).zip(self.meanings.chunks(self.per_key));
        let at = |column: usize| {
            let found = codes().find(|(_, meanings)| meanings.get(column) == Some(&key.0));
            found.map(|(code, _)| Stroke { code, needs_shift: column == 1 })
        };
        at(0).or_else(|| at(1))
    }

    fn give(&mut self, screen: &Screen, key: Key) -> Result<Stroke, ScreenError> {
        let Some(Spare { code, was_given }) = self.spare.pop_front() else {
            return Err(ScreenError::Server("its keyboard has no spare key".to_owned()));
        };
        if was_given {
            thread::sleep(LEARNS_WITHIN);
        }
        // In both columns: shift then makes no difference.
        screen.connection.change_keyboard_mapping(1, code, 2, &[key.0, key.0])?.check()?;
        screen.connection.sync()?;
        let start = usize::from(code - self.first) * self.per_key;
        for meaning in self.meanings.iter_mut().skip(start).take(self.per_key.min(2)) {
            *meaning = key.0;
        }
        self.spare.push_back(Spare { code, was_given: true });
        Ok(Stroke { code, needs_shift: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_name_in_any_spelling() {
        for (name, key) in [
            ("enter", 0xFF0D),
            ("Return", 0xFF0D),
            ("Page_Up", 0xFF55),
            ("F5", 0xFFC2),
            ("num_plus", 0xFFAB),
            ("num_7", 0xFFB7),
            ("a", 0x61),
            ("A", 0x41),
            ("ä", 0xE4),
            ("€", 0x0100_20AC),
        ] {
            assert_eq!(Key::parse(name).unwrap(), Key(key), "{name}");
        }
        for name in ["", "f0", "f25", "num_10", "nope", "\n"] {
            assert!(Key::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_chord_has_one_key_and_may_be_written_with_spaces() {
        let ctrl = Key(0xFFE3);
        assert_eq!(chord("ctrl + C").unwrap(), (Key(0x63), vec![ctrl]));
        assert_eq!(chord("ctrl++").unwrap(), (Key(0x2B), vec![ctrl]));
        assert_eq!(chord("+").unwrap(), (Key(0x2B), vec![]));
        assert_eq!(chord("shift").unwrap(), (SHIFT, vec![]));
        for text in ["", " ", "a+b", "ctrl+", "ctrl+nope"] {
            assert!(chord(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn lines_end_with_enter_and_control_characters_are_refused() {
        assert_eq!(text("a\r\nb\n").unwrap(), [Key(0x61), ENTER, Key(0x62), ENTER]);
        assert!(text("a\tb").unwrap_err().message.contains("'\\t'"));
        assert!(text(&"x".repeat(LONGEST_TEXT + 1)).is_err());
    }

    #[test]
    fn a_key_is_found_with_and_without_shift_and_spare_ones_are_known() {
        let keymap = Keymap::new(8, 2, vec![0x61, 0x41, 0, 0, 0xFF0D, 0]);
        assert_eq!(keymap.find(Key(0x41)), Some(Stroke { code: 8, needs_shift: true }));
        assert_eq!(keymap.find(ENTER), Some(Stroke { code: 10, needs_shift: false }));
        assert_eq!(keymap.spare.iter().map(|spare| spare.code).collect::<Vec<_>>(), [9]);
    }
}
