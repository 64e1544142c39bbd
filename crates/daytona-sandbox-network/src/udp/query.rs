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
use crate::packet::{UDP_HEADERS, udp_headers};
use crate::resolver;
use crate::shared::Shared;

/// Time for a name server to answer before the next one is asked.
const ANSWER: Duration = Duration::from_secs(3);
/// Length of the header of a DNS message.
const MESSAGE_HEADER: usize = 12;
/// Bits of its third and fourth byte: an answer, with recursion, that failed.
const IS_ANSWER: u8 = 0x80;
const RECURSION_AND_FAILURE: u8 = 0x82;

/// Forwards a query, unless too many are under way.
pub(super) fn start(shared: &Arc<Shared>, tasks: &mut JoinSet<()>, key: Key, query: &[u8]) {
    if query.len() < MESSAGE_HEADER {
        return;
    }
    let Some(permit) = shared.limits.query() else { return };
    let (shared, query) = (Arc::clone(shared), query.to_vec());
    tasks.spawn(async move {
        let answer = ask(&query).await.unwrap_or_else(|| failure(&query));
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
    message.len() >= MESSAGE_HEADER
        && query.get(..2) == message.get(..2)
        && message.get(2).is_some_and(|flags| flags & IS_ANSWER != 0)
}

/// Returns the answer that no name server could be asked, so that programs need not
/// wait for one. It repeats the question.
fn failure(query: &[u8]) -> Vec<u8> {
    let mut answer = query.get(..question_end(query).unwrap_or(MESSAGE_HEADER)).unwrap_or_default().to_vec();
    let has_question = answer.len() > MESSAGE_HEADER;
    if let Some(header) = answer.first_chunk_mut::<MESSAGE_HEADER>() {
        header[2] = IS_ANSWER | header[2] & 0x79;
        header[3] = RECURSION_AND_FAILURE;
        header[4..].fill(0);
        header[5] = u8::from(has_question);
    }
    answer
}

/// Returns the length of a query up to the end of its first question: a name, which
/// is a list of labels, a type and a class.
fn question_end(query: &[u8]) -> Option<usize> {
    let mut at = MESSAGE_HEADER;
    loop {
        match query.get(at)? {
            0 => break,
            length @ 1..64 => at += 1 + usize::from(*length),
            _ => return None,
        }
    }
    let end = at + 5;
    (end <= query.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A query for the address of `example.com`, with an additional record.
    const QUERY: &[u8] =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x07example\x03com\x00\x00\x01\x00\x01\
        \x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";

    #[test]
    fn a_failure_repeats_the_number_and_the_question() {
        let answer = failure(QUERY);
        assert_eq!(answer[..2], QUERY[..2]);
        assert_eq!(answer[2..4], [0x81, 0x82]);
        assert_eq!(answer[4..12], [0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(answer[12..], QUERY[12..29]);
        assert!(is_answer(QUERY, &answer));
        assert!(!is_answer(QUERY, QUERY));
    }

    #[test]
    fn a_malformed_question_is_left_out() {
        for length in MESSAGE_HEADER..29 {
            assert_eq!(failure(&QUERY[..length]).len(), MESSAGE_HEADER);
        }
        let mut pointer = QUERY.to_vec();
        pointer[12] = 0xc0;
        assert_eq!(failure(&pointer).len(), MESSAGE_HEADER);
    }
}
