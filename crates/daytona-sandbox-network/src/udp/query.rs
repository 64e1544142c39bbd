//! Queries to the name server of the sandbox: forwarded to those of the host.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::flows::Key;
use super::socket::{connect, ready, try_receive};
use crate::buffer;
use crate::names::message::{self, HEADER, IS_ANSWER, Outcome};
use crate::packet::{UDP_HEADERS, udp_headers};
use crate::resolver;
use crate::shared::Shared;

/// Time for a name server to answer before the next one is asked.
const ANSWER: Duration = Duration::from_secs(3);

/// Forwards a query, unless too many are under way.
pub(super) fn start(shared: &Arc<Shared>, tasks: &mut JoinSet<()>, key: Key, query: &[u8]) {
    if query.len() < HEADER {
        return;
    }
    let Some(permit) = shared.limits.query() else { return };
    let (shared, query) = (Arc::clone(shared), query.to_vec());
    tasks.spawn(async move {
        let answer = answer(&shared, &query).await;
        buffer::with(|buffer| {
            let room = buffer.get_mut(UDP_HEADERS..).and_then(|rest| rest.get_mut(..answer.len()));
            if let Some(room) = room {
                room.copy_from_slice(&answer);
            }
            if let Some(frame) = udp_headers(buffer, answer.len(), key.1, key.0) {
                shared.device.send(frame);
            }
        });
        drop(permit);
    });
}

async fn answer(shared: &Shared, query: &[u8]) -> Vec<u8> {
    let name = match shared.check_query(query) {
        Ok(name) => name,
        Err(answer) => return answer,
    };
    let Some(answer) = ask(query).await else { return message::answer(query, Outcome::Failure) };
    // Before the program knows the address.
    shared.record_answer(name.as_deref(), &answer);
    answer
}

/// Asks the name servers of the host in their order.
async fn ask(query: &[u8]) -> Option<Vec<u8>> {
    for server in resolver::name_servers().await {
        match timeout(ANSWER, ask_one(server, query)).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => tracing::debug!(%server, %error, "a name server failed"),
            Err(_elapsed) => tracing::debug!(%server, "a name server did not answer"),
        }
    }
    None
}

async fn ask_one(server: SocketAddr, query: &[u8]) -> io::Result<Vec<u8>> {
    let socket = connect(server)?;
    socket.send(query).await?;
    loop {
        ready(&socket).await?;
        let answer = buffer::with(|buffer| {
            let length = try_receive(&socket, buffer)?;
            Ok::<_, io::Error>(buffer.get(..length).unwrap_or_default().to_vec())
        });
        match answer {
            Ok(answer) if is_answer(query, &answer) => return Ok(answer),
            Ok(_other) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether a message answers a query: it has the same number.
fn is_answer(query: &[u8], message: &[u8]) -> bool {
    message.len() >= HEADER
        && query.get(..2) == message.get(..2)
        && message.get(2).is_some_and(|flags| flags & IS_ANSWER != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_number_of_its_query() {
        let query = b"\x12\x34\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00";
        let mut answer = *query;
        answer[2] |= IS_ANSWER;
        assert!(is_answer(query, &answer));
        assert!(!is_answer(query, query));
        answer[0] = 0;
        assert!(!is_answer(query, &answer));
    }
}
