//! Why a request failed without a response, whether another attempt can help, and what to do.

use daytona_api::Service;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use rustls::CertificateError;
use rustls::pki_types::InvalidDnsNameError;

use super::Attempt;
use super::error_chain::{chain, root_cause};
use super::http_client::SendError;
use super::network::Network;
use super::proxy::Proxy;
use super::request::Request;
use super::resolver::NameError;
use super::retry::Failure;
use super::tls::EXTRA_CERTIFICATES;
use super::unusable::Unusable;
use super::url::{self, Base};
use crate::error::{Error, ErrorKind};

/// The error of a tunnel, whose name hyper-util does not export.
type TunnelError = <Tunnel<HttpConnector> as tower_service::Service<http::Uri>>::Error;

const DAY: u64 = 24 * 60 * 60;

/// The recipient of a request and the way to it, for messages.
pub(super) struct Way<'a> {
    pub(super) request: &'a Request,
    pub(super) base: &'a Base,
    pub(super) network: &'a Network,
    pub(super) proxy: Option<&'a Proxy>,
}

/// Why a connection was not established.
#[derive(Debug)]
struct Cause {
    reason: String,
    /// What to do, when that depends on the reason.
    advice: Option<String>,
    /// Set when another attempt would fail in the same way.
    is_final: bool,
    /// Set when the proxy was not reached, rather than the service behind it.
    is_at_proxy: bool,
}

impl Way<'_> {
    /// Returns the failure of an attempt without a response.
    pub(super) fn broken(&self, error: SendError) -> Attempt {
        if !error.is_connect() {
            let through = self.proxy.map(|proxy| format!(" through {proxy}")).unwrap_or_default();
            let message = format!(
                "the connection to {}{through} was lost before the response was complete: {}",
                self.address(),
                root_cause(&error)
            );
            let is_unprocessed = error.is_unprocessed();
            let failure = if is_unprocessed { Failure::NotConnected } else { Failure::Broken };
            let error =
                self.error(ErrorKind::Connection, message).with_source(error).with_unsent(is_unprocessed);
            // The connection to a sandbox ends when it is stopped. Also, a service that refuses a
            // request before it has read the body may close the connection before its response is read.
            let error = error.with_ambiguity(self.is_toolbox());
            return Attempt { failure: Some(failure), wait: None, error };
        }
        let kind = if error.is_timeout() { ErrorKind::ConnectionTimeout } else { ErrorKind::Connection };
        let cause = self.cause(&error);
        let failure = (!cause.is_final).then_some(Failure::NotConnected);
        let error = self.unsent(kind, &cause).with_source(error);
        Attempt { failure, wait: None, error }
    }

    /// Returns the failure of a request that a proxy rejected for its credentials.
    pub(super) fn rejected_by_proxy(&self, proxy: &Proxy) -> Attempt {
        let error = self.unsent(ErrorKind::Connection, &rejected_credentials(proxy));
        Attempt { failure: None, wait: None, error }
    }

    /// Returns the failure of a request whose way is not usable.
    pub(super) fn unusable(&self, reason: Unusable) -> Attempt {
        let cause = Cause::new(reason.message).last();
        Attempt { failure: None, wait: None, error: self.unsent(ErrorKind::Connection, &cause) }
    }

    fn unsent(&self, kind: ErrorKind, cause: &Cause) -> Error {
        self.error(kind, self.describe(cause)).with_unsent(true)
    }

    fn error(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, self.request.name(), message)
    }

    fn describe(&self, cause: &Cause) -> String {
        let address = self.address();
        let target = match self.proxy {
            Some(proxy) if cause.is_at_proxy => format!("{proxy} on the way to {address}"),
            Some(proxy) => format!("{address} through {proxy}"),
            None => address,
        };
        let message = format!("cannot connect to {target}: {}", cause.reason);
        match &cause.advice {
            Some(advice) => format!("{message}. {advice}"),
            None => message,
        }
    }

    /// Returns the address of the service. A toolbox is named by its host: the rest
    /// of its address is the sandbox's id.
    fn address(&self) -> String {
        if self.is_toolbox() { url::origin(self.base.as_str()) } else { self.base.as_str().to_owned() }
    }

    fn is_toolbox(&self) -> bool {
        self.request.operation.service == Service::Toolbox
    }

    /// Returns why a connection was not established.
    fn cause(&self, error: &SendError) -> Cause {
        // Without a tunnel, every connection is one to the proxy.
        let mut is_at_proxy = self.proxy.is_some() && !self.base.is_secure;
        for cause in chain(error) {
            if let (Some(tunnel), Some(proxy)) = (cause.downcast_ref::<TunnelError>(), self.proxy) {
                match tunnel {
                    TunnelError::ProxyAuthRequired => return rejected_credentials(proxy),
                    TunnelError::TunnelUnsuccessful => return self.refused_tunnel(),
                    _ => is_at_proxy = true,
                }
            }
            if let Some(name) = cause.downcast_ref::<NameError>() {
                let found = Cause::new(name.to_string()).or_last(!name.is_temporary);
                return self.with_advice(found.at_proxy(is_at_proxy));
            }
            if cause.is::<InvalidDnsNameError>() {
                let found = Cause::new("the host of the URL is not a valid name".to_owned()).last();
                return self.with_advice(found.at_proxy(is_at_proxy));
            }
            if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
                return self.tls_cause(tls, is_at_proxy);
            }
        }
        self.with_advice(Cause::new(root_cause(error)).at_proxy(is_at_proxy))
    }

    fn refused_tunnel(&self) -> Cause {
        let host = self.base.parsed().and_then(::url::Url::host_str).unwrap_or("the host");
        Cause::new(format!("the proxy refused to connect to {host}"))
            .advice(format!("Allow {host} at the proxy, or add it to NO_PROXY to connect without the proxy"))
    }

    fn tls_cause(&self, error: &rustls::Error, is_at_proxy: bool) -> Cause {
        let cause = match error {
            rustls::Error::InvalidCertificate(error) => self.certificate_cause(error),
            rustls::Error::InvalidMessage(_) => match self.proxy.filter(|_| is_at_proxy) {
                Some(proxy) => Cause::new("it does not use TLS".to_owned())
                    .advice(format!("If it is an HTTP proxy, start {} with http://", proxy.source())),
                None => Cause::new("it does not use TLS".to_owned())
                    .advice("If it is an HTTP server, use a URL that starts with http://".to_owned()),
            }
            .last(),
            error => Cause::new(format!("TLS failed: {error}")),
        };
        self.with_advice(cause.at_proxy(is_at_proxy))
    }

    fn certificate_cause(&self, error: &CertificateError) -> Cause {
        match error {
            // A bad signature is that of another authority of the same name.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                Cause::new("its certificate is not trusted, because no known authority signed it".to_owned())
                    .advice(self.trust_advice())
            }
            CertificateError::Expired => expired("it has expired".to_owned()),
            CertificateError::ExpiredContext { time, not_after } => expired(format!(
                "it expired {} ago",
                days(time.as_secs().saturating_sub(not_after.as_secs()))
            )),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Cause::new("its certificate is not valid yet".to_owned())
                    .advice("Correct the clock of this machine".to_owned())
            }
            CertificateError::NotValidForNameContext { expected, presented } => Cause::new(format!(
                "its certificate is not for {} but for {}",
                expected.to_str(),
                names(presented)
            )),
            CertificateError::NotValidForName => Cause::new("its certificate is for another host".to_owned()),
            CertificateError::Other(other) if is_authority(other) => {
                Cause::new("its certificate is that of an authority, which cannot be a server's".to_owned())
                    .advice("Give it a certificate that the authority signed".to_owned())
            }
            other => Cause::new(format!("its certificate is not valid: {other}")),
        }
        .last()
    }

    fn trust_advice(&self) -> String {
        match self.network.certificates() {
            Some(path) => format!(
                "If you trust its authority, add the authority's certificate to {} ({EXTRA_CERTIFICATES}) and restart the program",
                path.display()
            ),
            None => format!(
                "If you trust its authority, set {EXTRA_CERTIFICATES} to a PEM file with the authority's certificate and restart the program"
            ),
        }
    }

    /// Adds what to do unless the cause says it.
    fn with_advice(&self, cause: Cause) -> Cause {
        let host = self.base.parsed().and_then(::url::Url::host_str).unwrap_or("the host");
        let advice = match self.proxy {
            _ if cause.advice.is_some() => return cause,
            Some(proxy) if cause.is_at_proxy => {
                format!("Check {}, or add {host} to NO_PROXY to connect without the proxy", proxy.source())
            }
            _ if self.is_toolbox() => return cause,
            _ => "Check the API URL".to_owned(),
        };
        cause.advice(advice)
    }
}

