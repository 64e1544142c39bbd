//! A client of a message bus (D-Bus), as small as accessible objects need it.
//!
//! A library for all of D-Bus brings a runtime, macros and serialization of its own,
//! for the dozen methods that are called here.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::Duration;

/// How long a program may take to respond.
const RESPONDS_WITHIN: Duration = Duration::from_secs(5);

/// The largest message that is read.
const LARGEST_MESSAGE: usize = 2 * 1024 * 1024;

/// Kinds of messages.
const METHOD_CALL: u8 = 1;
const METHOD_RETURN: u8 = 2;
const ERROR: u8 = 3;

/// Fields of a message's header.
const PATH: u8 = 1;
const INTERFACE: u8 = 2;
const MEMBER: u8 = 3;
const ERROR_NAME: u8 = 4;
const REPLY_SERIAL: u8 = 5;
const DESTINATION: u8 = 6;
const SIGNATURE: u8 = 8;

/// Why a call on the bus did not succeed.
#[derive(Debug)]
pub(in crate::toolbox::computer_use) enum BusError {
    /// The bus cannot be reached, or does not speak the protocol.
    Lost(String),
    /// The called program refused, with an error of this name.
    Refused(String),
}

impl From<io::Error> for BusError {
    fn from(error: io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

fn malformed() -> BusError {
    BusError::Lost("a message is malformed".to_owned())
}

/// A method of an object, and its arguments.
#[derive(Debug)]
pub(super) struct MethodCall<'a> {
    pub(super) destination: &'a str,
    pub(super) path: &'a str,
    pub(super) interface: &'a str,
    pub(super) member: &'a str,
    pub(super) arguments: Arguments,
}

/// A connection to a bus.
#[derive(Debug)]
pub(super) struct Bus {
    stream: UnixStream,
    serial: u32,
}

impl Bus {
    /// Connects to a bus. `address` is what the bus says of itself.
    pub(super) fn connect(address: &str) -> Result<Self, BusError> {
        let stream = UnixStream::connect_addr(&socket_of(address)?)?;
        stream.set_read_timeout(Some(RESPONDS_WITHIN))?;
        stream.set_write_timeout(Some(RESPONDS_WITHIN))?;
        let mut bus = Self { stream, serial: 0 };
        bus.authenticate()?;
        bus.call(MethodCall {
            destination: "org.freedesktop.DBus",
            path: "/org/freedesktop/DBus",
            interface: "org.freedesktop.DBus",
            member: "Hello",
            arguments: Arguments::default(),
        })?;
        Ok(bus)
    }

    /// Tells the bus which user this is; it asks the system whether it is true.
    fn authenticate(&mut self) -> Result<(), BusError> {
        let user = rustix::process::getuid().as_raw().to_string();
        let digits: String = user.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.stream.write_all(format!("\0AUTH EXTERNAL {digits}\r\n").as_bytes())?;
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") && line.len() < 1024 {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            line.extend(byte);
        }
        if !line.starts_with(b"OK ") {
            return Err(BusError::Lost("the bus refused the user".to_owned()));
        }
        Ok(self.stream.write_all(b"BEGIN\r\n")?)
    }

    /// Calls a method and waits for its result.
    pub(super) fn call(&mut self, call: MethodCall<'_>) -> Result<Reply, BusError> {
        self.call_all([call])?.pop().unwrap_or_else(|| Err(malformed()))
    }

    /// Calls methods at once, and waits for all results.
    pub(super) fn call_all<'a>(
        &mut self,
        calls: impl IntoIterator<Item = MethodCall<'a>>,
    ) -> Result<Vec<Result<Reply, BusError>>, BusError> {
        let mut messages = Vec::new();
        let mut serials = Vec::new();
        for call in calls {
            self.serial += 1;
            serials.push(self.serial);
            messages.extend(message(self.serial, call));
        }
        self.stream.write_all(&messages)?;
        let mut replies = HashMap::new();
        while replies.len() < serials.len() {
            let (serial, reply) = self.receive()?;
            // Signals, and replies that nobody waits for, are not wanted.
            if serials.contains(&serial) {
                replies.insert(serial, reply);
            }
        }
        Ok(serials.iter().map(|serial| replies.remove(serial).unwrap_or_else(|| Err(malformed()))).collect())
    }

    /// Reads a message, and which call it responds to; 0 when none.
    fn receive(&mut self) -> Result<(u32, Result<Reply, BusError>), BusError> {
        let mut start = [0; 16];
        self.stream.read_exact(&mut start)?;
        let length = |at: usize| {
            let bytes = start.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
            usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX)
        };
        let (body, fields) = (length(4), length(12));
        if start[0] != b'l' || body > LARGEST_MESSAGE || fields > LARGEST_MESSAGE {
            return Err(malformed());
        }
        let mut rest = vec![0; fields.next_multiple_of(8) + body];
        self.stream.read_exact(&mut rest)?;
        let body = rest.split_off(fields.next_multiple_of(8));
        rest.truncate(fields);
        let header = Header::read(&rest)?;
        let reply = match start[1] {
            METHOD_RETURN => Ok(Reply { body, at: 0 }),
            ERROR => Err(BusError::Refused(header.error)),
            _ => return Ok((0, Err(malformed()))),
        };
        Ok((header.reply_serial, reply))
    }
}

