//! A connection to the X server, for one operation.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, timeout_at};
use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, Window};
use x11rb::rust_connection::{DefaultStream, RustConnection};

use super::display::Display;
use crate::response::Failure;

/// The name of the way in which clients of the server prove who they are.
pub(super) const COOKIE: &[u8] = b"MIT-MAGIC-COOKIE-1";

/// How much of a property is read, in units of four bytes: programs of the sandbox
/// can put anything there.
const LONGEST_PROPERTY: u32 = 1024;

/// Why an operation on the screen did not succeed.
#[derive(Debug)]
pub(super) enum ScreenError {
    /// The server refused it, or is gone.
    Server(String),
    /// It cannot be done as asked for.
    Refused(Failure),
}

macro_rules! server_errors {
    ($($error:ty),+) => {
        $(impl From<$error> for ScreenError {
            fn from(error: $error) -> Self {
                Self::Server(error.to_string())
            }
        })+
    };
}

server_errors!(ConnectError, ConnectionError, ReplyError, ReplyOrIdError, std::io::Error);

impl From<Failure> for ScreenError {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl From<ScreenError> for Failure {
    fn from(error: ScreenError) -> Self {
        match error {
            ScreenError::Server(error) => Self::internal(format_args!("the X server: {error}")),
            ScreenError::Refused(failure) => failure,
        }
    }
}

/// A screen of the X server.
pub(super) struct Screen {
    pub(super) connection: RustConnection,
    pub(super) root: Window,
    pub(super) width: u16,
    pub(super) height: u16,
}

impl Screen {
    fn open(stream: UnixStream, cookie: &[u8]) -> Result<Self, ScreenError> {
        let (stream, _peer) = DefaultStream::from_unix_stream(stream)?;
        let connection =
            RustConnection::connect_to_stream_with_auth_info(stream, 0, COOKIE.to_vec(), cookie.to_vec())?;
        let Some(screen) = connection.setup().roots.first() else {
            return Err(ScreenError::Server("it has no screen".to_owned()));
        };
        let (root, width, height) = (screen.root, screen.width_in_pixels, screen.height_in_pixels);
        Ok(Self { connection, root, width, height })
    }

    /// The atom of a name.
    pub(super) fn atom(&self, name: &str) -> Result<Atom, ScreenError> {
        Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }

    /// The numbers that a property of a window has.
    pub(super) fn numbers(&self, window: Window, name: &str) -> Result<Vec<u32>, ScreenError> {
        let property = self.atom(name)?;
        let request =
            self.connection.get_property(false, window, property, AtomEnum::ANY, 0, LONGEST_PROPERTY)?;
        let reply = request.reply()?;
        Ok(reply.value32().map(Iterator::collect).unwrap_or_default())
    }

    /// The bytes that a property of a window has.
    pub(super) fn bytes(&self, window: Window, property: Atom) -> Result<Vec<u8>, ScreenError> {
        let request =
            self.connection.get_property(false, window, property, AtomEnum::ANY, 0, LONGEST_PROPERTY)?;
        Ok(request.reply()?.value)
    }
}

/// Does blocking work on the screen. Work that takes longer than `limit` loses its
/// connection, and so ends.
pub(super) async fn on_screen<T: Send + 'static>(
    display: Display,
    limit: Duration,
    work: impl FnOnce(&Screen) -> Result<T, ScreenError> + Send + 'static,
) -> Result<T, Failure> {
    let deadline = Instant::now() + limit;
    let connected = timeout_at(deadline, tokio::net::UnixStream::connect(&display.socket)).await;
    let stream = match connected {
        Ok(stream) => stream.and_then(tokio::net::UnixStream::into_std).map_err(ScreenError::from)?,
        Err(_) => return Err(too_slow(limit)),
    };
    let line = stream.try_clone().map_err(ScreenError::from)?;
    let work = tokio::task::spawn_blocking(move || work(&Screen::open(stream, &display.cookie)?));
    match timeout_at(deadline, work).await {
        Ok(Ok(done)) => done.map_err(Failure::from),
        Ok(Err(error)) => Err(Failure::internal(error)),
        Err(_) => {
            // It may be closed already.
            let _closed = line.shutdown(Shutdown::Both);
            Err(too_slow(limit))
        }
    }
}

fn too_slow(limit: Duration) -> Failure {
    Failure {
        status: StatusCode::GATEWAY_TIMEOUT,
        code: "REQUEST_TIMEOUT",
        message: format!(
            "request timeout: the X server did not respond within {} s. Restart the process xvfb",
            limit.as_secs()
        ),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn a_server_that_does_not_respond_holds_up_neither_the_request_nor_a_thread() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("X0");
        let listener = tokio::net::UnixListener::bind(&socket).unwrap();
        let work = on_screen(Display::at(socket), Duration::from_millis(100), Screen::pointer);
        let (failure, accepted) = tokio::join!(work, listener.accept());
        assert_eq!(failure.unwrap_err().status, StatusCode::GATEWAY_TIMEOUT);
        // The thread has ended when the connection is closed on its side.
        let mut request = Vec::new();
        accepted.unwrap().0.read_to_end(&mut request).await.unwrap();
        assert!(!request.is_empty());
    }
}
