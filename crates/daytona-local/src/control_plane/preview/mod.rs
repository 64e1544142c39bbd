//! Previews: addresses at which programs of a sandbox that listen on a port can be reached.
//!
//! The service gives each preview a host name. Here each has a listener on a loopback
//! address of its own: names below `localhost` are not resolved everywhere, and a browser
//! keeps the cookies of a host for all its ports, so at the same address a program of a
//! sandbox would receive those of other sandboxes and of other programs of the user.

pub(super) mod previews;
mod proxy;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use daytona_api::control_plane::preview::{PortPreviewUrl, SignedPortPreviewUrl};
use http::StatusCode;
use tokio::net::TcpListener;

use super::ControlPlane;
use super::api_failure::ApiFailure;
use super::sandbox::filter::Query;
use super::sandbox::registry::Entry;
use super::sandbox_token::SandboxToken;
use previews::{Preview, Signed};
use proxy::PreviewedPort;

/// How many seconds a signed URL is valid by default.
const DEFAULT_LIFETIME: usize = 60;
/// How many seconds a signed URL is valid at most.
const LONGEST_LIFETIME: usize = 24 * 60 * 60;

impl ControlPlane {
    /// `GET /sandbox/{s}/ports/{port}/preview-url`.
    pub(super) fn preview_url(
        self: &Arc<Self>,
        id_or_name: &str,
        port: &str,
    ) -> Result<PortPreviewUrl, ApiFailure> {
        let mut entries = self.registry.lock();
        let entry = entries.find_mut(id_or_name)?;
        let port = port_number(port)?;
        let address = match entry.previews.of_port(port) {
            Some(address) => address,
            None => self.open_preview(entry, port, None)?,
        };
        Ok(PortPreviewUrl {
            sandbox_id: entry.sandbox.id.clone(),
            url: format!("http://{address}"),
            token: entry.token.expose().to_owned(),
        })
    }

    /// `GET /sandbox/{s}/ports/{port}/signed-preview-url`.
    pub(super) fn signed_preview_url(
        self: &Arc<Self>,
        id_or_name: &str,
        port: &str,
        query: &str,
    ) -> Result<SignedPortPreviewUrl, ApiFailure> {
        let mut entries = self.registry.lock();
        let entry = entries.find_mut(id_or_name)?;
        let (port, lifetime) = (port_number(port)?, lifetime(query)?);
        let token = SandboxToken::random_signed().map_err(|error| unavailable("generate a token", &error))?;
        let signed = Signed::new(token.clone(), Instant::now() + lifetime);
        let address = self.open_preview(entry, port, Some(signed))?;
        Ok(SignedPortPreviewUrl {
            sandbox_id: entry.sandbox.id.clone(),
            port,
            token: token.expose().to_owned(),
            url: format!("http://{address}"),
        })
    }

    /// `POST /sandbox/{s}/ports/{port}/signed-preview-url/{token}/expire`.
    pub(super) fn expire_signed_preview_url(
        &self,
        id_or_name: &str,
        port: &str,
        token: &str,
    ) -> Result<(), ApiFailure> {
        let mut entries = self.registry.lock();
        let entry = entries.find_mut(id_or_name)?;
        entry.previews.expire(port_number(port)?, token);
        Ok(())
    }

    fn open_preview(
        self: &Arc<Self>,
        entry: &mut Entry,
        port: u16,
        signed: Option<Signed>,
    ) -> Result<SocketAddr, ApiFailure> {
        entry.previews.make_room()?;
        let (listener, address) =
            listen(self.address.ip()).map_err(|error| unavailable("listen for a preview", &error))?;
        let previewed = PreviewedPort {
            plane: Arc::downgrade(self),
            sandbox_id: entry.sandbox.id.clone(),
            port,
            address,
        };
        let connections = Arc::clone(&self.connections);
        let server = tokio::spawn(async move {
            connections.serve(listener, proxy::router(previewed)).await;
        });
        entry.previews.add(Preview::new(port, address, signed, server.abort_handle()));
        Ok(address)
    }
}

fn unavailable(what: &str, error: &io::Error) -> ApiFailure {
    let message = format!("The local server cannot {what}: {error}");
    ApiFailure::new(StatusCode::INTERNAL_SERVER_ERROR, message)
}

fn port_number(text: &str) -> Result<u16, ApiFailure> {
    let port = text.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| ApiFailure::bad_request(format!("Invalid port {text:?}: it must be from 1 to 65535")))
}

fn lifetime(query: &str) -> Result<Duration, ApiFailure> {
    let seconds = Query::parse(query).number("expiresInSeconds", 1..=LONGEST_LIFETIME)?;
    Ok(Duration::from_secs(seconds.unwrap_or(DEFAULT_LIFETIME) as u64))
}

/// Listens at a loopback address that nothing else uses, or else at the server's own.
fn listen(server: IpAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let mut bytes = [0; 3];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let own = Ipv4Addr::new(127, 64 | (bytes[0] & 63), bytes[1], 1 + bytes[2] % 254);
    let listener = match StdListener::bind((own, 0)) {
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => StdListener::bind((server, 0)),
        bound => bound,
    }?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((TcpListener::from_std(listener)?, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_lifetimes_are_in_their_range() {
        assert_eq!([port_number("1").unwrap(), port_number("65535").unwrap()], [1, 65535]);
        for wrong in ["0", "65536", "-1", "http", "", "1.5"] {
            let message = port_number(wrong).unwrap_err().to_string();
            assert!(message.starts_with("400 Invalid port"), "{message}");
        }
        for (query, seconds) in [("", 60), ("expiresInSeconds=1", 1), ("a=1&expiresInSeconds=86400", 86400)] {
            assert_eq!(lifetime(query).unwrap().as_secs(), seconds);
        }
        for wrong in ["0", "86401", "-5", "1.5", "x"] {
            assert!(lifetime(&format!("expiresInSeconds={wrong}")).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn each_preview_has_an_address_of_its_own() {
        let server = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let (_one, first) = listen(server).unwrap();
        let (_other, second) = listen(server).unwrap();
        assert_ne!(first.ip(), second.ip());
        assert!(first.ip().is_loopback() && second.ip().is_loopback() && first.ip() != server);
    }
}
