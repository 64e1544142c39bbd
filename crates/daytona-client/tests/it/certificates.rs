//! Certificates of services.

use std::process::Command;

use daytona_client::{Error, ErrorKind};
use serde_json::json;

use crate::support::{
    Authority, KEY, LIST, Scripted, Server, Validity, client_with, everything_of, failure, short_deadline,
};

const EXTRA: &str = "NODE_EXTRA_CA_CERTS";

async fn list_with(origin: &str, variables: &[(&str, &str)]) -> Result<(), Error> {
    client_with(origin, variables).list(&Default::default(), short_deadline()).await.map(drop)
}

/// Returns the message of the error, which must come from a single attempt without a request.
async fn message_with(server: &Server, variables: &[(&str, &str)]) -> String {
    let error = failure(list_with(&server.origin(), variables).await);
    assert_eq!((error.kind(), error.retries()), (ErrorKind::Connection, 0), "{error}");
    assert!(server.lines().is_empty() && server.connections() <= 1, "{} connections", server.connections());
    assert!(!everything_of(&error).contains(KEY), "{error:?}");
    let prefix = format!("cannot connect to {}/api: ", server.origin());
    error.message().strip_prefix(&prefix).unwrap_or_else(|| panic!("{error}")).to_owned()
}

#[tokio::test]
async fn the_authorities_of_node_extra_ca_certs_are_trusted() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("localhost", Validity::Now)).await;
    server.always(LIST, Scripted::json(200, &json!({"items": [], "nextCursor": null})));
    list_with(&server.origin(), &[(EXTRA, &authority.file())]).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_names_the_variable() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = Server::start_tls(authority.server("localhost", Validity::Now)).await;
    assert_eq!(
        message_with(&server, &[]).await,
        "its certificate is not trusted, because no known authority signed it. If you trust its authority, set NODE_EXTRA_CA_CERTS to a PEM file with the authority's certificate and restart the program"
    );
    let server = Server::start_tls(authority.server("localhost", Validity::Now)).await;
    assert_eq!(
        message_with(&server, &[(EXTRA, &other.file())]).await,
        format!(
            "its certificate is not trusted, because no known authority signed it. If you trust its authority, add the authority's certificate to {} (NODE_EXTRA_CA_CERTS) and restart the program",
            other.file()
        )
    );
}

#[tokio::test]
async fn an_expired_certificate_says_since_when() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("localhost", Validity::Past)).await;
    let message = message_with(&server, &[(EXTRA, &authority.file())]).await;
    let days = message
        .strip_prefix("its certificate is not valid: it expired ")
        .unwrap_or_else(|| panic!("{message}"));
    let days =
        days.strip_suffix(" days ago. Renew the certificate, or correct the clock of this machine").unwrap();
    assert!(days.parse::<u32>().unwrap() > 2_000, "{message}");
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_yet_names_the_clock() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("localhost", Validity::Future)).await;
    let message = message_with(&server, &[(EXTRA, &authority.file())]).await;
    assert_eq!(message, "its certificate is not valid yet. Correct the clock of this machine");
}

#[tokio::test]
async fn a_certificate_of_another_host_names_both() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("other.test", Validity::Now)).await;
    let message = message_with(&server, &[(EXTRA, &authority.file())]).await;
    assert_eq!(message, "its certificate is not for localhost but for other.test. Check the API URL");
}

#[tokio::test]
async fn an_authority_as_a_server_is_explained() {
    let (tls, pem) = Authority::as_server("localhost");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pem).unwrap();
    let server = Server::start_tls(tls).await;
    let message = message_with(&server, &[(EXTRA, file.path().to_str().unwrap())]).await;
    assert_eq!(
        message,
        "its certificate is that of an authority, which cannot be a server's. Give it a certificate that the authority signed"
    );
}

#[tokio::test]
async fn a_server_without_tls_is_explained() {
    let server = Server::start().await;
    let origin = server.origin().replace("http:", "https:");
    let error = failure(list_with(&origin, &[]).await);
    let expected = format!(
        "cannot connect to {origin}/api: it does not use TLS. If it is an HTTP server, use a URL that starts with http://"
    );
    assert_eq!((error.message(), error.retries()), (expected.as_str(), 0));
}

#[tokio::test]
async fn a_file_without_usable_certificates_is_named() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("localhost", Validity::Now)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let whole = std::fs::read_to_string(authority.file()).unwrap();
    let noise = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    let cases = [
        (folder.path().join("missing.pem").to_str().unwrap().to_owned(), "the file does not exist"),
        (file("empty.pem", ""), "it contains no certificate in PEM format"),
        (file("text.pem", "hello"), "it contains no certificate in PEM format"),
        (file("noise.pem", noise), "certificate 1 in it is not valid"),
        (file("second.pem", &format!("{whole}{noise}")), "certificate 2 in it is not valid"),
        (file("cut.pem", &whole[..whole.len() / 2]), "certificate 1 in it is not valid"),
    ];
    for (path, reason) in cases {
        let expected = format!(
            "the certificates to trust cannot be read from {path} (NODE_EXTRA_CA_CERTS): {reason}. Set NODE_EXTRA_CA_CERTS to a PEM file with certificates, or unset it"
        );
        assert_eq!(message_with(&server, &[(EXTRA, &path)]).await, expected);
    }
    let folder = folder.path().to_str().unwrap();
    let message = message_with(&server, &[(EXTRA, folder)]).await;
    assert!(
        message.starts_with(&format!("the certificates to trust cannot be read from {folder} (")),
        "{message}"
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_file_that_appears_later_is_read() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("localhost", Validity::Now)).await;
    server.always(LIST, Scripted::json(200, &json!({"items": [], "nextCursor": null})));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let daytona = client_with(&server.origin(), &[(EXTRA, path.to_str().unwrap())]);
    failure(daytona.list(&Default::default(), short_deadline()).await);
    std::fs::copy(authority.file(), &path).unwrap();
    daytona.list(&Default::default(), short_deadline()).await.unwrap();
}

/// The variables of the system's certificates are those of the process, so this test runs
/// itself again in a process of its own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_machine_without_certificates_is_an_error() {
    const NAME: &str = "certificates::a_machine_without_certificates_is_an_error";
    const CHILD: &str = "DAYTONA_TEST_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let nothing = tempfile::tempdir().unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture"])
            .env(CHILD, "1")
            .env("SSL_CERT_DIR", nothing.path())
            .env_remove("SSL_CERT_FILE")
            .output()
            .unwrap();
        let output =
            String::from_utf8_lossy(&child.stdout).into_owned() + &String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success() && output.contains("1 passed"), "{output}");
        return;
    }
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("localhost", Validity::Now)).await;
    let message = message_with(&server, &[]).await;
    assert!(message.starts_with("TLS cannot be set up: "), "{message}");
    assert!(message.contains("package ca-certificates") && message.contains(EXTRA), "{message}");
    server.always(LIST, Scripted::json(200, &json!({"items": [], "nextCursor": null})));
    list_with(&server.origin(), &[(EXTRA, &authority.file())]).await.unwrap();
}
