//! Services that speak HTTP/2.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::future::join_all;
use h2::Reason;
use h2::server::SendResponse;
use http::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Authority, Validity, client_with, short_deadline};

/// A service that counts its connections and requests.
struct Service {
    origin: String,
    authority: Authority,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

/// Answers a request, of which `number` came before.
type Answer = fn(SendResponse<Bytes>, number: usize);

impl Service {
    async fn start(answer: Answer) -> Self {
        let authority = Authority::new();
        let tls = authority.http2_server("localhost", Validity::Now);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let service = Self {
            origin,
            authority,
            connections: Arc::clone(&connections),
            requests: Arc::clone(&requests),
        };
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let stream = tls.accept(socket).await.unwrap();
                let requests = Arc::clone(&requests);
                tokio::spawn(async move {
                    let mut connection = h2::server::handshake(stream).await.unwrap();
                    while let Some(Ok((_, respond))) = connection.accept().await {
                        answer(respond, requests.fetch_add(1, Ordering::SeqCst));
                    }
                });
            }
        });
        service
    }

    fn client(&self) -> daytona_client::Daytona {
        client_with(&self.origin, &[("NODE_EXTRA_CA_CERTS", &self.authority.file())])
    }

    fn counts(&self) -> (usize, usize) {
        (self.connections.load(Ordering::SeqCst), self.requests.load(Ordering::SeqCst))
    }
}

fn respond_with(mut respond: SendResponse<Bytes>, body: &Value) {
    let response = Response::builder().header("content-type", "application/json").body(()).unwrap();
    respond.send_response(response, false).unwrap().send_data(body.to_string().into(), true).unwrap();
}

#[tokio::test]
async fn calls_share_one_connection() {
    let service =
        Service::start(|respond, _| respond_with(respond, &json!({"items": [], "nextCursor": null}))).await;
    let daytona = service.client();
    let list = || async { daytona.list(&Default::default(), short_deadline()).await.map(drop) };
    list().await.unwrap();
    for listed in join_all((0..20).map(|_| list())).await {
        listed.unwrap();
    }
    assert_eq!(service.counts(), (1, 21));
}

#[tokio::test]
async fn a_request_that_the_service_did_not_look_at_is_sent_again() {
    let service = Service::start(|mut respond, number| match number {
        0 => respond.send_reset(Reason::REFUSED_STREAM),
        _ => respond_with(respond, &json!({"id": "box-1", "state": "started", "toolboxProxyUrl": ""})),
    })
    .await;
    // It is not sent again when the connection is lost.
    service.client().create(Default::default(), short_deadline()).await.unwrap();
    assert_eq!(service.counts(), (1, 2));
}
