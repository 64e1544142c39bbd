//! Proxies of the environment.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use daytona_client::{Error, ErrorKind};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{
    Authority, KEY, LIST, Policy, Proxy, Scripted, Server, Validity, client_with, everything_of, failure,
    reserved, short_deadline,
};

async fn list_with(origin: &str, variables: &[(&str, &str)]) -> Result<(), Error> {
    client_with(origin, variables).list(&Default::default(), short_deadline()).await.map(drop)
}

/// Returns the error of a call to a service that cannot be reached.
async fn error_with(origin: &str, variables: &[(&str, &str)]) -> Error {
    failure(list_with(origin, variables).await)
}

async fn lists_nothing(server: Server) -> Server {
    server.always(LIST, Scripted::json(200, &json!({"items": [], "nextCursor": null})));
    server
}

#[tokio::test]
async fn a_proxy_that_is_not_reached_is_named_with_its_variable() {
    let (_socket, address) = reserved();
    let cases = [
        ("HTTPS_PROXY", "https://api.daytona.test"),
        ("https_proxy", "https://api.daytona.test"),
        ("HTTP_PROXY", "http://api.daytona.test"),
        ("http_proxy", "http://api.daytona.test"),
        ("ALL_PROXY", "https://api.daytona.test"),
        ("all_proxy", "http://api.daytona.test"),
    ];
    let proxy = format!("http://me:hush-hush@{address}");
    let runs = cases.map(|(variable, origin)| {
        let (proxy, address) = (&proxy, &address);
        async move {
            let error = error_with(origin, &[(variable, proxy)]).await;
            assert_eq!((error.kind(), error.retries()), (ErrorKind::Connection, 3), "{error}");
            let expected = format!(
                "cannot connect to the proxy {address} ({variable}) on the way to {origin}/api: connection refused. Check {variable}, or add api.daytona.test to NO_PROXY to connect without the proxy"
            );
            assert_eq!(error.message(), expected);
            let text = everything_of(&error);
            assert!(!text.contains("hush-hush") && !text.contains("me:") && !text.contains(KEY), "{text}");
        }
    });
    join_all(runs).await;
}

#[tokio::test]
async fn requests_go_through_proxies_of_both_kinds_with_and_without_credentials() {
    let authority = &Authority::new();
    let basic = &format!("Basic {}", BASE64_STANDARD.encode("me:hush@hush"));
    let kinds = [(false, false), (false, true), (true, false), (true, true)];
    let cases = kinds.iter().flat_map(|kind| [(kind, ""), (kind, "me:hush%40hush@")]);
    let runs = cases.map(|((is_proxy_secure, is_service_secure), credentials)| async move {
        let name = format!("proxy {is_proxy_secure}, service {is_service_secure}, {credentials:?}");
        let server = if *is_service_secure {
            Server::start_tls(authority.server("api.daytona.test", Validity::Now)).await
        } else {
            Server::start().await
        };
        let server = lists_nothing(server).await;
        let policy = if credentials.is_empty() { Policy::Allow } else { Policy::Require(basic.clone()) };
        let tls = is_proxy_secure.then(|| authority.server("localhost", Validity::Now));
        let proxy = Proxy::start(server.address(), policy, tls).await;
        let url = proxy.url(if *is_proxy_secure { "https" } else { "http" }, credentials);
        let variables = [("ALL_PROXY", url.as_str()), ("NODE_EXTRA_CA_CERTS", &authority.file())];
        let listed = list_with(&server.origin_as("api.daytona.test"), &variables).await;
        listed.unwrap_or_else(|error| panic!("{name}: {error}"));

        let seen = server.only();
        assert_eq!(seen.line(), LIST, "{name}");
        let heads = proxy.heads();
        assert_eq!(heads.len(), 1, "{name}");
        assert_eq!(heads[0].starts_with("CONNECT api.daytona.test:"), *is_service_secure, "{name}");
        // What is encrypted for the service is not for the proxy, and the other way round.
        assert_eq!(heads[0].contains(KEY), !is_service_secure, "{name}");
        if *is_service_secure {
            assert_eq!(seen.header("proxy-authorization"), "", "{name}");
        }
    });
    join_all(runs).await;
}

