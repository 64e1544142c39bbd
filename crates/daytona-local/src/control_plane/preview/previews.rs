//! The previews that a sandbox has.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::task::AbortHandle;

use crate::control_plane::api_failure::ApiFailure;
use crate::control_plane::sandbox_token::SandboxToken;

/// How many previews a sandbox can have: each is a listener.
const MOST_PREVIEWS: usize = 64;

/// The previews of a sandbox. They end with it.
#[derive(Debug, Default)]
pub(in crate::control_plane) struct Previews(Vec<Preview>);

/// A preview, which ends on drop.
#[derive(Debug)]
pub(super) struct Preview {
    port: u16,
    address: SocketAddr,
    signed: Option<Signed>,
    server: AbortHandle,
}

/// A URL that needs no token.
#[derive(Debug)]
pub(super) struct Signed {
    token: SandboxToken,
    /// `None` once its validity was ended.
    expires: Option<Instant>,
}

impl Preview {
    pub(super) fn new(port: u16, address: SocketAddr, signed: Option<Signed>, server: AbortHandle) -> Self {
        Self { port, address, signed, server }
    }
}

impl Signed {
    pub(super) fn new(token: SandboxToken, expires: Instant) -> Self {
        Self { token, expires: Some(expires) }
    }

    fn is_valid(&self) -> bool {
        self.expires.is_some_and(|expires| Instant::now() < expires)
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Previews {
    /// Whether the preview at an address needs no token; `None` when its time is over.
    pub(in crate::control_plane) fn is_signed(&self, address: SocketAddr) -> Option<bool> {
        let preview = self.0.iter().find(|preview| preview.address == address)?;
        match &preview.signed {
            None => Some(false),
            Some(signed) => signed.is_valid().then_some(true),
        }
    }

    /// Returns the address of the preview of a port that needs a token.
    pub(super) fn of_port(&self, port: u16) -> Option<SocketAddr> {
        self.0
            .iter()
            .find(|preview| preview.port == port && preview.signed.is_none())
            .map(|found| found.address)
    }

    /// Ends the validity of a signed URL; an unknown one is no error.
    pub(super) fn expire(&mut self, port: u16, token: &str) {
        let of_port = self.0.iter_mut().filter(|preview| preview.port == port);
        let mut signed = of_port.filter_map(|preview| preview.signed.as_mut());
        if let Some(signed) = signed.find(|signed| signed.token.is(token)) {
            signed.expires = None;
        }
    }

    pub(super) fn add(&mut self, preview: Preview) {
        self.0.push(preview);
    }

    /// Makes room for one more. Those that have expired say so as long as there is room.
    pub(super) fn make_room(&mut self) -> Result<(), ApiFailure> {
        if self.0.len() < MOST_PREVIEWS {
            return Ok(());
        }
        self.0.retain(|preview| preview.signed.as_ref().is_none_or(Signed::is_valid));
        if self.0.len() < MOST_PREVIEWS {
            return Ok(());
        }
        Err(ApiFailure::bad_request(format!(
            "The local server allows {MOST_PREVIEWS} previews of a sandbox at a time. Expire signed URLs first"
        )))
    }
}
