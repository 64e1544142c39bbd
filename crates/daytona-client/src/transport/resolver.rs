//! Resolves names of hosts.

use std::error::Error as StdError;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{fmt, io};

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// Resolves names as the system does. Its errors say which name is concerned.
#[derive(Clone, Copy)]
pub(super) struct Resolver;

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = NameError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NameError>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), NameError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            // The port is set by the caller.
            let addresses = tokio::task::spawn_blocking(move || (host.as_str(), 0).to_socket_addrs()).await;
            let addresses = addresses.unwrap_or_else(|failed| Err(io::Error::other(failed)));
            addresses.map_err(|error| NameError::new(name.as_str(), error))
        })
    }
}

/// A name that was not resolved.
#[derive(Debug)]
pub(super) struct NameError {
    name: String,
    /// Whether the name may be resolved at another attempt.
    pub(super) is_temporary: bool,
    source: io::Error,
}

impl NameError {
    fn new(name: &str, source: io::Error) -> Self {
        /// `WSATRY_AGAIN` of Windows.
        const TRY_AGAIN: i32 = 11002;
        // On Unix, the standard library keeps only the text for `EAI_AGAIN`, as glibc and macOS
        // or as musl write it.
        let text = source.to_string();
        let is_temporary = source.raw_os_error() == Some(TRY_AGAIN)
            || ["Temporary failure", "Try again"].iter().any(|again| text.contains(again));
        Self { name: name.to_owned(), is_temporary, source }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        if self.is_temporary {
            return write!(
                f,
                "the name {name} could not be resolved for now (no response from a name server)"
            );
        }
        write!(f, "the name {name} does not exist")
    }
}

impl StdError for NameError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_may_exist_are_resolved_again() {
        let failed = |text: &str| NameError::new("host.test", io::Error::other(text.to_owned()));
        let prefix = "failed to lookup address information";
        assert!(failed(&format!("{prefix}: Temporary failure in name resolution")).is_temporary);
        assert!(failed(&format!("{prefix}: Try again")).is_temporary);
        assert!(NameError::new("host.test", io::Error::from_raw_os_error(11_002)).is_temporary);
        for text in ["Name or service not known", "nodename nor servname provided, or not known"] {
            assert!(!failed(&format!("{prefix}: {text}")).is_temporary);
        }
        assert!(!NameError::new("host.test", io::Error::from_raw_os_error(11_001)).is_temporary);
    }
}