#[tokio::test]
async fn a_proxy_that_rejects_the_credentials_is_not_asked_again() {
    let authority = &Authority::new();
    let runs = ["http", "https"].iter().flat_map(|scheme| [(*scheme, ""), (*scheme, "me:hush-hush@")]).map(
        |(scheme, credentials)| async move {
            let server = if scheme == "https" {
                Server::start_tls(authority.server("api.daytona.test", Validity::Now)).await
            } else {
                Server::start().await
            };
            let proxy =
                Proxy::start(server.address(), Policy::Require("Basic other".to_owned()), None).await;
            let (url, file) = (proxy.url("http", credentials), authority.file());
            let origin = server.origin_as("api.daytona.test");
            let error = error_with(&origin, &[("ALL_PROXY", &url), ("NODE_EXTRA_CA_CERTS", &file)]).await;
            let address = proxy.address_as("localhost");
            let reason = if credentials.is_empty() {
                format!(
                    "requires a user name and a password (407). Add them to ALL_PROXY, as in http://USER:PASSWORD@{address}"
                )
            } else {
                "rejected the user name or the password (407). Correct them in ALL_PROXY".to_owned()
            };
            let expected = format!(
                "cannot connect to {origin}/api through the proxy {address} (ALL_PROXY): the proxy {reason}"
            );
            assert_eq!(error.message(), expected);
            assert_eq!((error.kind(), error.retries(), proxy.heads().len()), (ErrorKind::Connection, 0, 1));
            assert!(server.lines().is_empty());
            let text = everything_of(&error);
            assert!(!text.contains("hush-hush") && !text.contains(KEY), "{text}");
        },
    );
    join_all(runs).await;
}

#[tokio::test]
async fn a_proxy_that_refuses_the_host_is_named() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address(), Policy::Refuse, None).await;
    let error = error_with("https://api.daytona.test", &[("HTTPS_PROXY", &proxy.url("http", ""))]).await;
    let expected = format!(
        "cannot connect to https://api.daytona.test/api through the proxy {} (HTTPS_PROXY): the proxy refused to connect to api.daytona.test. Allow api.daytona.test at the proxy, or add it to NO_PROXY to connect without the proxy",
        proxy.address_as("localhost")
    );
    assert_eq!(error.message(), expected);
}

#[tokio::test]
async fn a_proxy_with_a_certificate_that_is_not_trusted_is_named() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = lists_nothing(Server::start().await).await;
    let tls = authority.server("localhost", Validity::Now);
    let proxy = Proxy::start(server.address(), Policy::Allow, Some(tls)).await;
    for origin in ["http://api.daytona.test", "https://api.daytona.test"] {
        let (url, file) = (proxy.url("https", ""), other.file());
        let error = error_with(origin, &[("ALL_PROXY", &url), ("NODE_EXTRA_CA_CERTS", &file)]).await;
        let expected = format!(
            "cannot connect to the proxy {} (ALL_PROXY) on the way to {origin}/api: its certificate is not trusted, because no known authority signed it. If you trust its authority, add the authority's certificate to {file} (NODE_EXTRA_CA_CERTS) and restart the program",
            proxy.address_as("localhost")
        );
        assert_eq!((error.message(), error.retries()), (expected.as_str(), 0));
    }
}

#[tokio::test]
async fn a_proxy_without_tls_behind_an_https_url_is_named() {
    let server = Server::start().await;
    let error =
        error_with("https://api.daytona.test", &[("HTTPS_PROXY", &format!("https://{}", server.address()))])
            .await;
    let text = error.message();
    assert!(
        text.contains("it does not use TLS. If it is an HTTP proxy, start HTTPS_PROXY with http://"),
        "{text}"
    );
    assert_eq!(error.retries(), 0);
}