/// Reads the address of a bus: the first one, which is a socket of this machine.
fn socket_of(address: &str) -> Result<SocketAddr, BusError> {
    let options = address.split(';').next().and_then(|first| first.strip_prefix("unix:"));
    for option in options.into_iter().flat_map(|options| options.split(',')) {
        match option.split_once('=') {
            Some(("path", path)) => return Ok(SocketAddr::from_pathname(path)?),
            Some(("abstract", name)) => return Ok(SocketAddr::from_abstract_name(name)?),
            _ => {}
        }
    }
    Err(BusError::Lost(format!("the address {address:?} is not supported")))
}

fn message(serial: u32, call: MethodCall<'_>) -> Vec<u8> {
    let MethodCall { destination, path, interface, member, arguments } = call;
    let mut fields = Arguments::default();
    for (code, kind, value) in [
        (PATH, "o", path),
        (INTERFACE, "s", interface),
        (MEMBER, "s", member),
        (DESTINATION, "s", destination),
        (SIGNATURE, "g", &*arguments.signature),
    ] {
        fields.align(8);
        fields.bytes.push(code);
        fields.push_signature(kind);
        if kind == "g" { fields.push_signature(value) } else { fields.push_string(value) }
    }
    let mut message = Arguments::default();
    message.bytes.extend([b'l', METHOD_CALL, 0, 1]);
    message.push_length(arguments.bytes.len());
    message.bytes.extend(serial.to_le_bytes());
    message.push_length(fields.bytes.len());
    message.bytes.extend(fields.bytes);
    message.align(8);
    message.bytes.extend(arguments.bytes);
    message.bytes
}

/// Arguments of a call, in the form of the protocol.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    signature: String,
    bytes: Vec<u8>,
}

impl Arguments {
    /// Adds a string.
    pub(super) fn string(mut self, text: &str) -> Self {
        self.signature.push('s');
        self.push_string(text);
        self
    }

    /// Adds a number.
    pub(super) fn number(mut self, number: i32) -> Self {
        self.signature.push('i');
        self.align(4);
        self.bytes.extend(number.to_le_bytes());
        self
    }

    /// Adds a number that is not negative.
    pub(super) fn unsigned(mut self, number: u32) -> Self {
        self.signature.push('u');
        self.align(4);
        self.bytes.extend(number.to_le_bytes());
        self
    }

    /// Adds a floating-point number or a boolean as a value of any type.
    pub(super) fn any(mut self, value: Any) -> Self {
        self.signature.push('v');
        match value {
            Any::Double(number) => {
                self.push_signature("d");
                self.align(8);
                self.bytes.extend(number.to_le_bytes());
            }
            Any::Boolean(value) => {
                self.push_signature("b");
                self.align(4);
                self.bytes.extend(u32::from(value).to_le_bytes());
            }
        }
        self
    }

    fn align(&mut self, to: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
    }

    fn push_length(&mut self, length: usize) {
        self.align(4);
        self.bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn push_string(&mut self, text: &str) {
        self.push_length(text.len());
        self.bytes.extend(text.as_bytes());
        self.bytes.push(0);
    }

    fn push_signature(&mut self, signature: &str) {
        self.bytes.push(u8::try_from(signature.len()).unwrap_or(u8::MAX));
        self.bytes.extend(signature.as_bytes());
        self.bytes.push(0);
    }
}

/// A value of any type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Any {
    Double(f64),
    Boolean(bool),
}

/// What is needed of a message's header.
#[derive(Debug, Default)]
struct Header {
    reply_serial: u32,
    error: String,
}

