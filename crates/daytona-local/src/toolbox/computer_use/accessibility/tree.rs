//! Accessible objects: what programs tell about their windows (AT-SPI).

use std::time::Instant;

use daytona_api::toolbox::computer_use::{AccessibilityBounds, AccessibilityNode};

use super::super::super::client::Client;
use super::bus::{Any, Arguments, Bus, BusError, MethodCall, Reply};

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
const COMPONENT: &str = "org.a11y.atspi.Component";
const ACTION: &str = "org.a11y.atspi.Action";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Extents are those on the screen.
const ON_SCREEN: u32 = 0;

/// The most objects that are looked at, and how deep.
const MOST_OBJECTS: usize = 20_000;
const DEEPEST: usize = 100;

/// The most children of an object, and actions, and the longest text: programs of
/// the sandbox can tell anything.
const MOST_CHILDREN: usize = 5000;
const MOST_ACTIONS: usize = 16;
const LONGEST_TEXT: usize = 1024;
const LONGEST_ID: usize = 512;

/// States by their number.
const STATES: &[&str] = &[
    "invalid",
    "active",
    "armed",
    "busy",
    "checked",
    "collapsed",
    "defunct",
    "editable",
    "enabled",
    "expandable",
    "expanded",
    "focusable",
    "focused",
    "has-tooltip",
    "horizontal",
    "iconified",
    "modal",
    "multi-line",
    "multiselectable",
    "opaque",
    "pressed",
    "resizable",
    "selectable",
    "selected",
    "sensitive",
    "showing",
    "single-line",
    "stale",
    "transient",
    "vertical",
    "visible",
    "manages-descendants",
    "indeterminate",
    "required",
    "truncated",
    "animated",
    "invalid-entry",
    "supports-autocompletion",
    "selectable-text",
    "is-default",
    "visited",
    "checkable",
    "has-popup",
    "read-only",
];

/// An object, by its program and its path there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) program: String,
    path: String,
}

impl Object {
    /// The parent of all programs.
    pub(super) fn root() -> Self {
        Self {
            program: "org.a11y.atspi.Registry".to_owned(),
            path: "/org/a11y/atspi/accessible/root".to_owned(),
        }
    }