#[tokio::test]
async fn loopback_is_never_requested_through_a_proxy() {
    let authority = Authority::new();
    let (_socket, address) = reserved();
    let dead = format!("http://{address}");
    let variables = [
        ("HTTP_PROXY", dead.as_str()),
        ("HTTPS_PROXY", &dead),
        ("ALL_PROXY", &dead),
        ("NODE_EXTRA_CA_CERTS", &authority.file()),
    ];
    let secure = lists_nothing(Server::start_tls(authority.server("localhost", Validity::Now)).await).await;
    list_with(&secure.origin(), &variables).await.unwrap();
    let by_address = authority.server("127.0.0.1", Validity::Now);
    let by_address = lists_nothing(Server::start_tls(by_address).await).await;
    list_with(&by_address.origin_as("127.0.0.1"), &variables).await.unwrap();
    let plain = lists_nothing(Server::start().await).await;
    list_with(&plain.origin(), &variables).await.unwrap();
}

#[tokio::test]
async fn hosts_of_no_proxy_are_connected_to_directly() {
    let server = lists_nothing(Server::start().await).await;
    let proxy = Proxy::start(server.address(), Policy::Allow, None).await;
    let origin = server.origin_as("api.daytona.test");
    let url = proxy.url("http", "");
    list_with(&origin, &[("HTTP_PROXY", &url), ("NO_PROXY", "other.test")]).await.unwrap();
    assert_eq!(proxy.heads().len(), 1);
    for list in ["*", "other.test, *.daytona.test", "daytona.test"] {
        // The name does not exist, so only the proxy can reach it.
        let error = error_with(&origin, &[("HTTP_PROXY", &url), ("NO_PROXY", list)]).await;
        assert!(
            error.message().contains("api.daytona.test") && !error.message().contains("proxy"),
            "{error}"
        );
    }
    assert_eq!(proxy.heads().len(), 1);
}

#[tokio::test]
async fn proxies_that_cannot_be_used_are_refused() {
    let cases = [
        ("socks5://me:hush-hush@127.0.0.1:1080", "names a SOCKS proxy (socks5://), which is not supported"),
        ("socks5h://127.0.0.1:1080", "names a SOCKS proxy (socks5h://), which is not supported"),
        ("SOCKS4://127.0.0.1:1080", "names a SOCKS proxy (socks4://), which is not supported"),
        ("ftp://me:hush-hush@127.0.0.1", "names a proxy of an unknown kind (ftp://)"),
        ("http://me:hush-hush@:80", "is not a valid URL"),
        ("http://me:hush-hush@host:port", "is not a valid URL"),
    ];
    for (url, reason) in cases {
        let error = error_with("https://api.daytona.test", &[("HTTPS_PROXY", url)]).await;
        let expected = format!("cannot connect to https://api.daytona.test/api: HTTPS_PROXY {reason}");
        assert!(error.message().starts_with(&expected), "{error}");
        assert!(error.message().contains("http://proxy.example.com:3128"), "{error}");
        assert_eq!((error.kind(), error.retries()), (ErrorKind::Connection, 0), "{error}");
        assert!(!everything_of(&error).contains("hush-hush"), "{error:?}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_not_resolved_again() {
    // Longer than the labels of names can be, so no name server is asked.
    let host = format!("{}.test", "a".repeat(64));
    let origin = format!("http://{host}");
    let error = error_with(&origin, &[]).await;
    let expected =
        format!("cannot connect to {origin}/api: the name {host} does not exist. Check the API URL");
    assert_eq!((error.message(), error.retries()), (expected.as_str(), 0));

    // Nor can a certificate be for such a name.
    let origin = format!("https://{host}");
    let error = error_with(&origin, &[]).await;
    let expected =
        format!("cannot connect to {origin}/api: the host of the URL is not a valid name. Check the API URL");
    assert_eq!((error.message(), error.retries()), (expected.as_str(), 0));

    let error = error_with("https://api.daytona.test", &[("HTTPS_PROXY", &host)]).await;
    let expected = format!(
        "cannot connect to the proxy {host}:80 (HTTPS_PROXY) on the way to https://api.daytona.test/api: the name {host} does not exist. Check HTTPS_PROXY, or add api.daytona.test to NO_PROXY to connect without the proxy"
    );
    assert_eq!((error.message(), error.retries()), (expected.as_str(), 0));
}