impl Header {
    fn read(fields: &[u8]) -> Result<Self, BusError> {
        let mut header = Self::default();
        // The fields start at a multiple of 8.
        let mut reader = Reply { body: fields.to_vec(), at: 0 };
        while reader.at < reader.body.len() {
            reader.align(8);
            let code = reader.byte()?;
            match (code, &*reader.signature()?) {
                (REPLY_SERIAL, "u") => header.reply_serial = reader.unsigned()?,
                (ERROR_NAME, "s") => header.error = reader.string()?,
                (_, "u") => drop(reader.unsigned()?),
                (_, "s" | "o") => drop(reader.string()?),
                (_, "g") => drop(reader.signature()?),
                _ => return Err(malformed()),
            }
        }
        Ok(header)
    }
}

/// The result of a call, read value by value.
#[derive(Debug)]
pub(super) struct Reply {
    body: Vec<u8>,
    at: usize,
}

impl Reply {
    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn take(&mut self, length: usize) -> Result<&[u8], BusError> {
        let end = self.at.checked_add(length).ok_or_else(malformed)?;
        let taken = self.body.get(self.at..end).ok_or_else(malformed)?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, BusError> {
        Ok(self.take(1)?[0])
    }

    /// A number that is not negative; a boolean is 0 or 1.
    pub(super) fn unsigned(&mut self) -> Result<u32, BusError> {
        self.align(4);
        Ok(u32::from_le_bytes(self.take(4)?.try_into().map_err(|_| malformed())?))
    }

    /// A number.
    pub(super) fn number(&mut self) -> Result<i32, BusError> {
        self.unsigned().map(u32::cast_signed)
    }

    /// A string, or the path of an object.
    pub(super) fn string(&mut self) -> Result<String, BusError> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| malformed())?;
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.take(1)?;
        Ok(text)
    }

    fn signature(&mut self) -> Result<String, BusError> {
        let length = self.byte()?;
        let text = String::from_utf8_lossy(self.take(length.into())?).into_owned();
        self.take(1)?;
        Ok(text)
    }

    /// A string in a value of any type; empty when it is of another type.
    pub(super) fn any_string(&mut self) -> Result<String, BusError> {
        if self.signature()? == "s" { self.string() } else { Ok(String::new()) }
    }

    /// A list, whose elements start at multiples of `alignment`.
    pub(super) fn list<T>(
        &mut self,
        alignment: usize,
        mut element: impl FnMut(&mut Self) -> Result<T, BusError>,
    ) -> Result<Vec<T>, BusError> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| malformed())?;
        self.align(alignment);
        let end = self.at.checked_add(length).filter(|end| *end <= self.body.len()).ok_or_else(malformed)?;
        let mut found = Vec::new();
        while self.at < end {
            self.align(alignment);
            found.push(element(self)?);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_the_form_of_the_protocol() {
        let call = MethodCall {
            destination: "a.b",
            path: "/x",
            interface: "i.f",
            member: "M",
            arguments: Arguments::default().string("é").number(-1).any(Any::Double(0.5)),
        };
        let message = message(7, call);
        assert!(message.starts_with(&[b'l', METHOD_CALL, 0, 1]));
        assert_eq!(message[8..12], 7_u32.to_le_bytes());
        let fields = usize::try_from(u32::from_le_bytes(message[12..16].try_into().unwrap())).unwrap();
        assert!(Header::read(&message[16..16 + fields]).is_ok());
        let body = message[16 + fields.next_multiple_of(8)..].to_vec();
        let mut reply = Reply { body, at: 0 };
        assert_eq!(reply.string().unwrap(), "é");
        assert_eq!(reply.number().unwrap(), -1);
        assert_eq!(reply.signature().unwrap(), "d");
    }

    #[test]
    fn lists_are_read_and_broken_ones_refused() {
        let list = [8, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0];
        let read = |body: &[u8]| Reply { body: body.to_vec(), at: 0 }.list(4, Reply::unsigned);
        assert_eq!(read(&list).unwrap(), [1, 2]);
        for broken in [&list[..7], &[255, 255, 255, 255], &[5, 0, 0, 0, 1, 0, 0, 0, 2]] {
            assert!(read(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn addresses_are_read() {
        let path = socket_of("unix:path=/a/b,guid=1;unix:path=/c").unwrap();
        assert_eq!(path.as_pathname(), Some(std::path::Path::new("/a/b")));
        assert_eq!(socket_of("unix:abstract=x").unwrap().as_abstract_name(), Some(&b"x"[..]));
        assert!(socket_of("tcp:host=localhost").is_err());
    }
}