    /// Reads the id of an object.
    pub(super) fn parse(id: &str) -> Option<Self> {
        let at = id.find(":/").filter(|at| *at > 0)?;
        let (program, path) = (&id[..at], &id[at + 1..]);
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b'_' | b'-');
        let is_path = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_');
        let is_fine = program.bytes().all(is_name) && path.bytes().all(is_path) && id.len() <= LONGEST_ID;
        is_fine.then(|| Self { program: program.to_owned(), path: path.to_owned() })
    }

    fn id(&self) -> String {
        format!("{}:{}", self.program, self.path)
    }

    /// A call of a method of this object.
    pub(super) fn call<'a>(
        &'a self,
        interface: &'a str,
        member: &'a str,
        arguments: Arguments,
    ) -> MethodCall<'a> {
        MethodCall { destination: &self.program, path: &self.path, interface, member, arguments }
    }

    fn property<'a>(&'a self, name: &str) -> MethodCall<'a> {
        self.call(PROPERTIES, "Get", Arguments::default().string(ACCESSIBLE).string(name))
    }

    /// The objects inside of this one.
    pub(super) fn children(&self, bus: &mut Bus) -> Result<Vec<Self>, BusError> {
        let mut reply = bus.call(self.call(ACCESSIBLE, "GetChildren", Arguments::default()))?;
        let children = reply.list(8, |reply| Ok((reply.string()?, reply.string()?)))?;
        // What has no valid id could not be asked for anything.
        let known =
            children.into_iter().filter_map(|(program, path)| Self::parse(&format!("{program}:{path}")));
        Ok(known.take(MOST_CHILDREN).collect())
    }

    /// What the program tells about this object. What it does not tell is absent.
    pub(super) fn describe(&self, bus: &mut Bus) -> Result<AccessibilityNode, BusError> {
        let nothing = Arguments::default;
        let calls = [
            self.call(ACCESSIBLE, "GetRoleName", nothing()),
            self.property("Name"),
            self.property("Description"),
            self.call(ACCESSIBLE, "GetState", nothing()),
            self.call(COMPONENT, "GetExtents", nothing().unsigned(ON_SCREEN)),
            self.call(ACTION, "GetActions", nothing()),
        ];
        let mut replies = bus.call_all(calls)?.into_iter();
        let mut next = || replies.next().unwrap_or_else(|| Err(BusError::Refused(String::new())));
        let role = clipped(next()?.string()?);
        let text = |reply: Result<Reply, BusError>| {
            clipped(reply.and_then(|mut reply| reply.any_string()).unwrap_or_default())
        };
        let (name, description) = (text(next()), text(next()));
        let states = next().and_then(|mut reply| reply.list(4, Reply::unsigned)).unwrap_or_default();
        let bounds = next().and_then(|mut reply| bounds(&mut reply)).ok();
        let actions = next().and_then(|mut reply| actions(&mut reply)).unwrap_or_default();
        Ok(AccessibilityNode {
            id: self.id(),
            role,
            name,
            description: (!description.is_empty()).then_some(description),
            bounds,
            states: state_names(&states),
            actions: (!actions.is_empty()).then_some(actions),
            children: None,
        })
    }

    /// Gives the keyboard to this object. Returns whether it took it.
    pub(super) fn focus(&self, bus: &mut Bus) -> Result<bool, BusError> {
        Ok(bus.call(self.call(COMPONENT, "GrabFocus", Arguments::default()))?.unsigned()? != 0)
    }

    /// Performs an action. Returns whether the program did.
    pub(super) fn act(&self, bus: &mut Bus, index: i32) -> Result<bool, BusError> {
        let call = self.call(ACTION, "DoAction", Arguments::default().number(index));
        Ok(bus.call(call)?.unsigned()? != 0)
    }

    /// The names of the actions.
    pub(super) fn actions(&self, bus: &mut Bus) -> Result<Vec<String>, BusError> {
        actions(&mut bus.call(self.call(ACTION, "GetActions", Arguments::default()))?)
    }

    /// Sets a text. Returns whether the program did.
    pub(super) fn set_text(&self, bus: &mut Bus, text: &str) -> Result<bool, BusError> {
        let arguments = Arguments::default().string(text);
        let call = self.call("org.a11y.atspi.EditableText", "SetTextContents", arguments);
        Ok(bus.call(call)?.unsigned()? != 0)
    }

    /// Sets a number.
    pub(super) fn set_number(&self, bus: &mut Bus, number: f64) -> Result<(), BusError> {
        let arguments = Arguments::default().string("org.a11y.atspi.Value").string("CurrentValue");
        bus.call(self.call(PROPERTIES, "Set", arguments.any(Any::Double(number)))).map(drop)
    }
}

fn bounds(reply: &mut Reply) -> Result<AccessibilityBounds, BusError> {
    // A structure, which starts at a multiple of 8: here it does.
    Ok(AccessibilityBounds {
        x: reply.number()?,
        y: reply.number()?,
        width: reply.number()?,
        height: reply.number()?,
    })
}

fn actions(reply: &mut Reply) -> Result<Vec<String>, BusError> {
    let mut actions = reply.list(8, |reply| {
        let name = clipped(reply.string()?);
        let (_description, _key) = (reply.string()?, reply.string()?);
        Ok(name)
    })?;
    actions.truncate(MOST_ACTIONS);
    Ok(actions)
}

/// The beginning of a text that is too long.
fn clipped(mut text: String) -> String {
    let end = (0..=LONGEST_TEXT.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or_default());
    text
}

