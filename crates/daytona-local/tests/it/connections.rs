//! Clients that connect and send nothing.

use serde_json::json;
use tokio::net::TcpStream;

use crate::server::Server;

#[tokio::test]
async fn connections_without_a_request_make_room_for_others() {
    // A quarter of them may be connections.
    let server = Server::start_with_open_files(128);
    let address = server.origin().strip_prefix("http://").unwrap();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    // It needs descriptors of the server besides its own connection.
    let id = server.create(json!({})).await;
    assert_eq!(server.run(&id, "echo served").await, (0, "served\n".to_owned()));
    drop(silent);
}