impl Cause {
    fn new(reason: String) -> Self {
        Self { reason, advice: None, is_final: false, is_at_proxy: false }
    }

    fn advice(mut self, advice: String) -> Self {
        self.advice = Some(advice);
        self
    }

    fn last(self) -> Self {
        self.or_last(true)
    }

    fn or_last(mut self, is_final: bool) -> Self {
        self.is_final = is_final;
        self
    }

    fn at_proxy(mut self, is_at_proxy: bool) -> Self {
        self.is_at_proxy = is_at_proxy;
        self
    }
}

fn rejected_credentials(proxy: &Proxy) -> Cause {
    let source = proxy.source();
    let (reason, advice) = if proxy.has_credentials() {
        ("the proxy rejected the user name or the password (407)", format!("Correct them in {source}"))
    } else {
        (
            "the proxy requires a user name and a password (407)",
            format!("Add them to {source}, as in {}", proxy.example()),
        )
    };
    Cause::new(reason.to_owned()).advice(advice).last()
}

fn expired(what: String) -> Cause {
    Cause::new(format!("its certificate is not valid: {what}"))
        .advice("Renew the certificate, or correct the clock of this machine".to_owned())
}

fn days(seconds: u64) -> String {
    match seconds / DAY {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// Joins the names of a certificate, which rustls returns as `DnsName("example.com")`.
fn names(presented: &[String]) -> String {
    let names: Vec<_> = presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name)).collect();
    if names.is_empty() { "no host".to_owned() } else { names.join(", ") }
}

fn is_authority(error: &rustls::OtherError) -> bool {
    error.0.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_certificates_are_listed() {
        assert_eq!(
            names(&["DnsName(\"a.test\")".to_owned(), "IpAddress(::1)".to_owned()]),
            "a.test, IpAddress(::1)"
        );
        assert_eq!(names(&[]), "no host");
    }
}
