//! Which certificates of services and proxies are trusted.

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::Verifier;

use super::error_chain::root_cause;
use super::unusable::Unusable;

/// The variable of Node.js that names certificates to trust besides the system's.
pub(crate) const EXTRA_CERTIFICATES: &str = "NODE_EXTRA_CA_CERTS";

/// Trusts the certificates of the system and those of a file, that of [`EXTRA_CERTIFICATES`].
pub(super) fn trust(certificates: Option<&Path>, protocols: &[&[u8]]) -> Result<ClientConfig, Unusable> {
    let certificates = certificates.map(read_certificates).transpose()?.unwrap_or_default();
    let verifier =
        Verifier::new_with_extra_roots(certificates, provider()).map_err(|error| unavailable(&error))?;
    let mut config =
        tls()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

/// For connections without TLS.
pub(super) fn no_trust() -> Result<ClientConfig, Unusable> {
    Ok(tls()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// ring instead of the default: it needs no CMake and builds in seconds.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())))
}

fn tls() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Unusable> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    builder.map_err(|error| unavailable(&error))
}

fn unavailable(error: &rustls::Error) -> Unusable {
    Unusable::new(format!(
        "TLS cannot be set up: {}. Install the certificates of the system (package ca-certificates), or set {EXTRA_CERTIFICATES} to a PEM file with certificates to trust",
        root_cause(error)
    ))
}

/// Reads the certificates of a PEM file.
fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let unusable = |reason: &str| {
        Unusable::new(format!(
            "the certificates to trust cannot be read from {} ({EXTRA_CERTIFICATES}): {reason}. Set {EXTRA_CERTIFICATES} to a PEM file with certificates, or unset it",
            path.display()
        ))
    };
    let pem = std::fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => unusable("the file does not exist"),
        io::ErrorKind::PermissionDenied => unusable("permission denied"),
        _ => unusable(&error.to_string()),
    })?;
    let mut certificates = Vec::new();
    for (index, der) in CertificateDer::pem_slice_iter(&pem).enumerate() {
        let invalid = || unusable(&format!("certificate {} in it is not valid", index + 1));
        let der = der.map_err(|_| invalid())?;
        RootCertStore::empty().add(der.clone()).map_err(|_| invalid())?;
        certificates.push(der);
    }
    if certificates.is_empty() {
        return Err(unusable("it contains no certificate in PEM format"));
    }
    Ok(certificates)
}