fn state_names(words: &[u32]) -> Vec<String> {
    let is_set = |index: usize| words.get(index / 32).is_some_and(|word| word >> (index % 32) & 1 == 1);
    let names = STATES.iter().enumerate().filter(|(index, _)| is_set(*index));
    names.map(|(_, name)| (*name).to_owned()).collect()
}

/// A walk through the objects of a program, or of all.
pub(super) struct Walk<'a> {
    pub(super) bus: &'a mut Bus,
    pub(super) client: &'a Client,
    /// When to come to an end.
    pub(super) deadline: Instant,
    seen: usize,
    /// Whether objects were left out.
    pub(super) is_truncated: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(bus: &'a mut Bus, client: &'a Client, deadline: Instant) -> Self {
        Self { bus, client, deadline, seen: 0, is_truncated: false }
    }

    /// Whether the walk has to end here.
    fn is_over(&mut self, depth: usize) -> bool {
        let is_over = self.seen >= MOST_OBJECTS
            || depth > DEEPEST
            || Instant::now() > self.deadline
            || self.client.check().is_err();
        self.is_truncated |= is_over;
        self.seen += 1;
        is_over
    }

    /// The children of an object; none of one that is gone.
    fn children(&mut self, object: &Object) -> Vec<Object> {
        object.children(self.bus).unwrap_or_default()
    }

    /// The tree below an object, down to a depth.
    pub(super) fn tree(
        &mut self,
        object: &Object,
        depth: usize,
        most: Option<usize>,
    ) -> Result<Option<AccessibilityNode>, BusError> {
        if self.is_over(depth) {
            return Ok(None);
        }
        let mut node = match object.describe(self.bus) {
            // Gone meanwhile.
            Err(BusError::Refused(_)) if depth > 0 => return Ok(None),
            described => described?,
        };
        if most.is_none_or(|most| depth < most) {
            let mut children = Vec::new();
            for child in self.children(object) {
                children.extend(self.tree(&child, depth + 1, most)?);
            }
            node.children = (!children.is_empty()).then_some(children);
        }
        Ok(Some(node))
    }

    /// The objects below an object, itself included, that are wanted.
    pub(super) fn find(
        &mut self,
        object: &Object,
        depth: usize,
        wanted: &dyn Fn(&AccessibilityNode) -> bool,
        limit: usize,
        found: &mut Vec<AccessibilityNode>,
    ) -> Result<(), BusError> {
        if self.is_over(depth) {
            return Ok(());
        }
        match object.describe(self.bus) {
            Ok(node) if wanted(&node) => {
                if found.len() == limit {
                    self.is_truncated = true;
                    return Ok(());
                }
                found.push(node);
            }
            Ok(_) => {}
            Err(BusError::Refused(_)) => return Ok(()),
            Err(error) => return Err(error),
        }
        for child in self.children(object) {
            if self.is_truncated {
                return Ok(());
            }
            self.find(&child, depth + 1, wanted, limit, found)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_a_program_and_a_path() {
        let id = ":1.42:/org/a11y/atspi/accessible/7";
        let object = Object::parse(id).unwrap();
        assert_eq!((&*object.program, &*object.path), (":1.42", "/org/a11y/atspi/accessible/7"));
        assert_eq!(object.id(), id);
        for other in ["", "x", ":/x", ":1.2:/a b", ":1.2:/\0", "é:/x"] {
            assert_eq!(Object::parse(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_long_text_ends_with_a_whole_character() {
        assert_eq!(clipped("short".to_owned()), "short");
        assert_eq!(clipped(format!("x{}", "é".repeat(LONGEST_TEXT))).len(), LONGEST_TEXT - 1);
    }

    #[test]
    fn states_are_bits_of_two_words() {
        assert_eq!(state_names(&[1 << 12 | 1 << 1, 1 << 11]), ["active", "focused", "read-only"]);
        assert!(state_names(&[]).is_empty());
    }
}
