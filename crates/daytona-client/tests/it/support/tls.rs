//! Certificates, made for each test.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    Now,
    Past,
    Future,
}

/// A certificate authority that no system trusts.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let issuer =
            CertifiedIssuer::self_signed(authority_parameters(), KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    /// Returns the path of a PEM file with the authority's certificate.
    pub(crate) fn file(&self) -> String {
        self.folder.path().join("ca.pem").to_str().unwrap().to_owned()
    }

    /// Returns the TLS side of a server with a certificate for this host.
    pub(crate) fn server(&self, host: &str, validity: Validity) -> TlsAcceptor {
        let mut parameters = CertificateParams::new(vec![host.to_owned()]).unwrap();
        match validity {
            Validity::Now => {}
            Validity::Past => parameters.not_after = date_time_ymd(2020, 1, 1),
            Validity::Future => {
                parameters.not_before = date_time_ymd(2200, 1, 1);
                parameters.not_after = date_time_ymd(2201, 1, 1);
            }
        }
        let key = KeyPair::generate().unwrap();
        acceptor(&parameters.signed_by(&key, &self.issuer).unwrap(), &key)
    }

    /// Returns the TLS side of a server that speaks HTTP/2.
    pub(crate) fn http2_server(&self, host: &str, validity: Validity) -> TlsAcceptor {
        let mut config = ServerConfig::clone(self.server(host, validity).config());
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    /// Returns the TLS side of a server that presents an authority's certificate as its own,
    /// and the certificate as PEM.
    pub(crate) fn as_server(host: &str) -> (TlsAcceptor, String) {
        let mut parameters = authority_parameters();
        parameters.subject_alt_names =
            CertificateParams::new(vec![host.to_owned()]).unwrap().subject_alt_names;
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        (acceptor(&certificate, &key), certificate.pem())
    }
}

fn authority_parameters() -> CertificateParams {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters
}

fn acceptor(certificate: &Certificate, key: &KeyPair) -> TlsAcceptor {
    let certificates = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
